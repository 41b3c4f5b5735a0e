//! The key that wraps the keys of the data: where it is kept, by the setting `wrapping-key`.
//!
//! It never lies in the data folder, so that a copy of that folder, or a backup, opens only with what was kept elsewhere.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{LocalKey, WrappingKey};

/// What can go wrong, in words for whoever runs the server.
type Failure = Box<dyn Error + Send + Sync>;

/// The variable that a passphrase is read from.
const PASSPHRASE: &str = "CHIRON_PASSPHRASE";

/// The key that the configuration names for a data folder.
pub fn of(config: &Config, data: &Path) -> Result<Arc<dyn WrappingKey>> {
    parse(config.get("wrapping-key"), data)
}

/// Reads the setting: empty for a file beside the data folder, `file:PATH`, `passphrase` or `command:PROGRAM ARGUMENTS`.
pub fn parse(text: &str, data: &Path) -> Result<Arc<dyn WrappingKey>> {
    let key: Arc<dyn WrappingKey> = match text.split_once(':') {
        None if text.is_empty() => Arc::new(KeyFile { path: beside(data)? }),
        None if text == "passphrase" => Arc::new(Passphrase),
        Some(("file", path)) if !path.is_empty() => Arc::new(KeyFile { path: PathBuf::from(path) }),
        Some(("command", line)) if !line.trim().is_empty() => {
            Arc::new(KeyCommand { words: line.split_whitespace().map(str::to_owned).collect() })
        }
        _ => bail!("wrapping-key is file:PATH, passphrase or command:PROGRAM ARGUMENTS, not '{text}'"),
    };
    Ok(key)
}

/// The file of a data folder's key, unless it is said otherwise: beside the folder, with `.key` at its end.
fn beside(data: &Path) -> Result<PathBuf> {
    let data = std::path::absolute(data)?;
    let mut name = data.file_name().with_context(|| format!("{} has no name", data.display()))?.to_owned();
    name.push(".key");
    Ok(data.with_file_name(name))
}

/// Keys in a file that its owner alone may read, one a line; the last is the one to wrap with. The file is made when there
/// is nothing to open with it yet.
pub struct KeyFile {
    path: PathBuf,
}

/// What a line of the file begins with.
const LINE: &str = "chiron-wrapping-key-1 ";

impl KeyFile {
    /// The keys in the file; `None` when there is no file.
    fn read(&self) -> Result<Option<Vec<[u8; LocalKey::BYTES]>>, Failure> {
        let path = self.path.display();
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{path}: {error}").into()),
        };
        if fs::metadata(&self.path)?.mode() & 0o077 != 0 {
            return Err(format!("{path} may be read by others than its owner: chmod 600 {path}").into());
        }
        let keys: Vec<[u8; LocalKey::BYTES]> = text.lines().filter_map(key_of).collect();
        match keys.is_empty() || keys.len() != text.lines().count() {
            true => Err(format!("{path} holds something else than keys that wrap keys").into()),
            false => Ok(Some(keys)),
        }
    }

    fn last(&self) -> Result<[u8; LocalKey::BYTES], Failure> {
        match self.read()?.and_then(|keys| keys.last().copied()) {
            Some(key) => Ok(key),
            None => self.add(),
        }
    }

    /// Adds a new key at the end, durably.
    fn add(&self) -> Result<[u8; LocalKey::BYTES], Failure> {
        let mut key = [0; LocalKey::BYTES];
        getrandom::fill(&mut key).map_err(|error| format!("the system gives no randomness: {error}"))?;
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        writeln!(file, "{LINE}{}", STANDARD.encode(key))?;
        file.sync_all()?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(key)
    }
}

fn key_of(line: &str) -> Option<[u8; LocalKey::BYTES]> {
    STANDARD.decode(line.strip_prefix(LINE)?).ok()?.try_into().ok()
}

impl WrappingKey for KeyFile {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, Failure> {
        LocalKey::new(&self.last()?).wrap(key)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<store::Unwrapped, Failure> {
        let path = self.path.display();
        let keys = self.read()?.ok_or_else(|| {
            format!("{path} is missing, and with it the key that opens this data: put it back, or name where it is (--wrapping-key)")
        })?;
        let opened = keys.iter().rev().find_map(|key| LocalKey::new(key).unwrap(wrapped).ok());
        opened.ok_or_else(|| format!("no key in {path} opens this data: it was written with another").into())
    }
}

/// A key made of a passphrase by Argon2id (RFC 9106, its second recommended choice); the salt stands before what is wrapped.
struct Passphrase;

const SALT_BYTES: usize = 16;

impl Passphrase {
    fn key(salt: &[u8]) -> Result<LocalKey, Failure> {
        let text = std::env::var(PASSPHRASE)
            .map_err(|_| format!("wrapping-key is a passphrase: say it in the variable {PASSPHRASE}"))?;
        let parameters =
            Params::new(64 * 1024, 3, 4, Some(LocalKey::BYTES)).map_err(|error| error.to_string())?;
        let mut key = [0; LocalKey::BYTES];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(text.as_bytes(), salt, &mut key)
            .map_err(|error| error.to_string())?;
        Ok(LocalKey::new(&key))
    }
}

impl WrappingKey for Passphrase {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| format!("the system gives no randomness: {error}"))?;
        Ok([salt.to_vec(), Self::key(&salt)?.wrap(key)?].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<store::Unwrapped, Failure> {
        let (salt, wrapped) = wrapped.split_at_checked(SALT_BYTES).ok_or("this is no data key")?;
        let opened = Self::key(salt)?.unwrap(wrapped);
        opened.map_err(|_| format!("the passphrase in {PASSPHRASE} does not open this data").into())
    }
}

/// A key service's client: run with `wrap` or `unwrap` at its end, it reads a key in Base64 from its input, and writes it
/// wrapped or unwrapped, in Base64, to its output.
struct KeyCommand {
    words: Vec<String>,
}

impl KeyCommand {
    fn run(&self, what: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        let name = &self.words[0];
        let failed = |error: std::io::Error| format!("{name} {what}: {error}");
        let mut child = Command::new(name)
            .args(&self.words[1..])
            .arg(what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut pipe) = child.stdin.take() {
            writeln!(pipe, "{}", STANDARD.encode(input)).map_err(failed)?;
        }
        let output = child.wait_with_output().map_err(failed)?;
        if !output.status.success() {
            return Err(format!("{name} {what} ended with {}", output.status).into());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let bytes = STANDARD.decode(text.trim());
        bytes.map_err(|_| format!("{name} {what} did not write Base64").into())
    }
}

impl WrappingKey for KeyCommand {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, Failure> {
        self.run("wrap", key)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<store::Unwrapped, Failure> {
        Ok(self.run("unwrap", wrapped)?.into())
    }
}
