//! Distils public terminology into the archives under `data/terminology/`.

mod cdc_vaccines;
mod guides;
mod hl7;
mod icd_10_cm;
pub(super) mod left_out;
pub(super) mod package;
mod resource;

use super::Generated;
use anyhow::Result;
use std::path::Path;
use terminology::archive::{Definition, write_archive};

/// Level of compression: the archives are written rarely and read always.
const COMPRESSION_LEVEL: i32 = 19;

/// The packages of US Core, oldest first: the order in which versions of one canonical stand in the archive.
const US_CORE: [&str; 3] = [
    "us-core-packages/us_core_610.tgz",
    "us-core-packages/us_core_700.tgz",
    "us-core-packages/us_core_800.tgz",
];

/// The packages of other implementation guides, oldest first.
const OTHER_GUIDES: [&str; 4] = [
    "ig-packages/ips_v110.tgz",
    "ig-packages/us_quality_core_v010.tgz",
    "ig-packages/davinci_pas_2.0.1.tgz",
    "ig-packages/davinci_pas_2.2.1.tgz",
];

/// Every archive, and what was chosen for it where sources differ.
pub fn generate(shared_data: &Path) -> Result<Vec<Generated>> {
    let hl7 = hl7::distil(shared_data)?;
    let us_core = guides::distil(shared_data, "US Core", &US_CORE)?;
    let others = guides::distil(shared_data, "other", &OTHER_GUIDES)?;
    Ok(vec![
        choices("hl7", &hl7.notes),
        choices("us-core", &us_core.notes),
        choices("guides", &others.notes),
        archive("hl7", hl7.definitions)?,
        archive("us-core", us_core.definitions)?,
        archive("guides", others.definitions)?,
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
