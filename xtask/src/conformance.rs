//! `cargo xtask conformance`: builds the server and the program that asks it, and runs the latter.

use anyhow::ensure;

use crate::checkout::Checkout;

/// Builds what is needed and passes the words on; `cargo xtask conformance --help` explains them.
///
/// # Errors
/// When the build fails, or a count is worse than expected.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    let mut build = checkout.command(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "conformance"]);
    if !words.iter().any(|word| ["--help", "-h"].contains(&word.as_str()) || word.starts_with("--base")) {
        build.args(["--package", "chiron"]);
    }
    ensure!(build.status()?.success(), "the build failed");
    let mut ask = checkout.command(env!("CARGO"));
    ask.args(["run", "--quiet", "--package", "conformance", "--"]).args(words);
    ensure!(ask.status()?.success(), "see above");
    Ok(())
}
