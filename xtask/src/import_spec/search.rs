//! SearchParameters and CompartmentDefinitions to `search-parameters.tsv` and `compartments.tsv`.
//!
//! The formats are described at the readers, `search::parameter` and `search::compartment`.

use super::resources;
use super::terminology::package::files as package_files;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// The packages of US Core.
const US_CORE_NEWEST_FIRST: [&str; 3] = [
    "us-core-packages/us_core_800.tgz",
    "us-core-packages/us_core_700.tgz",
    "us-core-packages/us_core_610.tgz",
];

type Files = BTreeMap<String, Value>;

/// The table of parameters: a line for each type that a parameter is defined for.
pub fn distil_parameters(files: &Files) -> Result<String> {
    let all: Vec<&Value> = resources(files, "search-parameters.json")?.collect();
    let by_url: HashMap<&str, &Value> = all.iter().map(|one| (word(one, "url"), *one)).collect();
    let mut lines = BTreeSet::new();
    for parameter in &all {
        let components = components(parameter, &by_url)?;
        for base in strings(parameter, "base") {
            let expression = branches_of(word(parameter, "expression"), base);
            let fields = [
                base,
                word(parameter, "code"),
                word(parameter, "type"),
                &expression,
                &strings(parameter, "target").collect::<Vec<_>>().join(","),
                &components,
                word(parameter, "url"),
            ];
            lines.insert(fields.join("\t"));
        }
    }
    let mut text = String::from(
        "# FHIR 4.0.1 search parameters, distilled from HL7's definitions (CC0-1.0). Made by `cargo xtask import-spec`.\n",
    );
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// The parameters that versions of US Core add to those of a table, the newest version of each.
pub fn distil_us_core_parameters(shared: &Path, table: &str) -> Result<String> {
    let known: BTreeSet<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(base, rest)| Some((base, rest.split('\t').next()?)))
        .collect();
    let is_known = |base: &str, code: &str| {
        [base, "Resource", "DomainResource"].iter().any(|base| known.contains(&(base, code)))
    };
    let mut lines: BTreeMap<(String, String), String> = BTreeMap::new();
    let is_parameter = |name: &str| name.starts_with("SearchParameter-") && name.ends_with(".json");
    let mut parameters: Vec<Value> = Vec::new();
    for package in US_CORE_NEWEST_FIRST {
        for (name, bytes) in package_files(&shared.join(package), is_parameter)? {
            parameters.push(serde_json::from_slice(&bytes).with_context(|| name.clone())?);
        }
    }
    for parameter in &parameters {
        let code = word(parameter, "code");
        for base in strings(parameter, "base").filter(|base| !is_known(base, code)) {
            let targets = strings(parameter, "target").collect::<Vec<_>>().join(",");
            let expression = word(parameter, "expression");
            let fields =
                [base, code, word(parameter, "type"), expression, &targets, "", word(parameter, "url")];
            lines.entry((base.to_owned(), code.to_owned())).or_insert_with(|| fields.join("\t"));
        }
    }
    let mut text = String::from(
        "# Search parameters that US Core 6.1.0 to 8.0.0 add, distilled from HL7's definitions (CC0-1.0). Made by `cargo xtask import-spec`.\n",
    );
    for line in lines.values() {
        text.push_str(line);
        text.push('\n');
    }
    Ok(text)
}

/// The table of compartments: a line for each compartment and type with parameters that put it there.
pub fn distil_compartments(files: &Files) -> Result<String> {
    let mut text = String::from(
        "# FHIR 4.0.1 compartments, distilled from HL7's definitions (CC0-1.0). Made by `cargo xtask import-spec`.\n",
    );
    for resource in resources(files, "profiles-resources.json")? {
        if resource["resourceType"] != "CompartmentDefinition" {
            continue;
        }
        for member in resource["resource"].as_array().into_iter().flatten() {
            let parameters: Vec<&str> = strings(member, "param").collect();
            if !parameters.is_empty() {
                let (compartment, of) = (word(resource, "code"), word(member, "code"));
                text.push_str(&format!("{compartment}\t{of}\t{}\n", parameters.join(",")));
            }
        }
    }
    Ok(text)
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn strings<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    value[key].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// `code=type=expression; …` for each component of a composite.
fn components(parameter: &Value, by_url: &HashMap<&str, &Value>) -> Result<String> {
    let list = parameter["component"].as_array().into_iter().flatten().map(|component| {
        let url = word(component, "definition");
        let definition = by_url.get(url).with_context(|| format!("a composite needs {url}"))?;
        let (code, kind) = (word(definition, "code"), word(definition, "type"));
        Ok(format!("{code}={kind}={}", word(component, "expression")))
    });
    Ok(list.collect::<Result<Vec<_>>>()?.join("; "))
}

/// The parts of a union that begin with a type; parts that name no type hold for each.
fn branches_of(expression: &str, base: &str) -> String {
    let of_base = expression.split('|').map(str::trim).filter_map(|branch| {
        let start = branch.trim_start_matches('(');
        if start.starts_with(char::is_lowercase) {
            return Some(format!("{base}.{branch}"));
        }
        let rest = start.strip_prefix(base)?;
        (!rest.starts_with(char::is_alphanumeric)).then(|| branch.to_owned())
    });
    of_base.collect::<Vec<_>>().join(" | ")
}
