//! Files out of tar archives.

use anyhow::{Context, Result};
use std::io::Read;
use std::path::Path;

/// Reads the files of a `.tar.zst` or `.tgz` whose name is wanted: name without folders, and bytes.
pub(in crate::import_spec) fn files(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, Vec<u8>)>> {
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let is_zstd = path.extension().is_some_and(|extension| extension == "zst");
    let reader: Box<dyn Read> = if is_zstd {
        Box::new(zstd::Decoder::new(file)?)
    } else {
        Box::new(flate2::read::GzDecoder::new(file))
    };
    let mut files = Vec::new();
    for entry in tar::Archive::new(reader).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if wanted(name) {
            let mut bytes = Vec::new();
            let name = name.to_owned();
            entry.read_to_end(&mut bytes)?;
            files.push((name, bytes));
        }
    }
    files.sort();
    Ok(files)
}

/// Reads one file of an archive.
pub(super) fn file(path: &Path, name: &str) -> Result<Vec<u8>> {
    let mut found = files(path, |other| other == name)?;
    let (_, bytes) = found.pop().with_context(|| format!("{} holds no {name}", path.display()))?;
    Ok(bytes)
}
