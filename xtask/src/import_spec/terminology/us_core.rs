//! The code systems and value sets that US Core itself defines.

use super::package::files;
use super::resource::{code_system, code_system_definition, resources, value_set};
use super::{Distilled, left_out};
use anyhow::Result;
use std::path::Path;

/// Oldest first: the order in which versions of one canonical stand in the archive.
const PACKAGES: [&str; 3] = ["us_core_610.tgz", "us_core_700.tgz", "us_core_800.tgz"];

pub(super) fn distil(shared_data: &Path) -> Result<Distilled> {
    let (mut definitions, mut notes) =
        (Vec::new(), vec!["# What was left out of the US Core packages.".to_owned()]);
    for package in PACKAGES {
        let path = shared_data.join("us-core-packages").join(package);
        let found = files(&path, |name| name.starts_with("CodeSystem-") || name.starts_with("ValueSet-"))?;
        for resource in resources(found)? {
            if let Some(reason) = left_out::reason(&resource) {
                let url = resource["url"].as_str().unwrap_or_default();
                notes.push(format!("left out: {url} ({package}): {reason}"));
            } else if resource["resourceType"] == "CodeSystem" {
                definitions.push(code_system_definition(&code_system(&resource)?));
            } else if resource["resourceType"] == "ValueSet" {
                definitions.push(value_set(&resource)?);
            }
        }
    }
    Ok(Distilled { definitions, notes })
}
