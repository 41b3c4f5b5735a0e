//! The records to import: published Synthea patients where they are at hand, then an invented practice until there are
//! enough. Written as files, so that every server gets the same bytes.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::Read;
use std::path::{Path, PathBuf};
use synth::{Date, Practice, Settings};

/// Bundles on disk.
pub struct Content {
    /// Transaction bundles, to be imported in this order.
    pub bundles: Vec<PathBuf>,
    pub resources: u64,
    pub bytes: u64,
    /// What it is made of, for the report.
    pub description: String,
}

/// The id of the patient with about 5,000 resources.
pub fn crowded_patient_id() -> String {
    practice().crowded_patient_id()
}

fn practice() -> Practice {
    Practice::new(Settings::demo(today()))
}

/// The day on which all histories end.
pub fn today() -> Date {
    Date::new(2026, 1, 5).expect("a day of the calendar")
}

/// Writes bundles into a folder until they hold about `resources` resources.
pub fn write(folder: &Path, resources: u64) -> Result<Content> {
    std::fs::create_dir_all(folder)?;
    let mut content = Content { bundles: Vec::new(), resources: 0, bytes: 0, description: String::new() };
    let practice = practice();
    content.add(folder, "foundation", practice.foundation().to_json().as_bytes())?;
    content.add(folder, "crowded", practice.crowded_patient().to_json().as_bytes())?;
    let published = content.add_published(folder, resources)?;
    let mut invented = 0;
    while content.resources < resources {
        let bundle = practice.patient(invented).to_json();
        content.add(folder, &format!("patient-{invented:06}"), bundle.as_bytes())?;
        invented += 1;
    }
    content.description = format!(
        "{} resources in {} bundles, {:.0} MB of JSON: {published} Synthea patients, {invented} invented ones, and one \
         with about 5,000 resources",
        content.resources,
        content.bundles.len(),
        content.bytes as f64 / 1e6
    );
    Ok(content)
}

#[derive(Deserialize)]
struct Entries {
    entry: Vec<IgnoredAny>,
}

/// How many entries a bundle has.
pub fn entries(bundle: &[u8]) -> Result<u64> {
    Ok(serde_json::from_slice::<Entries>(bundle)?.entry.len() as u64)
}

impl Content {
    fn add(&mut self, folder: &Path, name: &str, bundle: &[u8]) -> Result<()> {
        let entries = entries(bundle).with_context(|| format!("the bundle {name}"))?;
        let path = folder.join(format!("{:06}-{name}.json", self.bundles.len()));
        std::fs::write(&path, bundle)?;
        self.bundles.push(path);
        self.resources += entries;
        self.bytes += bundle.len() as u64;
        Ok(())
    }

    /// Adds the published patients, if their archive is there; gives their number.
    fn add_published(&mut self, folder: &Path, resources: u64) -> Result<usize> {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
        let shared = std::env::var_os("CHIRON_SHARED").map_or(beside, PathBuf::from);
        let Ok(file) = std::fs::File::open(shared.join("synthea-r4/synthea-r4-150.tar.zst")) else {
            return Ok(0);
        };
        let mut archive = tar::Archive::new(zstd::Decoder::new(file)?);
        let mut count = 0;
        for entry in archive.entries()? {
            let mut entry = entry?;
            let is_bundle = entry.path()?.extension().is_some_and(|extension| extension == "json");
            if !is_bundle || self.resources >= resources {
                continue;
            }
            let mut bundle = Vec::new();
            entry.read_to_end(&mut bundle)?;
            self.add(folder, &format!("synthea-{count:04}"), &bundle)?;
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_as_large_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let content = write(folder.path(), 8_000).unwrap();
        assert!((8_000..10_000).contains(&content.resources), "{}", content.description);
        let crowded = std::fs::read_to_string(&content.bundles[1]).unwrap();
        assert!(crowded.contains(&format!("\"Patient/{}\"", crowded_patient_id())));
    }
}
