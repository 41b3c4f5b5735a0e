//! Folders of a scenario's own, gone at its end.

use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A new folder below the build's folder, on a real disk. A killed run leaves its folders; `cargo clean` takes them.
pub fn new_folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("s-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder can be made")
}

/// Copies a data folder that no program has open.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy_folder(&entry.path(), &target),
            kind if kind.is_file() => {
                std::fs::copy(entry.path(), target).unwrap();
            }
            _ => {}
        }
    }
}

/// The files of a folder, in order of name.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
