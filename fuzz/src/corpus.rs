//! The stored inputs: `corpus/NAME/` has those of one target, in files named by what they are.

use std::io;
use std::path::{Path, PathBuf};

/// The folder with a folder for each target.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The stored inputs of a target with their paths below [`root`], in order.
///
/// # Errors
/// When the folder is missing or cannot be read.
pub fn inputs(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let root = root();
    let mut paths = Vec::new();
    collect(&root.join(target), &mut paths)?;
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap_or(path).to_string_lossy().into_owned();
    paths.into_iter().map(|path| Ok((name(&path), std::fs::read(&path)?))).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
