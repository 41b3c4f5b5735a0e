//! `cargo xtask bench`: builds the server and the load generator in release, and measures.

use anyhow::ensure;

use crate::checkout::Checkout;

/// Builds what is needed and passes the words on; `cargo xtask bench --help` explains them.
///
/// # Errors
/// When the build or the measurement fails.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    let says = |options: &[&str]| words.iter().any(|word| options.contains(&word.as_str()));
    let only_tells = says(&["--help", "-h", "--list"]);
    let mut build = checkout.command(env!("CARGO"));
    build.args(["build", "--quiet", "--release", "--package", "bench"]);
    if !only_tells {
        build.args(["--package", "chiron"]);
    }
    ensure!(build.status()?.success(), "the build failed");
    let mut measure = checkout.command(env!("CARGO"));
    measure.args(["run", "--quiet", "--release", "--package", "bench", "--"]).args(words);
    ensure!(measure.status()?.success(), "the measurement failed");
    Ok(())
}
