//! The key that wraps the keys of the data: where it is kept, by the setting `wrapping-key`.
//!
//! It never lies in the data folder, so that a copy of that folder, or a backup, opens only with what was kept elsewhere.

use crate::config::Config;
use anyhow::{Context, Result, anyhow, bail};
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

/// The variable that a passphrase is read from, unless another is named.
const PASSPHRASE: &str = "CHIRON_PASSPHRASE";

/// The key that the configuration names for a data folder.
pub fn of(config: &Config, data: &Path) -> Result<Arc<dyn WrappingKey>> {
    parse(config.get("wrapping-key"), data)
}

/// Reads the setting: empty for a file beside the data folder, `file:PATH`, `passphrase`, `passphrase:VARIABLE` or
/// `command:PROGRAM ARGUMENTS`.
pub fn parse(text: &str, data: &Path) -> Result<Arc<dyn WrappingKey>> {
    let key: Arc<dyn WrappingKey> = match text.split_once(':').unwrap_or((text, "")) {
        ("" | "file", _) => file(text, data)?.shared(),
        ("passphrase", "") => Arc::new(Passphrase { variable: PASSPHRASE.to_owned() }),
        ("passphrase", variable) => Arc::new(Passphrase { variable: variable.to_owned() }),
        ("command", line) if !line.trim().is_empty() => {
            Arc::new(KeyCommand { words: line.split_whitespace().map(str::to_owned).collect() })
        }
        _ => bail!("wrapping-key is file:PATH, passphrase or command:PROGRAM ARGUMENTS, not '{text}'"),
    };
    Ok(key)
}

/// The file that the setting names.
pub fn file(text: &str, data: &Path) -> Result<KeyFile> {
    match text.strip_prefix("file:") {
        Some(path) if !path.is_empty() => Ok(KeyFile { path: PathBuf::from(path) }),
        None if text.is_empty() => Ok(KeyFile { path: beside(data)? }),
        _ => bail!("the wrapping key is not kept in a file, but as '{text}': say another with --with"),
    }
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
#[derive(Clone)]
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

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It as a wrapping key.
    pub fn shared(&self) -> Arc<dyn WrappingKey> {
        Arc::new(self.clone())
    }

    /// Adds a new key, which is wrapped with from now on; what the others wrapped still opens.
    pub fn add_key(&self) -> Result<()> {
        self.add().map(|_| ()).map_err(|failure| anyhow!("{}: {failure}", self.path.display()))
    }

    /// Removes all keys but the last.
    pub fn keep_last(&self) -> Result<()> {
        let path = self.path.display();
        let text = fs::read_to_string(&self.path).with_context(|| path.to_string())?;
        let last = text.lines().last().with_context(|| format!("{path} is empty"))?;
        let mut name = self.path.file_name().with_context(|| path.to_string())?.to_owned();
        name.push(".new");
        let new = self.path.with_file_name(name);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        writeln!(file, "{last}")?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.sync_folder().with_context(|| path.to_string())
    }

    fn sync_folder(&self) -> std::io::Result<()> {
        match self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
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
        self.sync_folder()?;
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
struct Passphrase {
    /// The environment variable that has it.
    variable: String,
}

const SALT_BYTES: usize = 16;

impl Passphrase {
    fn key(&self, salt: &[u8]) -> Result<LocalKey, Failure> {
        let variable = &self.variable;
        let text = std::env::var(variable)
            .map_err(|_| format!("the wrapping key is a passphrase: say it in the variable {variable}"))?;
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
        Ok([salt.to_vec(), self.key(&salt)?.wrap(key)?].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<store::Unwrapped, Failure> {
        let (salt, wrapped) = wrapped.split_at_checked(SALT_BYTES).ok_or("this is no data key")?;
        let opened = self.key(salt)?.unwrap(wrapped);
        opened.map_err(|_| format!("the passphrase in {} does not open this data", self.variable).into())
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
            // One that ends without reading says by its status what it has to say.
            let _ = writeln!(pipe, "{}", STANDARD.encode(input));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn ad06_a_file_is_made_once_and_never_anew_when_it_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let file = file("", &folder.path().join("data")).unwrap();
        assert_eq!(file.path(), folder.path().join("data.key"));
        let wrapped = file.wrap(b"a data key").unwrap();
        assert_eq!(file.unwrap(&wrapped).unwrap().as_slice(), b"a data key");
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(file.unwrap(&wrapped).unwrap_err().to_string().contains("chmod 600"));
        fs::remove_file(file.path()).unwrap();
        assert!(file.unwrap(&wrapped).unwrap_err().to_string().contains("data.key is missing"));
        assert!(!file.path().exists());
        fs::write(file.path(), "something else").unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(
            file.wrap(b"a data key").is_err(),
            "what is no key is not taken for one, and not written over"
        );
    }

    #[test]
    fn ad06_a_new_key_in_a_file_wraps_and_the_old_one_opens_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&format!("file:{}", folder.path().join("k").display()), Path::new("data")).unwrap();
        let old = file.wrap(b"1").unwrap();
        file.add_key().unwrap();
        let new = file.wrap(b"2").unwrap();
        assert_eq!(
            (file.unwrap(&old).unwrap().as_slice(), file.unwrap(&new).unwrap().as_slice()),
            (&b"1"[..], &b"2"[..])
        );
        file.keep_last().unwrap();
        assert!(file.unwrap(&old).unwrap_err().to_string().contains("another"));
        assert_eq!(file.unwrap(&new).unwrap().as_slice(), b"2");
    }

    #[test]
    fn ad06_a_command_wraps_and_unwraps() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("service");
        // Stands for a key service: it turns the text around, which is no encryption.
        fs::write(&script, "#!/bin/sh\n[ \"$1\" = test ] || exit 3\ntr 'A-Za-z' 'N-ZA-Mn-za-m'\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
        let key = parse(&format!("command:{} test", script.display()), Path::new("data")).unwrap();
        let wrapped = key.wrap(b"twelve bytes").unwrap();
        assert_ne!(wrapped, b"twelve bytes");
        assert_eq!(key.unwrap(&wrapped).unwrap().as_slice(), b"twelve bytes");
        let other = parse(&format!("command:{} other", script.display()), Path::new("data")).unwrap();
        assert!(other.wrap(b"twelve bytes").unwrap_err().to_string().contains("ended with"));
        for wrong in ["fil:x", "command:", "command: "] {
            assert!(parse(wrong, Path::new("data")).is_err(), "{wrong}");
        }
    }
}
