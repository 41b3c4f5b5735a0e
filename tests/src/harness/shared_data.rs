//! Reference data: archives in `../shared/data` beside the project, or in `CHIRON_SHARED`.

use crate::harness::folder::new_folder;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// An archive of the reference data. `None`, and said so by the scenario's name, when it is not there; with `CI=true`
/// that is a failure.
pub fn archive(scenario: &str, name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("CHIRON_SHARED").map_or(beside, PathBuf::from);
    let path = folder.join("data").join(name);
    let is_there = path.is_file();
    let is_ci = std::env::var("CI").as_deref() == Ok("true");
    assert!(is_there || !is_ci, "no reference data at {}", path.display());
    if !is_there {
        println!("skipped: {scenario} needs {}", path.display());
    }
    is_there.then_some(path)
}

/// The files of a tar archive whose path is wanted: path and text.
pub fn unpack(archive: impl Read, is_wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut tar = tar::Archive::new(archive);
    let mut found = Vec::new();
    for mut entry in tar.entries().unwrap().map(Result::unwrap) {
        let path = entry.path().unwrap().into_owned();
        if entry.header().entry_type().is_file() && is_wanted(&path) {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The patients made by Synthea: 150 transaction bundles, in a folder. All scenarios share it; none writes to it.
pub fn synthea(scenario: &str) -> Option<&'static Path> {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let path = archive(scenario, "synthea-r4/synthea-r4-150.tar.zst")?;
    let unpack_once = || {
        let folder = new_folder();
        let file = std::fs::File::open(path).unwrap();
        let is_json = |path: &Path| path.extension().is_some_and(|extension| extension == "json");
        for (path, text) in unpack(zstd::Decoder::new(file).unwrap(), is_json) {
            std::fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
        }
        folder
    };
    Some(FOLDER.get_or_init(unpack_once).path())
}
