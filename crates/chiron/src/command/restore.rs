//! `chiron restore`: a backup becomes a data folder.

use crate::command::backup;
use crate::config::Config;
use crate::event::Emit;
use anyhow::Result;
use std::path::Path;
use store::sqlite::SqliteStore;

/// Puts a backup in the configured data folder, which must be new or empty.
pub fn run(config: &Config, from: &Path, emit: &mut Emit<'_>) -> Result<()> {
    let data = config.data();
    let restored = SqliteStore::restore(from, &data)?;
    backup::copy_code_systems(from, &data)?;
    backup::report(&restored, &format!("restored to {}", data.display()), emit);
    Ok(())
}
