//! Chiron itself, started for the measurement: its commands, its process, its end.

use crate::database::Database;
use crate::disk;
use crate::process::{self, Memory};
use crate::target::{Connection, Shot, Target};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The program, and what it works on.
pub struct Installation {
    program: PathBuf,
    pub data: PathBuf,
    /// Where the records lie, when not in the data folder.
    pub database: Option<Database>,
}

/// A setting that turns the audit of reads off, where the program has one.
pub const AUDIT_READS_SETTING: &str = "audit-reads";

/// What an import did.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    pub resources: u64,
    pub failures: usize,
    pub seconds: f64,
    pub peak_bytes: u64,
}

impl Installation {
    /// The program that was built beside this one, on a data folder and perhaps a database.
    pub fn new(data: PathBuf, database: Option<Database>) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("chiron");
        ensure!(program.is_file(), "{} is not there; `cargo xtask bench` builds it first", program.display());
        Ok(Self { program, data, database })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).arg("--json").arg("--data").arg(&self.data);
        if let Some(database) = &self.database {
            command.arg("--database").arg(&database.url);
        }
        command
    }

    /// Size of all its data, in bytes.
    pub async fn size_bytes(&self) -> Result<u64> {
        let in_database = match &self.database {
            Some(database) => database.size_bytes().await?,
            None => 0,
        };
        Ok(disk::size_bytes(&self.data)? + in_database)
    }

    /// Imports a folder of bundles with `chiron import`.
    pub fn import(&self, folder: &Path) -> Result<Imported> {
        let started = Instant::now();
        let mut command = self.command(&["import"]);
        let mut child = command.arg(folder).stdout(Stdio::piped()).spawn().context("chiron import")?;
        let output = BufReader::new(child.stdout.take().context("chiron import has no output")?);
        let (mut answer, mut peak_bytes) = (Value::Null, 0);
        for line in output.lines() {
            let line = line?;
            peak_bytes = process::memory(child.id()).map_or(peak_bytes, |memory| memory.peak_bytes);
            // Progress is told often; only the answer at the end is wanted.
            if line.starts_with("{\"answer\"") {
                answer = serde_json::from_str::<Value>(&line)?["answer"].take();
            }
        }
        child.wait()?;
        let seconds = started.elapsed().as_secs_f64();
        let by_type = answer["resources"].as_object().context("chiron import gave no answer")?;
        let failures = answer["failures"].as_array().map_or(&[][..], Vec::as_slice);
        for failure in failures.iter().take(3) {
            eprintln!("  not imported: {failure}");
        }
        let resources = by_type.values().filter_map(Value::as_u64).sum();
        Ok(Imported { resources, failures: failures.len(), seconds, peak_bytes })
    }

    /// The answer of a short command, such as `token`.
    pub fn ask(&self, words: &[&str], field: &str) -> Result<String> {
        let output = self.command(words).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let answers = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = answers.into_iter().find_map(|event| Some(event["answer"][field].as_str()?.to_owned()));
        found.with_context(|| {
            let error = String::from_utf8_lossy(&output.stderr);
            format!("chiron {} gave no {field}: {} {}", words.join(" "), text.trim(), error.trim())
        })
    }

    /// True when the program has a setting.
    pub fn has_setting(&self, name: &str) -> bool {
        let output = self.command(&["config"]).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(name))
    }
}

/// A running server; it ends when this is dropped.
pub struct OwnServer {
    child: Child,
    /// The base URL of its FHIR API.
    pub base_url: String,
    /// From the start of the process to its first answer.
    pub start_ms: f64,
}

impl OwnServer {
    /// Starts the server on a free port and waits for its first answer.
    pub async fn start(installation: &Installation, environment: &[(&str, &str)]) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = std::fs::File::create(installation.data.with_extension("log"))?;
        let started = Instant::now();
        let child = installation
            .command(&["serve", "--listen", &format!("127.0.0.1:{port}")])
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("chiron serve")?;
        let base_url = format!("http://127.0.0.1:{port}/fhir");
        let mut server = Self { child, base_url, start_ms: 0.0 };
        let target = Rc::new(Target::new(&server.base_url, None)?);
        let wait = Duration::from_millis(1);
        while Connection::new(Rc::clone(&target)).shoot(&Shot::get("/health")).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                let log = installation.data.with_extension("log");
                bail!("chiron serve ended with {status}; see {}", log.display());
            }
            ensure!(started.elapsed().as_secs() < 60, "chiron serve does not answer");
            tokio::time::sleep(wait).await;
        }
        server.start_ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok(server)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Its memory.
    pub fn memory(&self) -> Option<Memory> {
        process::memory(self.process())
    }

    /// Asks it to end, as an operator would, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.process().to_string()).status().context("kill")?;
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(asked.elapsed().as_secs() < 30, "chiron serve does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Only when something failed before `stop`; then there is nothing left to lose.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
