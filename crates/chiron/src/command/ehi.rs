//! `chiron export-ehi` and `chiron import-ehi`: all electronic health information of a practice, out and in again
//! (criterion b10). The format is docs/ehi-format.md, which every export carries with it.

mod commit_line;
mod export;
mod import;
mod manifest;
mod patient;
mod patient_audit;

pub use export::run as export;
pub use import::run as import;
pub use patient::run as export_patient;

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::Path;
use store::{BlobHash, Store};

/// The description of the format, in every export.
const README: &str = include_str!("../../../../docs/ehi-format.md");

/// Names in an export.
const README_FILE: &str = "README.md";
const MANIFEST_FILE: &str = "manifest.json";
const COMMITS_FILE: &str = "commits.ndjson";
const READS_FILE: &str = "reads.ndjson";
const RESOURCES_FOLDER: &str = "resources";
const BLOBS_FOLDER: &str = "blobs";
/// Names in the export of one patient.
const VERSIONS_FILE: &str = "versions.ndjson";
const AUDIT_FILE: &str = "audit.ndjson";

/// Where a content lies in an export.
fn blob_name(hash: &BlobHash) -> String {
    let name = hash.to_string();
    format!("{BLOBS_FOLDER}/{}/{}", &name[..2], &name[2..])
}

/// Writes a content to its place in an export.
fn copy_content(store: &dyn Store, export: &Path, hash: &BlobHash) -> Result<()> {
    let path = export.join(blob_name(hash));
    fs::create_dir_all(path.parent().unwrap_or(export))?;
    let mut reader = store.blobs().open(hash)?;
    std::io::copy(&mut reader, &mut File::create(&path)?).with_context(|| format!("the content {hash}"))?;
    Ok(())
}
