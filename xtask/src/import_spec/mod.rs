//! Distils the published specifications into the compact files under `data/`: facts, not prose.

mod schema;
mod search;
pub mod terminology;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Makes every distilled file anew.
pub fn run(_arguments: &[String]) -> Result<()> {
    let shared = shared_data()?;
    let data = project_root().join("data");
    let definitions = unpack(&shared.join("fhir-r4-definitions/r4-definitions.tar.zst"))?;
    write(&data.join("r4/schema.tsv"), &schema::distil(&definitions)?)?;
    write(&data.join("r4/search-parameters.tsv"), &search::distil_parameters(&definitions)?)?;
    write(&data.join("r4/compartments.tsv"), &search::distil_compartments(&definitions)?)?;
    terminology::run(&shared, &data)
}

/// The project's root folder.
pub fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the project").to_path_buf()
}

/// The folder of reference data: `CHIRON_SHARED`, or beside the project.
fn shared_data() -> Result<PathBuf> {
    let folder = std::env::var_os("CHIRON_SHARED")
        .map_or_else(|| project_root().join("../shared/data"), PathBuf::from);
    if !folder.is_dir() {
        bail!("no reference data at {}; set CHIRON_SHARED to the folder that holds it", folder.display());
    }
    Ok(folder)
}

/// The JSON files of a zstd tar, by file name.
fn unpack(archive: &Path) -> Result<BTreeMap<String, Value>> {
    let file = std::fs::File::open(archive).with_context(|| archive.display().to_string())?;
    let mut tar = tar::Archive::new(zstd::Decoder::new(file)?);
    let mut files = BTreeMap::new();
    for entry in tar.entries()? {
        let mut entry = entry?;
        let name =
            entry.path()?.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".json") {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            files.insert(name, serde_json::from_str(&text)?);
        }
    }
    Ok(files)
}

/// The resources of a bundle file.
fn resources<'a>(files: &'a BTreeMap<String, Value>, name: &str) -> Result<impl Iterator<Item = &'a Value>> {
    let bundle = files.get(name).with_context(|| format!("{name} is missing from the definitions"))?;
    let entries = bundle["entry"].as_array().with_context(|| format!("{name} is no bundle"))?;
    Ok(entries.iter().map(|entry| &entry["resource"]))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().expect("a data file lies in a folder"))?;
    std::fs::write(path, text).with_context(|| path.display().to_string())?;
    println!("{} {} bytes", path.display(), text.len());
    Ok(())
}
