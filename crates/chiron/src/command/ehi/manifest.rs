//! The manifest of an export: what is in it, and the hash of every file.

use super::{MANIFEST_FILE, README_FILE};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Component, Path, PathBuf};

/// The format's name; another format has another.
const FORMAT: &str = "chiron-ehi-1";

/// Bytes read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// What an export holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    /// How many there are, and which is the last.
    pub counts: Counts,
    /// The hash of the last commit over it and all before, in hexadecimal digits.
    pub chain: String,
    files: Vec<ListedFile>,
}

/// How many things an export holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Commits.
    pub commits: u64,
    /// Versions in them, deletions among them.
    pub versions: u64,
    /// Contents kept outside the resources.
    pub contents: u64,
    /// Rows of the log of reads.
    pub reads: u64,
}

/// What every manifest tells of itself.
#[derive(Deserialize)]
struct Format {
    format: String,
}

/// A file of an export.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedFile {
    name: String,
    bytes: u64,
    sha256: String,
}

impl Manifest {
    /// Writes the manifest of all files of a folder, and makes them durable.
    pub fn write(folder: &Path, counts: Counts, chain: String) -> Result<Self> {
        let files = list_files(folder)?;
        let manifest = Self { format: FORMAT.to_owned(), counts, chain, files };
        write_manifest(folder, &manifest)?;
        Ok(manifest)
    }

    /// Reads the manifest of an export and checks every file against it.
    pub fn check(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST_FILE);
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        let Format { format } = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
        if format != FORMAT {
            bail!("the export is of format '{format}', and this program reads {FORMAT}");
        }
        let manifest: Self = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
        for file in manifest.files.iter().filter(|file| file.name != README_FILE) {
            let is_inside =
                Path::new(&file.name).components().all(|part| matches!(part, Component::Normal(_)));
            if !is_inside {
                bail!("{} leads out of the export", file.name);
            }
            if listed(folder, Path::new(&file.name))? != *file {
                bail!("{} is not as it was exported", file.name);
            }
        }
        Ok(manifest)
    }
}

/// Every file of a folder, and makes them durable.
pub fn list_files(folder: &Path) -> Result<Vec<ListedFile>> {
    let mut names = Vec::new();
    list(folder, Path::new(""), &mut names)?;
    names.sort();
    names.iter().map(|name| listed(folder, name)).collect()
}

/// Writes a manifest to its place, and makes it durable.
pub fn write_manifest(folder: &Path, manifest: &impl Serialize) -> Result<()> {
    let path = folder.join(MANIFEST_FILE);
    fs::write(&path, serde_json::to_vec_pretty(manifest)?)?;
    Ok(File::open(path)?.sync_all()?)
}

fn list(folder: &Path, below: &Path, names: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let name = below.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => list(folder, &name, names)?,
            false => names.push(name),
        }
    }
    Ok(())
}

fn listed(folder: &Path, name: &Path) -> Result<ListedFile> {
    let path = folder.join(name);
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    file.sync_all()?;
    let mut hasher = Sha256::new();
    let mut reader = BufReader::with_capacity(PIECE_BYTES, file);
    let mut bytes = 0;
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            break;
        }
        hasher.update(piece);
        let count = piece.len();
        bytes += count as u64;
        reader.consume(count);
    }
    let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let name = name.to_str().context("the name of a file is no text")?.to_owned();
    Ok(ListedFile { name, bytes, sha256 })
}
