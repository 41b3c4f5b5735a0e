//! Distils the published specifications and reference tables into the compact files under `data/`: facts, not prose.

mod growth;
mod profiles;
mod schema;
mod search;
mod terminology;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file made from the specifications.
struct Generated {
    /// Below `data/`.
    path: String,
    bytes: Vec<u8>,
}

impl Generated {
    fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// Makes every distilled file anew, or with `--check` says which are not what the specifications give.
pub fn run(words: &[String]) -> Result<()> {
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let generated = match words.as_slice() {
        [] | ["--check"] => generate(&shared_data()?)?,
        _ => bail!("import-spec takes nothing or --check"),
    };
    let data = project_root().join("data");
    if words.is_empty() {
        return generated.iter().try_for_each(|file| write(&data, file));
    }
    let stale = stale(&data, &generated);
    ensure!(
        stale.is_empty(),
        "not what the specifications give: {}; run `cargo xtask import-spec`",
        stale.join(", ")
    );
    println!("{} files are what the specifications give", generated.len());
    Ok(())
}

/// All files, from the folder of reference data. Equal input gives equal bytes.
fn generate(shared: &Path) -> Result<Vec<Generated>> {
    let definitions = unpack(&shared.join("fhir-r4-definitions/r4-definitions.tar.zst"))?;
    let parameters = search::distil_parameters(&definitions)?;
    let us_core = search::distil_us_core_parameters(shared, &parameters)?;
    let mut files = vec![
        Generated::new("r4/schema.tsv", schema::distil(&definitions)?),
        Generated::new("r4/search-parameters.tsv", parameters),
        Generated::new("us-core/search-parameters.tsv", us_core),
        Generated::new("r4/compartments.tsv", search::distil_compartments(&definitions)?),
        Generated::new("growth/lms.tsv", growth::distil(shared)?),
    ];
    files.push(profiles::generate(shared, &definitions)?);
    files.extend(terminology::generate(shared)?);
    Ok(files)
}

/// The paths of those that are missing in `data/` or have other bytes there.
fn stale(data: &Path, generated: &[Generated]) -> Vec<String> {
    let is_current =
        |file: &&Generated| std::fs::read(data.join(&file.path)).is_ok_and(|found| found == file.bytes);
    generated.iter().filter(|file| !is_current(file)).map(|file| file.path.clone()).collect()
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

fn write(data: &Path, file: &Generated) -> Result<()> {
    let path = data.join(&file.path);
    std::fs::create_dir_all(path.parent().expect("a data file lies in a folder"))?;
    std::fs::write(&path, &file.bytes).with_context(|| path.display().to_string())?;
    println!("{} {} bytes", path.display(), file.bytes.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_what_the_specifications_give() {
        let is_ci = std::env::var("CI").as_deref() == Ok("true");
        let shared = match shared_data() {
            Err(missing) if !is_ci => return println!("skipped: {missing:#}"),
            shared => shared.unwrap(),
        };
        let mut generated = generate(&shared).unwrap();
        let data = project_root().join("data");
        assert_eq!(stale(&data, &generated), [""; 0], "run `cargo xtask import-spec`");

        // The comparison sees a byte.
        let last = generated.last_mut().unwrap();
        last.bytes[0] ^= 1;
        let changed = last.path.clone();
        generated.push(Generated::new("r4/absent.tsv", ""));
        assert_eq!(stale(&data, &generated), [changed.as_str(), "r4/absent.tsv"]);
    }
}
