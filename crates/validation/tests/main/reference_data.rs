//! Reference data: archives in `../shared/data` beside the project, or in `CHIRON_SHARED`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The path of an archive; `None`, with a line on standard output, when it is not there.
///
/// # Panics
/// When it is not there and `CI=true`.
pub fn archive(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("CHIRON_SHARED").map_or_else(beside, PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", path.display());
    println!("skipped: {} is missing", path.display());
    None
}

/// Calls back with name and bytes of every JSON file of a `.tgz` or `.tar.zst`, in the order of the archive.
pub fn for_each_json(path: &Path, mut call: impl FnMut(&str, Vec<u8>)) {
    for_each_file(path, |name, bytes| {
        if name.ends_with(".json") {
            call(name, bytes);
        }
    });
}

/// The same with every file.
pub fn for_each_file(path: &Path, mut call: impl FnMut(&str, Vec<u8>)) {
    let file = File::open(path).expect("the archive opens");
    let bytes: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "zst") {
        Box::new(zstd::Decoder::new(file).expect("zstd"))
    } else {
        Box::new(flate2::read::GzDecoder::new(file))
    };
    let mut archive = tar::Archive::new(bytes);
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a tar entry");
        let name = entry.path().expect("a path").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("an entry reads");
        call(&name, bytes);
    }
}
