//! Measures a FHIR server over HTTP: the same program, content and requests for this project's server and for any other
//! one, side by side. `bench/README.md` says what each workload is; `docs/performance.md` keeps the figures.

mod arguments;
mod comparison;
mod content;
mod database;
mod disk;
mod goal;
mod growth;
mod load;
mod machine;
mod own_server;
mod process;
mod report;
mod sample;
mod steps;
mod target;
mod workload;

use anyhow::Result;
use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        steps::list();
        return ExitCode::SUCCESS;
    }
    // One thread: what the load costs is taken from the server beside it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let local = tokio::task::LocalSet::new();
        runtime.block_on(local.run_until(measure(&arguments)))
    });
    match outcome {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what is asked for; gives the report.
async fn measure(arguments: &Arguments) -> Result<String> {
    if !arguments.scale.is_empty() {
        return Ok(steps::grow(arguments).await?.to_markdown());
    }
    let comparison = steps::run(arguments).await?;
    Ok(if arguments.json { comparison.to_json() } else { comparison.to_markdown() })
}
