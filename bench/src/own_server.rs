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

/// Invented patients who were written.
#[derive(Clone, Debug)]
pub struct Filled {
    /// All resources that were written.
    pub resources: u64,
    pub seconds: f64,
    /// Processor time that it took, in seconds.
    pub cpu_s: f64,
    /// The most memory that the program took.
    pub peak_bytes: u64,
    /// How long each tenth of the patients took, in seconds.
    pub tenths_s: Vec<f64>,
}

/// A practice of gigabytes whose server was killed takes a while to recover.
const START_LIMIT: Duration = Duration::from_secs(900);
/// What is under way is answered, and the database put in order.
const STOP_LIMIT: Duration = Duration::from_secs(120);

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
        let mut command = self.command(&["import"]);
        command.arg(folder);
        let Followed { answer, seconds, peak_bytes, .. } = follow(command, |_, _| ())?;
        let by_type = answer["resources"].as_object().context("chiron import gave no answer")?;
        let failures = answer["failures"].as_array().map_or(&[][..], Vec::as_slice);
        for failure in failures.iter().take(3) {
            eprintln!("  not imported: {failure}");
        }
        let resources = by_type.values().filter_map(Value::as_u64).sum();
        Ok(Imported { resources, failures: failures.len(), seconds, peak_bytes })
    }

    /// Writes invented patients with `chiron synth`, those from a position up to another.
    pub fn fill(&self, from: u32, to: u32, words: &[&str]) -> Result<Filled> {
        let (first, count) = (from.to_string(), to.saturating_sub(from).to_string());
        let mut command = self.command(&["synth", "--from", &first, "--patients", &count]);
        command.args(words);
        let (mut tenths_s, mut tenth_began) = (Vec::new(), None);
        let Followed { answer, seconds, cpu_s, peak_bytes } = follow(command, |done, total| {
            let began = tenth_began.get_or_insert_with(Instant::now);
            if done * 10 >= total * (tenths_s.len() as u64 + 1) {
                tenths_s.push(began.elapsed().as_secs_f64());
                *began = Instant::now();
            }
        })?;
        let resources = answer["resources"].as_u64().context("chiron synth gave no answer")?;
        Ok(Filled { resources, seconds, cpu_s, peak_bytes, tenths_s })
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

/// A long command that came to its end.
struct Followed {
    answer: Value,
    seconds: f64,
    cpu_s: f64,
    peak_bytes: u64,
}

/// Runs a command to its end, and tells how much is done, and of how much.
fn follow(mut command: Command, mut progress: impl FnMut(u64, u64)) -> Result<Followed> {
    /// Progress is told often.
    const LINES_PER_LOOK: usize = 100;
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().context("chiron")?;
    let output = BufReader::new(child.stdout.take().context("chiron has no output")?);
    let (mut answer, mut cpu_s, mut peak_bytes) = (Value::Null, 0.0, 0);
    for (number, line) in output.lines().enumerate() {
        let mut event: Value = serde_json::from_str(&line?)?;
        if number.is_multiple_of(LINES_PER_LOOK) || event.get("answer").is_some() {
            peak_bytes = process::memory(child.id()).map_or(peak_bytes, |memory| memory.peak_bytes);
            cpu_s = process::cpu_s(child.id()).max(cpu_s);
        }
        if let (Some(done), Some(total)) =
            (event["progress"]["done"].as_u64(), event["progress"]["total"].as_u64())
        {
            progress(done, total);
        } else if let Some(failed) = event["failed"].as_str() {
            eprintln!("  {failed}");
        } else if event.get("answer").is_some() {
            answer = event["answer"].take();
        }
    }
    child.wait()?;
    Ok(Followed { answer, seconds: started.elapsed().as_secs_f64(), cpu_s, peak_bytes })
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
            // A load is what the limit is there to keep off.
            .env("CHIRON_REQUESTS_PER_MINUTE", "0")
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
            ensure!(started.elapsed() < START_LIMIT, "chiron serve does not answer");
            tokio::time::sleep(wait).await;
        }
        server.start_ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok(server)
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Its processor time so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        process::cpu_s(self.process())
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
            ensure!(asked.elapsed() < STOP_LIMIT, "chiron serve does not end");
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
