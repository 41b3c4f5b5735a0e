//! `cargo xtask fuzz`: searches for inputs that break a parser, guided by coverage (libFuzzer).
//!
//! The crate `fuzz` is built with the compiler's own instrumentation into `target/fuzz`, on the stable compiler. Inputs
//! that reach new code gather in `target/fuzz/found/NAME`; one that breaks a promise is stored in `fuzz/corpus/NAME`,
//! where the tests replay it from then on.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::checkout::Checkout;

/// How long each target is tried when nothing is said, in seconds.
const SECONDS: u64 = 60;

/// Most bytes of an input.
const LENGTH_MAX: u32 = 4096;

/// An input that keeps a parser longer is kept as one that hangs it, in seconds.
const PATIENCE_SECONDS: u32 = 10;

/// A parser that takes more is kept as one without bounds, in MiB.
const MEMORY_MIB: u32 = 2048;

/// What makes the compiler count the branches taken and report comparisons, as libFuzzer wants it.
const INSTRUMENTED: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What the words ask for.
#[derive(Debug, PartialEq)]
struct Wanted<'a> {
    /// The targets; all when there are none.
    names: Vec<&'a str>,
    seconds: u64,
}

/// Builds the targets and tries those that are named, or all, one after the other: `[NAME…] [--seconds N]`.
///
/// # Errors
/// When the build fails, a name is unknown, or a target was broken.
pub fn run(checkout: &Checkout, words: &[String]) -> anyhow::Result<()> {
    let wanted = read(words)?;
    let folders = std::fs::read_dir(checkout.root().join("fuzz/corpus")).context("fuzz/corpus")?;
    let mut known: Vec<String> = folders
        .map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    known.sort();
    if let Some(unknown) = wanted.names.iter().find(|name| !known.iter().any(|known| known == *name)) {
        bail!("there is no target `{unknown}`; there are {}", known.join(", "));
    }
    let program = build(checkout)?;
    let mut broken = Vec::new();
    for name in known.iter().filter(|name| wanted.names.is_empty() || wanted.names.contains(&name.as_str())) {
        println!("\n== {name}");
        if !holds(checkout, &program, name, wanted.seconds)? {
            broken.push(name.as_str());
        }
    }
    ensure!(broken.is_empty(), "broken: {}; the inputs are in fuzz/corpus", broken.join(", "));
    Ok(())
}

fn read(words: &[String]) -> anyhow::Result<Wanted<'_>> {
    let mut wanted = Wanted { names: Vec::new(), seconds: SECONDS };
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--seconds" => {
                let seconds = words.next().context("--seconds wants a number")?;
                wanted.seconds = seconds.parse().with_context(|| format!("--seconds {seconds}"))?;
            }
            option if option.starts_with('-') => bail!("the only option is --seconds N"),
            name => wanted.names.push(name),
        }
    }
    Ok(wanted)
}

/// Builds the instrumented program. A target is named to cargo so that build scripts and macros, which run without
/// libFuzzer, are not instrumented.
fn build(checkout: &Checkout) -> anyhow::Result<PathBuf> {
    let machine = machine()?;
    let target_dir = checkout.root().join("target/fuzz");
    let status = checkout
        .command(env!("CARGO"))
        .args(["build", "--package", "fuzz", "--bin", "coverage", "--features", "coverage"])
        .args(["--profile", "coverage", "--target", &machine])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTED.join("\u{1f}"))
        .status()?;
    ensure!(status.success(), "the build failed; libFuzzer wants a C++ compiler");
    Ok(target_dir.join(machine).join("coverage").join("coverage"))
}

/// The triple of this machine.
fn machine() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().context("rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let machine = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(machine.context("rustc does not say what machine this is")?.to_owned())
}

/// Tries one target; gives whether all its promises held.
fn holds(checkout: &Checkout, program: &Path, name: &str, seconds: u64) -> anyhow::Result<bool> {
    let found = checkout.root().join("target/fuzz/found").join(name);
    std::fs::create_dir_all(&found).with_context(|| found.display().to_string())?;
    let corpus = checkout.root().join("fuzz/corpus").join(name);
    let status = Command::new(program)
        .env("FUZZ_TARGET", name)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={LENGTH_MAX}"))
        .arg(format!("-timeout={PATIENCE_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .arg(format!("-artifact_prefix={}/", corpus.display()))
        .arg("-print_final_stats=1")
        .args([&found, &corpus])
        .current_dir(&found)
        .status()
        .with_context(|| program.display().to_string())?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_names_and_seconds() {
        let words: Vec<String> = ["json", "--seconds", "5", "xml"].map(str::to_owned).into();
        assert_eq!(read(&words).unwrap(), Wanted { names: vec!["json", "xml"], seconds: 5 });
        assert_eq!(read(&[]).unwrap(), Wanted { names: Vec::new(), seconds: SECONDS });
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--fast"]] {
            let words: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            assert!(read(&words).is_err(), "{words:?}");
        }
    }
}
