//! The reference data beside the project: archives read where they lie.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of an archive under `shared/data` (`.tar.zst`, `.tgz`), with their names. `None`, said aloud, when the
/// folder is missing on a developer's machine; with `CI=true` that is a failure.
pub fn archive(path: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let file = folder().join("data").join(path);
    if !file.exists() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "reference data is missing: {}",
            file.display()
        );
        eprintln!("skipped: no {}", file.display());
        return None;
    }
    let bytes = std::fs::read(&file).expect("the archive can be read");
    let unpacked: Box<dyn Read> = if path.ends_with(".zst") {
        Box::new(zstd::Decoder::new(bytes.as_slice()).expect("a zstd stream"))
    } else {
        Box::new(flate2::read::GzDecoder::new(bytes.as_slice()))
    };
    let mut files = Vec::new();
    for entry in tar::Archive::new(unpacked).entries().expect("a tar archive") {
        let mut entry = entry.expect("an entry");
        if entry.header().entry_type().is_file() {
            let name = entry.path().expect("a name").to_string_lossy().trim_start_matches("./").to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("an entry's bytes");
            files.push((name, content));
        }
    }
    Some(files)
}

fn folder() -> PathBuf {
    std::env::var_os("CHIRON_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

/// Holds what failed against an exceptions file: lines of a name, a blank and a reason. Each failure must be listed,
/// each listed one must still fail, and there may not be more of them than the ceiling.
pub fn assert_only_known_failures(failures: &[(String, String)], exceptions: &str, ceiling: usize) {
    let listed: BTreeSet<&str> = exceptions
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("an exception has a name and a reason").0)
        .collect();
    assert!(listed.len() <= ceiling, "{} exceptions, more than {ceiling}", listed.len());
    let failed: BTreeSet<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    let new: Vec<_> = failures.iter().filter(|(name, _)| !listed.contains(name.as_str())).take(20).collect();
    assert!(new.is_empty(), "{} new failures, first ones: {new:#?}", failed.difference(&listed).count());
    let mended: Vec<_> = listed.difference(&failed).collect();
    assert!(mended.is_empty(), "these pass now, take them off the list: {mended:?}");
}
