//! The code systems, value sets and maps of FHIR itself and of HL7 Terminology.

use super::package::files;
use super::resource::{code_system, code_system_definition, concept_map, resources, value_set};
use super::{Distilled, left_out};
use anyhow::Result;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use terminology::{CodeSystemFile, Content};

const BASE_FILES: [&str; 4] = ["valuesets.json", "v3-codesystems.json", "v2-tables.json", "conceptmaps.json"];

pub(super) fn distil(shared_data: &Path) -> Result<Distilled> {
    let base = shared_data.join("fhir-r4-definitions/r4-definitions.tar.zst");
    let base = resources(files(&base, |name| BASE_FILES.contains(&name))?)?;
    let newer = shared_data.join("hl7-terminology-r4/hl7.terminology.r4-7.0.1.tgz");
    let newer =
        resources(files(&newer, |name| name.starts_with("CodeSystem-") || name.starts_with("ValueSet-"))?)?;
    let mut notes =
        vec!["# What was chosen where two sources define the same, and what was left out.".to_owned()];
    let base = permitted(base, &mut notes);
    let newer = permitted(newer, &mut notes);
    let mut definitions = code_systems(&base, &newer, &mut notes)?;
    for resource in union(&base, &newer, "ValueSet") {
        definitions.push(value_set(resource)?);
    }
    for resource in union(&base, &newer, "ConceptMap") {
        definitions.push(concept_map(resource)?);
    }
    Ok(Distilled { definitions, notes })
}

fn permitted(resources: Vec<Value>, notes: &mut Vec<String>) -> Vec<Value> {
    let mut kept = Vec::new();
    for resource in resources {
        match left_out::reason(&resource) {
            Some(reason) => notes.push(format!("left out: {}: {reason}", text(&resource, "url"))),
            None => kept.push(resource),
        }
    }
    kept
}

fn text<'a>(resource: &'a Value, name: &str) -> &'a str {
    resource[name].as_str().unwrap_or_default()
}

/// Resources of a type by URL; where both sources have one, that of the base: its bindings were written for it.
fn union<'a>(base: &'a [Value], newer: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let mut by_url = BTreeMap::new();
    for resource in newer.iter().chain(base) {
        if text(resource, "resourceType") == kind && !text(resource, "url").is_empty() {
            by_url.insert(text(resource, "url"), resource);
        }
    }
    by_url.into_values().collect()
}

/// Code systems by URL; where both sources have one, the newer if nothing valid in the base is lost by it.
fn code_systems(
    base: &[Value],
    newer: &[Value],
    notes: &mut Vec<String>,
) -> Result<Vec<terminology::archive::Definition>> {
    let systems = |resources: &[Value]| -> Result<BTreeMap<String, CodeSystemFile>> {
        let of_kind = resources.iter().filter(|resource| text(resource, "resourceType") == "CodeSystem");
        of_kind.map(|resource| Ok((text(resource, "url").to_owned(), code_system(resource)?))).collect()
    };
    let (mut chosen, newer) = (systems(base)?, systems(newer)?);
    for (url, candidate) in newer {
        let reason = match chosen.get(&url) {
            Some(old) => why_not(old, &candidate),
            None => None,
        };
        match reason {
            Some(reason) => notes.push(format!("kept from FHIR 4.0.1: {url}: {reason}")),
            None => {
                chosen.insert(url, candidate);
            }
        }
    }
    Ok(chosen.values().map(code_system_definition).collect())
}

/// Why the newer version of a system cannot stand for the older one.
fn why_not(old: &CodeSystemFile, new: &CodeSystemFile) -> Option<String> {
    if new.header().content != Content::Complete && old.header().content == Content::Complete {
        return Some(format!("the newer is {}", new.header().content.as_str()));
    }
    let missing: Vec<String> =
        old.rows().map(|row| row.code().into_owned()).filter(|code| new.find(code).is_none()).collect();
    if !missing.is_empty() {
        return Some(format!("the newer lacks {} codes ({})", missing.len(), excerpt(&missing)));
    }
    let (before, after) = (relations(old), relations(new));
    let mut moved: Vec<String> =
        before.difference(&after).map(|(below, above)| format!("{below} is-a {above}")).collect();
    moved.sort();
    (!moved.is_empty()).then(|| format!("the newer lacks {} relations ({})", moved.len(), excerpt(&moved)))
}

fn excerpt(list: &[String]) -> String {
    let shown = list.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if list.len() > 5 { format!("{shown}, …") } else { shown }
}

/// Every pair of a code and one above it at any distance.
fn relations(file: &CodeSystemFile) -> HashSet<(String, String)> {
    let mut pairs = HashSet::new();
    for row in file.rows() {
        for above in file.ancestors(row) {
            pairs.insert((row.code().into_owned(), above));
        }
    }
    pairs
}
