//! Reference data beside the checkout.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// The files of a zstd tar in the folder of reference data, by path. `None`, said aloud, when the folder is not there;
/// with `CI=true` that is a failure.
pub fn shared_archive(path: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let folder = std::env::var_os("CHIRON_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let archive = folder.join(path);
    let Ok(file) = std::fs::File::open(&archive) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", archive.display());
        println!("skipped: no {}", archive.display());
        return None;
    };
    let mut files = BTreeMap::new();
    let mut tar = tar::Archive::new(zstd::Decoder::new(file).expect("a zstd stream"));
    for entry in tar.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").to_string_lossy().trim_start_matches("./").to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("readable");
        files.insert(name, bytes);
    }
    Some(files)
}
