//! `chiron restore`: a backup becomes a data folder, whole or as it was at a moment before.

use crate::command::backup;
use crate::config::Config;
use crate::event::{Emit, Event};
use crate::practice::ports;
use crate::wrapping_key;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use store::{OpenOptions, SqliteStore};

/// Puts a backup in the configured data folder, which must be new or empty.
pub fn run(config: &Config, from: &Path, until: Option<&str>, emit: &mut Emit<'_>) -> Result<()> {
    let data = config.data();
    match until {
        None => {
            let restored = SqliteStore::restore(from, &data)?;
            backup::report(&restored, &format!("restored to {}", data.display()), emit);
        }
        Some(instant) => restore_until(config, from, instant, emit)?,
    }
    backup::copy_code_systems(from, &data)
}

/// Every version that ever was is in a backup: the commits up to the moment are written again into a new folder.
fn restore_until(config: &Config, from: &Path, instant: &str, emit: &mut Emit<'_>) -> Result<()> {
    let data = config.data();
    let until: jiff::Timestamp = instant
        .parse()
        .with_context(|| format!("--until is an instant like 2026-11-25T10:00:00Z, not '{instant}'"))?;
    let whole = Beside::of(&data)?;
    SqliteStore::restore(from, &whole.0)?;
    let options = OpenOptions::new(ports(config)?, wrapping_key::of(config, &data)?);
    let (source, target) = (SqliteStore::open(&whole.0, &options)?, SqliteStore::open(&data, &options)?);
    let copied = store::copy::copy(&source, &target, Some(until.as_millisecond()), &mut |done, total| {
        emit(Event::Progress { done, total, message: "commits".to_owned() });
    })?;
    let data = data.display();
    emit(Event::Line(format!("restored to {data} as of {until}: up to commit {}", copied.commits)));
    emit(Event::Answer(serde_json::json!({ "sequence": copied.commits, "contents": copied.blobs })));
    Ok(())
}

/// A folder beside another, gone in the end.
struct Beside(PathBuf);

impl Beside {
    fn of(folder: &Path) -> Result<Self> {
        let mut name = folder.file_name().context("the data folder has no name")?.to_owned();
        name.push(".whole");
        Ok(Self(folder.with_file_name(name)))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
