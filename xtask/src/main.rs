//! The project's own tasks, run as `cargo xtask NAME`.
//!
//! A task is one module and one row of [`TASKS`]; the help text is made from the rows.

mod bench;
mod checkout;
mod conformance;
mod deny;
mod fuzz;
mod import_spec;
mod rust_source;
mod test;
mod tidy;

use std::process::ExitCode;

use checkout::Checkout;

/// One task: what a developer types, what it is for, and what runs.
struct Task {
    name: &'static str,
    help: &'static str,
    /// Gets the words after the task's name.
    run: fn(&Checkout, &[String]) -> anyhow::Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        help: "the whole gate: prerequisites, format, tidy, deny, clippy, tests",
        run: test::run,
    },
    Task { name: "tidy", help: "the house rules that the compiler does not know", run: tidy::run },
    Task { name: "deny", help: "licences, banned crates and sources of every dependency", run: deny::run },
    Task {
        name: "import-spec",
        help: "distil the published specifications into the files of data/; with --check, see that they are current",
        run: |_, words| import_spec::run(words),
    },
    Task {
        name: "bench",
        help: "measure Chiron, or another FHIR server with --against URL",
        run: bench::run,
    },
    Task {
        name: "conformance",
        help: "ask Chiron, or another FHIR server with --base URL, what US Core, SMART and Bulk Data require",
        run: conformance::run,
    },
    Task {
        name: "fuzz",
        help: "search for inputs that break a parser: [NAME...] [--seconds N]",
        run: fuzz::run,
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = words.first().and_then(|name| TASKS.iter().find(|task| task.name == name)) else {
        print_help();
        return ExitCode::from(if words.first().is_none_or(|word| word == "--help") { 0 } else { 2 });
    };
    match (task.run)(&Checkout::here(), &words[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask {}: {error:#}", task.name);
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("Usage: cargo xtask TASK\n");
    for task in TASKS {
        println!("  {:<12} {}", task.name, task.help);
    }
}
