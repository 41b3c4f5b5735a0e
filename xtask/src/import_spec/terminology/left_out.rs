//! What may not stand in the project: tables of licensed code systems.

use serde_json::Value;

/// Systems of which a few codes may stand in a value set, but no table.
const FEW_CODES: [&str; 2] = ["http://snomed.info/sct", "http://loinc.org"];

/// Most codes of such a system in one value set or map.
const FEW_CODES_MAX: usize = 200;

/// Systems of which no code may stand in the project.
const NO_CODES: [&str; 4] = [
    "http://www.ama-assn.org/go/cpt",
    "http://www.ada.org/cdt",
    "http://terminology.hl7.org/CodeSystem/CD2",
    "http://www.ada.org/snodent",
];

/// Why a resource must be left out, or `None` when it may stay.
pub(in crate::import_spec) fn reason(resource: &Value) -> Option<String> {
    let url = resource["url"].as_str().unwrap_or_default();
    if resource["resourceType"] == "CodeSystem" && NO_CODES.contains(&url) {
        return Some("its codes are licensed".to_owned());
    }
    let counts = counts(resource);
    for (system, count) in &counts {
        if NO_CODES.contains(&system.as_str()) && *count > 0 {
            return Some(format!("lists {count} codes of {system}, which is licensed"));
        }
        if FEW_CODES.contains(&system.as_str()) && *count > FEW_CODES_MAX {
            return Some(format!("lists {count} codes of {system}, which is a licensed table"));
        }
    }
    None
}

/// How many codes of which system a value set or concept map lists.
fn counts(resource: &Value) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut add = |system: &Value, count: usize| {
        let system = system.as_str().unwrap_or_default();
        match counts.iter_mut().find(|(known, _)| known == system) {
            Some((_, sum)) => *sum += count,
            None => counts.push((system.to_owned(), count)),
        }
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for clause in list(&resource["compose"]["include"]).iter().chain(&list(&resource["compose"]["exclude"])) {
        add(&clause["system"], list(&clause["concept"]).len());
    }
    for code in list(&resource["expansion"]["contains"]) {
        add(&code["system"], 1);
    }
    for group in list(&resource["group"]) {
        let elements = list(&group["element"]);
        add(&group["source"], elements.len());
        add(&group["target"], elements.iter().map(|element| list(&element["target"]).len()).sum());
    }
    counts
}
