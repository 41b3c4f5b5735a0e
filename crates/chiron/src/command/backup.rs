//! `chiron backup`: a checked copy of all data, made while the server runs.

use crate::event::{Emit, Event};
use crate::practice::{Practice, code_systems};
use anyhow::{Context, Result};
use std::path::Path;
use store::maintain::Backup;

/// Copies the data to a new folder.
pub fn run(practice: &Practice, to: &Path, emit: &mut Emit<'_>) -> Result<()> {
    let backup = practice.store.backup(to)?;
    copy_code_systems(&practice.data, to)?;
    report(&backup, &format!("backed up to {}", to.display()), emit);
    Ok(())
}

/// Loaded code systems belong to the data: without them codes lose their meaning.
pub fn copy_code_systems(from: &Path, to: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(code_systems(from)) else { return Ok(()) };
    let target = code_systems(to);
    std::fs::create_dir_all(&target)?;
    for entry in entries {
        let entry = entry?;
        std::fs::copy(entry.path(), target.join(entry.file_name()))
            .with_context(|| entry.path().display().to_string())?;
    }
    Ok(())
}

/// Says what a copy holds.
pub fn report(backup: &Backup, done: &str, emit: &mut Emit<'_>) {
    let bytes: u64 = backup.files.iter().map(|(_, bytes)| bytes).sum();
    emit(Event::Line(format!(
        "{done}: {} files, {bytes} bytes, up to commit {}",
        backup.files.len(),
        backup.sequence
    )));
    emit(Event::Answer(serde_json::json!({ "files": backup.files, "sequence": backup.sequence })));
}
