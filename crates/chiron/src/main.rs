//! The `chiron` binary: one program that is the whole practice system.

mod acme;
mod arguments;
mod client_address;
mod command;
mod config;
mod event;
mod https_redirect;
mod identity_provider;
mod local_socket;
mod machine_memory;
mod pace_layer;
mod practice;
mod profile_checks;
mod server;
mod tls;
mod virus_scanner;
mod wrapping_key;

use anyhow::Result;
use arguments::{Arguments, Command};
use clap::Parser;
use config::Config;
use event::{Event, Printer};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut printer = Printer::new(arguments.options.json);
    match run(&arguments, &mut printer) {
        Ok(()) if printer.failed() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            printer.print(Event::Failed(format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, printer: &mut Printer) -> Result<()> {
    let mut flags = arguments.options.flags();
    if matches!(arguments.command, Command::Demo(_)) {
        flags.entry("data").or_insert_with(|| command::demo::FOLDER.to_owned());
    }
    let config = Config::load(&flags, arguments.options.config.as_deref())?;
    start_log(&config);
    let mut emit = |event| printer.print(event);
    match &arguments.command {
        Command::Demo(demo) => command::demo::run(&config, demo, &mut emit),
        Command::Synth(synth) => command::synth::run(&config, synth, &mut emit),
        Command::Serve => command::serve::run(&config, &mut emit),
        Command::Config => command::config::run(&config, &mut emit),
        Command::Restore { from, until } => command::restore::run(&config, from, until.as_deref(), &mut emit),
        Command::Copy { from, to } => command::copy::run(&config, from, to, &mut emit),
        Command::OnData(on_data) => command::run(&config, on_data, &mut emit),
    }
}

/// Logs go to standard error; they never hold patients' data.
fn start_log(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::new(config.get("log"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
