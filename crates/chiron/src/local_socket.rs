//! Commands beside a running server: a socket in the data folder, for its owner alone.
//!
//! The client sends one command as a line of JSON; the server does it and answers with events, one a line.

use crate::arguments::DataCommand;
use crate::event::Event;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const NAME: &str = "chiron.sock";
/// Length of a socket's address at most, on every system.
const ADDRESS_BYTES: usize = 100;

/// Where the socket of a data folder is.
pub fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// Connects to the server of a data folder; `None` when none runs.
pub fn connect(data: &Path) -> Option<UnixStream> {
    let folder = File::open(data).ok()?;
    UnixStream::connect(address(data, &folder)).ok()
}

/// The socket's address: its path, or, where that is longer than an address may be, a short one through the opened
/// folder.
fn address(data: &Path, folder: &File) -> PathBuf {
    let path = path(data);
    let is_long = path.as_os_str().len() > ADDRESS_BYTES;
    if is_long && cfg!(target_os = "linux") {
        return PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()));
    }
    path
}

/// Has the server do a command, and passes its events on. A server that goes away before the answer is an error: how
/// far the command came is not known then.
pub fn ask(stream: UnixStream, command: &DataCommand, mut emit: impl FnMut(Event)) -> Result<()> {
    let mut writer = stream.try_clone()?;
    writeln!(writer, "{}", serde_json::to_string(command)?)?;
    let mut is_answered = false;
    for line in BufReader::new(stream).lines() {
        let line = line.context("the server went away while it did the command")?;
        let event = serde_json::from_str(&line).context("the server's answer is not understood")?;
        is_answered |= matches!(event, Event::Answer(_) | Event::Failed(_));
        emit(event);
    }
    if !is_answered {
        bail!("the server went away before the command was done; give the command again");
    }
    Ok(())
}

/// Listens; every connection gets a thread and is answered by `run`.
pub fn listen(
    data: &Path,
    run: impl Fn(DataCommand, &mut crate::event::Emit<'_>) + Send + Sync + 'static,
) -> Result<()> {
    let path = path(data);
    // The data folder is locked by this process, so a socket that is there belongs to a server that died.
    let _ = std::fs::remove_file(&path);
    let folder = File::open(data).with_context(|| data.display().to_string())?;
    let listener = UnixListener::bind(address(data, &folder)).with_context(|| path.display().to_string())?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let run = std::sync::Arc::new(run);
    std::thread::Builder::new().name("local-socket".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let run = std::sync::Arc::clone(&run);
            std::thread::spawn(move || {
                if let Err(error) = answer(&stream, &*run) {
                    tracing::warn!(%error, "a command on the local socket was cut off");
                }
            });
        }
    })?;
    Ok(())
}

fn answer(
    stream: &UnixStream,
    run: &(impl Fn(DataCommand, &mut crate::event::Emit<'_>) + ?Sized),
) -> Result<()> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let mut writer = stream;
    let mut send = |event: Event| {
        // A client that went away does not stop its command.
        let _ = writeln!(writer, "{}", serde_json::to_string(&event).unwrap_or_default());
    };
    match serde_json::from_str(&line) {
        Ok(command) => run(command, &mut send),
        Err(error) => send(Event::Failed(format!("the command is not understood: {error}"))),
    }
    Ok(())
}
