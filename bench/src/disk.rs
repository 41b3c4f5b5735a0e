//! The disk: how fast it syncs, and how much of it a folder takes.

use anyhow::Result;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// What is appended before each sync: a page.
const BLOCK_BYTES: usize = 4096;

/// Syncs a second in a folder: a page appended, then `fdatasync`, again and again.
pub fn syncs_per_s(folder: &Path, duration: Duration) -> Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let started = Instant::now();
    let mut syncs = 0u32;
    while started.elapsed() < duration {
        file.write_all(&[0x5A; BLOCK_BYTES])?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / started.elapsed().as_secs_f64())
}

/// Size of all files below a folder, in bytes.
pub fn size_bytes(folder: &Path) -> Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        total += if data.is_dir() { size_bytes(&entry.path())? } else { data.len() };
    }
    Ok(total)
}
