//! Where the requirements are read from: archives of Inferno's test kits in the reference data, outside the project.

use anyhow::{Context, Result};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of reference data.
pub struct Yardstick {
    data: PathBuf,
}

impl Yardstick {
    /// In a folder that is named, in `CHIRON_SHARED`, or beside the checkout.
    pub fn new(shared: Option<&Path>) -> Self {
        let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
        let named =
            shared.map(Path::to_path_buf).or_else(|| std::env::var_os("CHIRON_SHARED").map(PathBuf::from));
        Self { data: named.unwrap_or_else(beside).join("data") }
    }

    /// The table of a version of US Core.
    ///
    /// # Errors
    /// When the archive or the table in it is not there.
    pub fn metadata(&self, version: &str) -> Result<String> {
        self.file("uscore", &format!("lib/us_core_test_kit/generated/v{version}/metadata.yml"))
    }

    /// A file of one of the test kits.
    ///
    /// # Errors
    /// When the archive or the file in it is not there.
    pub fn file(&self, kit: &str, path: &str) -> Result<String> {
        let archive = self.data.join(format!("inferno-uscore-yardstick/{kit}.tar.zst"));
        let file = open(&archive)?;
        let mut found = unpack(zstd::Decoder::new(file)?, |name| name == Path::new(path))?;
        let (_, text) = found.pop().with_context(|| format!("{} has no {path}", archive.display()))?;
        Ok(text)
    }

    /// The examples of a package of an implementation guide: name and JSON.
    ///
    /// # Errors
    /// When the package is not there.
    pub fn examples(&self, package: &str) -> Result<Vec<(PathBuf, String)>> {
        let file = open(&self.data.join(format!("us-core-packages/{package}.tgz")))?;
        unpack(flate2::read::GzDecoder::new(file), |path| {
            path.starts_with("package/example") && is_json(path)
        })
    }

    /// The first bundles of the patients that Synthea made.
    ///
    /// # Errors
    /// When the archive is not there.
    pub fn synthea(&self, count: usize) -> Result<Vec<(PathBuf, String)>> {
        let file = open(&self.data.join("synthea-r4/synthea-r4-150.tar.zst"))?;
        let mut all = unpack(zstd::Decoder::new(file)?, is_json)?;
        all.sort();
        all.truncate(count);
        Ok(all)
    }
}

fn open(path: &Path) -> Result<std::fs::File> {
    std::fs::File::open(path).with_context(|| {
        format!(
            "{}: the reference data are looked for in CHIRON_SHARED or beside the checkout",
            path.display()
        )
    })
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn unpack(archive: impl Read, is_wanted: impl Fn(&Path) -> bool) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.strip_prefix("./").map_or(entry.path()?.to_path_buf(), Path::to_path_buf);
        if entry.header().entry_type().is_file() && is_wanted(&path) {
            let mut text = String::new();
            entry.read_to_string(&mut text).with_context(|| path.display().to_string())?;
            found.push((path, text));
        }
    }
    Ok(found)
}
