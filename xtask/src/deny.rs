//! `cargo xtask deny`: licences, banned crates and sources of every dependency, by `deny.toml`.
//!
//! The judge is cargo-deny. Where it is not installed it is built into `target/tools`, unoptimised: that
//! takes a minute and a half on two cores, and its check of this workspace two seconds.
//! Advisories change from day to day and come over the network, so they are asked for by name
//! (`cargo xtask deny advisories`) and are no part of the gate.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::checkout::Checkout;

/// What the gate checks: the same answer today and tomorrow for the same checkout.
const STEADY_CHECKS: &[&str] = &["licenses", "bans", "sources"];

/// The release series that `deny.toml` is written for.
const VERSION: &str = "^0.20";

/// Runs the checks named by `words`, or [`STEADY_CHECKS`] when there are none.
///
/// # Errors
/// When a check fails, or cargo-deny can neither be found nor built.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    let named: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(unknown) = named.iter().find(|name| **name != "advisories" && !STEADY_CHECKS.contains(name)) {
        bail!("`{unknown}` is none of advisories, {}", STEADY_CHECKS.join(", "));
    }
    let checks = if named.is_empty() { STEADY_CHECKS } else { &named };
    let program = installed(checkout).map_or_else(|| build(checkout), Ok)?;
    let status = Command::new(&program)
        .current_dir(checkout.root())
        .args(["--workspace", "--all-features", "check", "--hide-inclusion-graph", "--show-stats"])
        .args(checks)
        .status()
        .with_context(|| program.display().to_string())?;
    ensure!(status.success(), "a dependency breaks deny.toml; the reasons are above");
    Ok(())
}

fn tools(checkout: &Checkout) -> PathBuf {
    checkout.root().join("target").join("tools")
}

/// The cargo-deny on the search path, or the one built before.
fn installed(checkout: &Checkout) -> Option<PathBuf> {
    let candidates = [PathBuf::from("cargo-deny"), tools(checkout).join("bin").join("cargo-deny")];
    candidates.into_iter().find(|program| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    })
}

fn build(checkout: &Checkout) -> anyhow::Result<PathBuf> {
    println!("cargo-deny is not installed: building it into target/tools, once");
    let status = checkout
        .command(env!("CARGO"))
        .args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--no-default-features"])
        .arg("--root")
        .arg(tools(checkout))
        .env("CARGO_TARGET_DIR", tools(checkout).join("build"))
        .status()?;
    ensure!(status.success(), "cargo-deny could not be built; `cargo install cargo-deny --locked` says why");
    // The binary is all that is wanted of it; what it was linked from is a third of a gigabyte.
    std::fs::remove_dir_all(tools(checkout).join("build")).context("target/tools/build")?;
    Ok(tools(checkout).join("bin").join("cargo-deny"))
}
