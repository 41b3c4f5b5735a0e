//! Distils public terminology into the archives under `data/terminology/`.

mod cdc_vaccines;
mod hl7;
mod icd_10_cm;
mod left_out;
mod package;
mod resource;
mod us_core;

use super::Generated;
use anyhow::Result;
use std::path::Path;
use terminology::archive::{Definition, write_archive};

/// Level of compression: the archives are written rarely and read always.
const COMPRESSION_LEVEL: i32 = 19;

/// Every archive, and what was chosen for it where sources differ.
pub fn generate(shared_data: &Path) -> Result<Vec<Generated>> {
    let hl7 = hl7::distil(shared_data)?;
    let us_core = us_core::distil(shared_data)?;
    Ok(vec![
        choices("hl7", &hl7.notes),
        choices("us-core", &us_core.notes),
        archive("hl7", hl7.definitions)?,
        archive("us-core", us_core.definitions)?,
        archive("icd-10-cm", vec![icd_10_cm::distil(shared_data)?])?,
        archive("cdc-vaccines", cdc_vaccines::distil(shared_data)?)?,
    ])
}

/// Definitions with lines that say what was chosen and what was left out.
struct Distilled {
    definitions: Vec<Definition>,
    notes: Vec<String>,
}

fn choices(folder: &str, lines: &[String]) -> Generated {
    Generated::new(format!("terminology/{folder}/choices.txt"), lines.join("\n") + "\n")
}

fn archive(folder: &str, definitions: Vec<Definition>) -> Result<Generated> {
    let bytes = write_archive(definitions, COMPRESSION_LEVEL)?;
    Ok(Generated::new(format!("terminology/{folder}/definitions.archive"), bytes))
}
