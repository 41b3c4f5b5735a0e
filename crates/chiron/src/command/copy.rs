//! `chiron copy`: a practice moves from one store into another, whatever engines they run on.

use crate::command::backup::copy_code_systems;
use crate::config::{Config, without_password};
use crate::event::{Emit, Event};
use crate::practice::{open_store, ports};
use crate::wrapping_key;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::sync::Arc;
use store::{Maintain, OpenOptions};

/// One of the two stores: a database with the configured data folder beside it, or a data folder.
struct Side<'a> {
    database: Option<&'a str>,
    data: PathBuf,
}

impl<'a> Side<'a> {
    fn of(config: &Config, name: &'a str) -> Self {
        match name.contains("://") {
            true => Self { database: Some(name), data: config.data() },
            false => Self { database: None, data: PathBuf::from(name) },
        }
    }

    fn open(&self, config: &Config) -> Result<Arc<dyn Maintain>> {
        let options = OpenOptions::new(ports(config)?, wrapping_key::of(config, &self.data)?);
        open_store(self.database, &self.data, &options)
    }
}

/// Copies all that one store has into another, which must be empty, and checks the copy.
pub fn run(config: &Config, from: &str, to: &str, emit: &mut Emit<'_>) -> Result<()> {
    let (source, target) = (Side::of(config, from), Side::of(config, to));
    if source.database.is_none() && !source.data.is_dir() {
        bail!("there is no data folder {}", source.data.display());
    }
    if source.data == target.data {
        bail!("a database needs a data folder of its own (--data) beside that of the other store");
    }
    let (from_store, to_store) = (source.open(config)?, target.open(config)?);
    let copied = store::copy::copy(&*from_store, &*to_store, None, &mut |done, of| {
        emit(Event::Progress { done, total: of, message: "commits".to_owned() });
    })?;
    copy_code_systems(&source.data, &target.data)?;
    let found = to_store.verify()?;
    if !found.is_sound() {
        emit(Event::Failed(format!("the copy has {} faults; throw it away", found.fault_count)));
    }
    emit(Event::Line(format!(
        "copied {} commits, {} versions and {} contents to {}, and checked them",
        copied.commits,
        found.versions,
        copied.blobs,
        without_password(to)
    )));
    emit(Event::Answer(serde_json::json!({
        "commits": copied.commits, "contents": copied.blobs, "private": copied.private, "reads": copied.reads,
        "versions": found.versions, "fault-count": found.fault_count,
    })));
    Ok(())
}
