//! The program: built once, then run as a user runs it.

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The program's file. The first to ask has it built.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let profile = std::env::var("CHIRON_PROFILE").unwrap_or_else(|_| "dev".to_owned());
        let test = std::env::current_exe().unwrap();
        // …/target/debug/deps/scenarios-…
        let target = test.ancestors().nth(3).expect("tests lie in the target folder");
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--package", "chiron", "--profile", &profile, "--target-dir"])
            .arg(target)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the program does not build");
        let folder = if profile == "dev" { "debug" } else { &profile };
        target.join(folder).join(format!("chiron{}", std::env::consts::EXE_SUFFIX))
    })
}

/// A command of the program, untouched by the environment and the folder that the tests run in.
pub fn bare<I: AsRef<OsStr>>(work_folder: &Path, arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHIRON_")) {
        command.env_remove(name);
    }
    // Scenarios ask as fast as they can; those of the limit say their own.
    command.env("CHIRON_REQUESTS_PER_MINUTE", "0");
    command.env("CHIRON_LOG", "warn").current_dir(work_folder).args(arguments).stdin(Stdio::null());
    command
}

/// A command on a data folder, with answers for machines.
pub fn command<I: AsRef<OsStr>>(data: &Path, arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = bare(data.parent().unwrap(), arguments);
    command.arg("--json").arg("--data").arg(data);
    command
}

/// Runs a command on a data folder to its end.
pub fn run<I: AsRef<OsStr>>(data: &Path, arguments: impl IntoIterator<Item = I>) -> Outcome {
    Outcome::of(&command(data, arguments).output().expect("the program runs"))
}

/// Runs a command that must succeed, and gives its answer.
pub fn succeed<I: AsRef<OsStr>>(data: &Path, arguments: impl IntoIterator<Item = I>) -> Value {
    let outcome = run(data, arguments);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.answer().clone()
}

/// What came of a command with `--json`.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it said without its progress, one JSON object a line.
    pub events: Vec<Value>,
    /// What it logged; shown with a failure of the test.
    #[allow(dead_code)]
    pub log: String,
}

impl Outcome {
    /// Reads the output of a command.
    pub fn of(output: &Output) -> Self {
        let text = String::from_utf8(output.stdout.clone()).expect("output is UTF-8");
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let events =
            text.lines().map(parse).filter(|event: &Value| event.get("progress").is_none()).collect();
        Self { code: output.status.code(), events, log: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Its answer for machines.
    pub fn answer(&self) -> &Value {
        let answers: Vec<_> = self.events.iter().filter_map(|event| event.get("answer")).collect();
        assert_eq!(answers.len(), 1, "{self:?}");
        answers[0]
    }

    /// Why it failed, in one text.
    pub fn failure(&self) -> String {
        let reasons = self.events.iter().filter_map(|event| event.get("failed")?.as_str());
        reasons.collect::<Vec<_>>().join("\n")
    }
}

/// Checks a data folder with `chiron verify`, by itself or through its server; gives the figures.
pub fn verify(data: &Path) -> Value {
    let figures = succeed(data, ["verify"]);
    assert_eq!(figures["fault-count"], 0, "{figures}");
    figures
}
