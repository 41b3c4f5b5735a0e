//! The commands, one file each.

pub mod anchor;
pub mod app;
pub mod backup;
pub mod collect;
pub mod config;
pub mod consequences;
pub mod copy;
pub mod demo;
pub mod ehi;
pub mod export;
pub mod import;
mod import_file;
pub mod keys;
pub mod load;
pub mod reindex;
pub mod restore;
pub mod serve;
pub mod shred;
pub mod synth;
pub mod token;
pub mod user;
pub mod verify;

use crate::arguments::{AppArguments, AppCommand, DataCommand};
use crate::config::Config;
use crate::event::{Emit, Event};
use crate::local_socket;
use crate::practice::Practice;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Does a command on the data: by the running server if there is one, otherwise here.
pub fn run(config: &Config, command: &DataCommand, emit: &mut Emit<'_>) -> Result<()> {
    match local_socket::connect(&config.data()) {
        Some(stream) => local_socket::ask(stream, &absolute(command)?, emit),
        None => run_here(&Practice::open(config)?, command, emit),
    }
}

/// Does a command in the process that has the data open.
pub fn run_here(practice: &Practice, command: &DataCommand, emit: &mut Emit<'_>) -> Result<()> {
    match command {
        DataCommand::Import { paths } => import::run(&practice.session(), paths, emit).map(|_| ()),
        DataCommand::Export { to } => export::run(practice, to, emit),
        DataCommand::ExportEhi { to, patient: None } => ehi::export(practice, to, emit),
        DataCommand::ExportEhi { to, patient: Some(id) } => ehi::export_patient(practice, id, to, emit),
        DataCommand::ImportEhi { from } => ehi::import(practice, from, emit),
        DataCommand::Token { scope, days, role } => token::bearer(practice, scope, *days, role, emit),
        DataCommand::SignInCode { guest } => token::sign_in_code(practice, *guest, emit),
        DataCommand::User(asked) => user::run(practice, asked, emit),
        DataCommand::App(asked) => app::run(practice, asked, emit),
        DataCommand::Load { system, path, version } => load::run(practice, system, path, version, emit),
        DataCommand::Keys(asked) => keys::run(practice, asked, emit),
        DataCommand::Shred { patient, reason, despite_retention } => {
            let asked = shred::Asked { patient, reason, despite_retention: *despite_retention };
            shred::run(practice, &asked, emit)
        }
        DataCommand::Reindex => reindex::run(practice, emit),
        DataCommand::Verify { anchors } => verify::run(practice, anchors.as_deref(), emit),
        DataCommand::Anchor => anchor::run(practice, emit),
        DataCommand::Backup { to } => backup::run(practice, to, emit),
    }
}

/// Does a command for a client of the local socket: whatever fails is an event.
pub fn answer(practice: &Practice, command: &DataCommand, emit: &mut Emit<'_>) {
    if let Err(error) = run_here(practice, command, emit) {
        emit(Event::Failed(format!("{error:#}")));
    }
}

/// The command with its paths as the server, which has another working folder, must see them.
fn absolute(command: &DataCommand) -> Result<DataCommand> {
    let full = |path: &PathBuf| std::path::absolute(path);
    Ok(match command.clone() {
        DataCommand::Import { paths } => {
            DataCommand::Import { paths: paths.iter().map(full).collect::<Result<_, _>>()? }
        }
        DataCommand::Export { to } => DataCommand::Export { to: full(&to)? },
        DataCommand::Backup { to } => DataCommand::Backup { to: full(&to)? },
        DataCommand::ExportEhi { to, patient } => DataCommand::ExportEhi { to: full(&to)?, patient },
        DataCommand::ImportEhi { from } => DataCommand::ImportEhi { from: full(&from)? },
        DataCommand::Verify { anchors: Some(file) } => DataCommand::Verify { anchors: Some(full(&file)?) },
        DataCommand::App(AppCommand::Add(app)) => {
            DataCommand::App(AppCommand::Add(AppArguments { keys: app::whole_keys(app.keys)?, ..app }))
        }
        DataCommand::Load { system, path, version } => {
            DataCommand::Load { system, path: full(&path)?, version }
        }
        other => other,
    })
}

/// Makes a folder to write to; one that holds anything is refused.
fn new_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)?;
    if std::fs::read_dir(path)?.next().is_some() {
        anyhow::bail!("{} is not empty; name a new folder", path.display());
    }
    Ok(())
}
