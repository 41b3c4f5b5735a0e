//! Folders of a scenario's own, gone at its end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Once;
use tempfile::TempDir;

const FOLDERS: &str = env!("CARGO_TARGET_TMPDIR");

/// A new folder below the build's folder, on a real disk.
pub fn new_folder() -> TempDir {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(sweep);
    let prefix = format!("{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(FOLDERS).expect("a folder can be made")
}

/// Removes what earlier runs left: what they shared among scenarios, and all of a run that was killed.
fn sweep() {
    let is_left = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let process = name.split_once('-').and_then(|(process, _)| process.parse::<u32>().ok());
        process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists())
    };
    for path in files(Path::new(FOLDERS)).into_iter().filter(|path| is_left(path)) {
        let _ = std::fs::remove_dir_all(path);
    }
}

/// Copies a data folder that no program has open, and the key beside it.
pub fn copy_folder(from: &Path, to: &Path) {
    copy_key(from, to);
    copy_files(from, to);
}

/// Copies the key that a data folder opens with, for another that is made of the same data.
pub fn copy_key(from: &Path, to: &Path) {
    std::fs::copy(key_beside(from), key_beside(to)).unwrap();
}

/// Where the key of a data folder is, unless it is said otherwise.
pub fn key_beside(data: &Path) -> PathBuf {
    data.with_added_extension("key")
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy_files(&entry.path(), &target),
            kind if kind.is_file() => {
                std::fs::copy(entry.path(), target).unwrap();
            }
            _ => {}
        }
    }
}

/// Every file of a folder and those in it, with its bytes, by its name.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
                    found.insert(name, std::fs::read(entry.path()).unwrap());
                }
            }
        }
    }
    found
}

/// The files of a folder, in order of name.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
