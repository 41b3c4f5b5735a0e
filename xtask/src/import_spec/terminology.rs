//! Distils public terminology into the archives under `data/terminology/`.

mod cdc_vaccines;
mod hl7;
mod icd_10_cm;
mod left_out;
mod package;
mod resource;
mod us_core;

use anyhow::{Context, Result};
use std::path::Path;
use terminology::archive::{Definition, write_archive};

/// Level of compression: the archives are written rarely and read always.
const COMPRESSION_LEVEL: i32 = 19;

/// Reads the reference data and writes every archive. Equal input gives equal output.
pub fn run(shared_data: &Path, data_dir: &Path) -> Result<()> {
    let target = data_dir.join("terminology");
    let hl7 = hl7::distil(shared_data)?;
    let us_core = us_core::distil(shared_data)?;
    write_text(&target.join("hl7/choices.txt"), &hl7.notes)?;
    write_text(&target.join("us-core/choices.txt"), &us_core.notes)?;
    write(&target.join("hl7"), hl7.definitions)?;
    write(&target.join("us-core"), us_core.definitions)?;
    write(&target.join("icd-10-cm"), vec![icd_10_cm::distil(shared_data)?])?;
    write(&target.join("cdc-vaccines"), cdc_vaccines::distil(shared_data)?)
}

/// Definitions with lines that say what was chosen and what was left out.
struct Distilled {
    definitions: Vec<Definition>,
    notes: Vec<String>,
}

fn write_text(path: &Path, lines: &[String]) -> Result<()> {
    let mut text = lines.join("\n");
    text.push('\n');
    std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn write(folder: &Path, definitions: Vec<Definition>) -> Result<()> {
    let count = definitions.len();
    let bytes = write_archive(definitions, COMPRESSION_LEVEL)?;
    std::fs::create_dir_all(folder)?;
    let path = folder.join("definitions.archive");
    std::fs::write(&path, &bytes).with_context(|| path.display().to_string())?;
    println!("{}: {count} definitions, {} bytes", path.display(), bytes.len());
    Ok(())
}
