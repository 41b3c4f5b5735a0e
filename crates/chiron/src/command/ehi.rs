//! `chiron export-ehi` and `chiron import-ehi`: all electronic health information of a practice, out and in again
//! (criterion b10). The format is docs/ehi-format.md, which every export carries with it.

mod commit_line;
mod export;
mod import;
mod manifest;

pub use export::run as export;
pub use import::run as import;

/// The description of the format, in every export.
const README: &str = include_str!("../../../../docs/ehi-format.md");

/// Names in an export.
const README_FILE: &str = "README.md";
const MANIFEST_FILE: &str = "manifest.json";
const COMMITS_FILE: &str = "commits.ndjson";
const READS_FILE: &str = "reads.ndjson";
const RESOURCES_FOLDER: &str = "resources";
const BLOBS_FOLDER: &str = "blobs";

/// Where a content lies in an export.
fn blob_name(hash: &store::BlobHash) -> String {
    let name = hash.to_string();
    format!("{BLOBS_FOLDER}/{}/{}", &name[..2], &name[2..])
}
