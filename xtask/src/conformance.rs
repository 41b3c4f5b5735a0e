//! `cargo xtask conformance`: asks a server for what US Core demands, as Inferno's lists have it, and prints what came of it.

use anyhow::{bail, ensure};

use crate::checkout::Checkout;

/// Runs the scenarios of US Core and shows their reports. `--accept` writes the counts that are expected anew.
///
/// # Errors
/// When a count is not the expected one, or the reference data is not there.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    let accepts = match words {
        [] => false,
        [word] if word == "--accept" => true,
        _ => bail!("conformance takes nothing or --accept"),
    };
    let mut command = checkout.command(env!("CARGO"));
    command.args(["test", "--package", "scenarios", "--test", "scenarios", "us_core::", "--", "--nocapture"]);
    // Without the lists there is nothing to report.
    command.env("CI", "true");
    if accepts {
        command.env("CHIRON_CONFORMANCE", "write");
    }
    ensure!(command.status()?.success(), "not what is expected; see docs/conformance.md");
    Ok(())
}
