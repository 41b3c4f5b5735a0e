//! The code systems and value sets that implementation guides define themselves.

use super::package::files;
use super::resource::{code_system, code_system_definition, resources, value_set};
use super::{Distilled, left_out};
use anyhow::Result;
use std::path::Path;

/// Those of packages, with lines that say what was left out.
pub(super) fn distil(shared_data: &Path, title: &str, packages: &[&str]) -> Result<Distilled> {
    let (mut definitions, mut notes) =
        (Vec::new(), vec![format!("# What was left out of the {title} packages.")]);
    for package in packages {
        let path = shared_data.join(package);
        let found = files(&path, is_terminology)?;
        let package = package.rsplit('/').next().unwrap_or(package);
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

fn is_terminology(name: &str) -> bool {
    (name.starts_with("CodeSystem-") || name.starts_with("ValueSet-")) && name.ends_with(".json")
}
