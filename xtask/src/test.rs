//! `cargo xtask test`: the whole gate, from a clean checkout, stopping at the first step that fails.

mod prerequisites;
mod tally;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::checkout::Checkout;
use crate::{deny, tidy};
use tally::Tally;

/// One step of the gate.
struct Step {
    name: &'static str,
    run: fn(&Checkout, &mut Tally) -> anyhow::Result<()>,
}

/// In the order of what fails soonest.
const STEPS: &[Step] = &[
    Step { name: "prerequisites", run: |_, _| prerequisites::ensure_all() },
    Step { name: "format", run: |checkout, _| cargo(checkout, &["fmt", "--all", "--check"]) },
    Step { name: "tidy", run: |checkout, _| tidy::run(checkout, &[]) },
    Step { name: "deny", run: |checkout, _| deny::run(checkout, &[]) },
    Step { name: "clippy", run: |checkout, _| cargo(checkout, CLIPPY) },
    Step { name: "tests", run: run_tests },
];

const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];

/// Runs every step and prints each one's name and time, then the count of tests.
///
/// # Errors
/// When a step fails; the ones after it are not run.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    if let Some(word) = words.first() {
        bail!("the gate takes no options, `{word}` is one: run `cargo test` for a part of it");
    }
    let mut tally = Tally::default();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut outcome = Ok(());
    for (index, step) in STEPS.iter().enumerate() {
        println!("\n== {}/{} {}", index + 1, STEPS.len(), step.name);
        let started = Instant::now();
        outcome = (step.run)(checkout, &mut tally).with_context(|| format!("step `{}` failed", step.name));
        times.push((step.name, started.elapsed()));
        if outcome.is_err() {
            break;
        }
        println!("-- {} {:.1} s", step.name, started.elapsed().as_secs_f64());
    }
    println!("\n== summary");
    for (name, time) in &times {
        println!("{name:<14} {:>7.1} s", time.as_secs_f64());
    }
    println!("{tally}");
    outcome
}

fn cargo(checkout: &Checkout, arguments: &[&str]) -> anyhow::Result<()> {
    let status = cargo_command(checkout).args(arguments).status()?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    Ok(())
}

fn cargo_command(checkout: &Checkout) -> Command {
    checkout.command(env!("CARGO"))
}

/// Runs the tests of the whole workspace, documentation examples too, and counts them.
fn run_tests(checkout: &Checkout, tally: &mut Tally) -> anyhow::Result<()> {
    let mut child = cargo_command(checkout)
        .args(["test", "--workspace"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .context("cargo test")?;
    let output = child.stdout.take().context("cargo test has no output")?;
    tally.follow(output, std::io::stdout().lock())?;
    let status = child.wait()?;
    ensure!(status.success(), "`cargo test --workspace` failed");
    ensure!(tally.passed > 0, "`cargo test --workspace` ran no test");
    Ok(())
}
