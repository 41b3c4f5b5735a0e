//! Chiron itself, started for the checks on a new folder with published examples in it.

use crate::client::Client;
use crate::requirements::Service;
use crate::yardstick::Yardstick;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Patients of Synthea beside the examples: their records are long and of other systems' make.
const SYNTHEA_PATIENTS: usize = 6;
/// A group of a patient who is in the examples of every version.
const GROUP: &str = r#"{"resourceType":"Group","id":"conformance","type":"person","actual":true,
    "member":[{"entity":{"reference":"Patient/example"}}]}"#;
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running server with its data; both are gone when this is dropped.
pub struct OwnServer {
    child: Child,
    program: PathBuf,
    data: PathBuf,
    folder: TempDir,
    /// The base URL of its FHIR API.
    pub base_url: String,
}

impl OwnServer {
    /// Imports a package's examples and some patients of Synthea, and starts the server that was built beside this
    /// program.
    ///
    /// # Errors
    /// When data are missing, the import fails or the server does not answer.
    pub fn start(yardstick: &Yardstick, package: &str) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("chiron");
        ensure!(
            program.is_file(),
            "{} is not there; `cargo xtask conformance` builds it first",
            program.display()
        );
        let folder = TempDir::new()?;
        let (data, inbox) = (folder.path().join("data"), folder.path().join("inbox"));
        std::fs::create_dir(&inbox)?;
        let files = yardstick.synthea(SYNTHEA_PATIENTS)?.into_iter().chain(yardstick.examples(package)?);
        for (path, text) in files {
            std::fs::write(inbox.join(path.file_name().context("a file without a name")?), text)?;
        }
        std::fs::write(inbox.join("group.json"), GROUP)?;
        eprintln!("importing the examples of {package} and {SYNTHEA_PATIENTS} patients of Synthea");
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let answer = answer(command(&program, &data).arg("import").arg(&inbox))?;
        let failures = answer["failures"].as_array().map_or(0, Vec::len);
        ensure!(failures == 0, "{failures} files were not imported: {}", answer["failures"]);
        let address = format!("127.0.0.1:{port}");
        let child = command(&program, &data)
            .args(["serve", "--listen", &address])
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("log"))?)
            .spawn()
            .context("chiron serve")?;
        let base_url = format!("http://{address}/fhir");
        let mut server = Self { child, program, data, folder, base_url };
        server.wait()?;
        Ok(server)
    }

    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        while Client::new(&self.base_url, None)?.get("metadata").is_err() {
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                bail!("chiron serve ended with {status}: {}", log.trim());
            }
            ensure!(started.elapsed() < START_LIMIT, "chiron serve does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// A token of these scopes.
    ///
    /// # Errors
    /// When the program does not give one.
    pub fn token(&self, scope: &str) -> Result<String> {
        let answer = answer(command(&self.program, &self.data).args(["token", "--scope", scope]))?;
        Ok(answer["token"].as_str().context("chiron token gave no token")?.to_owned())
    }

    /// A program that works by itself, registered with a new key.
    ///
    /// # Errors
    /// When the program does not register it.
    pub fn registered(&self) -> Result<Service> {
        let mut service = Service::new()?;
        let keys = self.folder.path().join("keys.json");
        std::fs::write(&keys, service.public().to_string())?;
        let mut command = command(&self.program, &self.data);
        command.args(["app", "add", "Conformance", "--service", "app", "--scope", "system/*.rs", "--keys"]);
        let answer = answer(command.arg(&keys))?;
        answer["id"].as_str().context("chiron app add gave no id")?.clone_into(&mut service.id);
        Ok(service)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Its data go with it: nothing is to be put in order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of the program on a data folder, untouched by the caller's settings.
fn command(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHIRON_")) {
        command.env_remove(name);
    }
    // The checks ask as fast as they can.
    command.env("CHIRON_REQUESTS_PER_MINUTE", "0").env("CHIRON_LOG", "warn");
    command.current_dir(data.parent().unwrap_or(data)).arg("--json").arg("--data").arg(data);
    command
}

/// Runs a command to its end and gives its answer.
fn answer(command: &mut Command) -> Result<Value> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let answer = events.filter_map(|mut event| event.get_mut("answer").map(Value::take)).next_back();
    let error = String::from_utf8_lossy(&output.stderr);
    answer.with_context(|| format!("{command:?} gave no answer: {} {}", text.trim(), error.trim()))
}
