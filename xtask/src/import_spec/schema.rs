//! StructureDefinitions to `schema.tsv`: types, elements, bindings and invariants.
//!
//! The format is described at the reader, `fhir::schema`.

use super::resources;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const BASE: &str = "http://hl7.org/fhir/StructureDefinition/";
/// Invariants that the validator knows natively, because they hold for every element.
const NATIVE: [&str; 2] = ["ele-1", "ext-1"];

/// Elements that the copy of the definitions at hand has and the release has not: a server's own, by its maker.
const NOT_OF_THE_RELEASE: [&str; 6] =
    ["Meta.project", "Meta.author", "Meta.onBehalfOf", "Meta.account", "Meta.accounts", "Meta.compartment"];

/// The whole table as text.
pub fn distil(files: &BTreeMap<String, Value>) -> Result<String> {
    let mut text = String::from(
        "# FHIR 4.0.1 types, distilled from HL7's definitions (CC0-1.0). Made by `cargo xtask import-spec`.\n",
    );
    for name in ["profiles-types.json", "profiles-resources.json"] {
        for resource in resources(files, name)? {
            if resource["resourceType"] == "StructureDefinition" {
                write_definition(&mut text, resource)?;
            }
        }
    }
    Ok(text)
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn write_definition(text: &mut String, definition: &Value) -> Result<()> {
    let name = word(definition, "name");
    let kind = match (word(definition, "kind"), word(definition, "derivation")) {
        ("primitive-type", _) => "primitive",
        ("complex-type", "constraint") => "constraint",
        ("complex-type", _) => "complex",
        (other, _) => other,
    };
    let base = word(definition, "baseDefinition").rsplit('/').next().unwrap_or_default();
    let is_abstract = if definition["abstract"] == true { "abstract" } else { "" };
    writeln!(text, "T\t{name}\t{kind}\t{base}\t{is_abstract}")?;
    let elements = definition["snapshot"]["element"].as_array().context("no snapshot")?;
    write_value_regex(text, elements)?;
    let root = elements[0]["path"].as_str().context("no path")?;
    write_type(text, elements, root, name, kind)
}

/// A type's own invariants and direct children, then the nested types below it.
fn write_type(text: &mut String, elements: &[Value], path: &str, name: &str, kind: &str) -> Result<()> {
    let own = elements.iter().find(|element| word(element, "path") == path).context("no such path")?;
    if path.contains('.') {
        let base = own["type"][0]["code"].as_str().unwrap_or("BackboneElement");
        writeln!(text, "T\t{name}\tnested\t{base}\t")?;
    }
    let owner = path.split('.').next().unwrap_or_default();
    write_invariants(text, own, owner, !path.contains('.'))?;
    let mut nested = Vec::new();
    for element in elements {
        let Some(child) = word(element, "path").strip_prefix(path).and_then(|rest| rest.strip_prefix('.'))
        else {
            continue;
        };
        if NOT_OF_THE_RELEASE.contains(&word(element, "path")) {
            continue;
        }
        if child.contains('.') || (kind == "primitive" && child == "value") {
            continue;
        }
        let has_children = has_children(elements, word(element, "path"));
        write_element(text, element, child, has_children, kind)?;
        if has_children {
            nested.push(word(element, "path"));
        } else {
            write_invariants(text, element, owner, true)?;
        }
    }
    for path in nested {
        write_type(text, elements, path, path, kind)?;
    }
    Ok(())
}

fn has_children(elements: &[Value], path: &str) -> bool {
    elements
        .iter()
        .any(|other| word(other, "path").strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

fn write_value_regex(text: &mut String, elements: &[Value]) -> Result<()> {
    let value = elements.iter().find(|element| word(element, "path").ends_with(".value"));
    let extensions = value.and_then(|value| value["type"][0]["extension"].as_array());
    for extension in extensions.into_iter().flatten() {
        if word(extension, "url").ends_with("/regex") {
            writeln!(text, "R\t{}", word(extension, "valueString"))?;
        }
    }
    Ok(())
}

/// Invariants; those inherited from another type stand there, so only the ones of `owner` are written.
fn write_invariants(text: &mut String, element: &Value, owner: &str, own_only: bool) -> Result<()> {
    for constraint in element["constraint"].as_array().into_iter().flatten() {
        let source = word(constraint, "source").rsplit('/').next().unwrap_or_default();
        let inherited = own_only && !source.is_empty() && source != owner;
        if NATIVE.contains(&word(constraint, "key")) || inherited || constraint["expression"].is_null() {
            continue;
        }
        let [key, severity, expression, human] =
            ["key", "severity", "expression", "human"].map(|key| one_line(word(constraint, key)));
        writeln!(text, "I\t{key}\t{severity}\t{expression}\t{human}")?;
    }
    Ok(())
}

fn write_element(
    text: &mut String,
    element: &Value,
    child: &str,
    has_children: bool,
    kind: &str,
) -> Result<()> {
    let name = child.trim_end_matches("[x]");
    let types = if has_children {
        word(element, "path").to_owned()
    } else if let Some(reference) = element["contentReference"].as_str() {
        reference.trim_start_matches('#').to_owned()
    } else {
        types_of(element, child, kind)
    };
    let flags: String = [
        ('c', child.ends_with("[x]")),
        ('s', element["isSummary"] == true),
        ('m', element["isModifier"] == true),
        ('a', element["representation"][0] == "xmlAttr"),
        ('o', element["orderMeaning"].is_string()),
    ]
    .iter()
    .filter_map(|(flag, set)| set.then_some(*flag))
    .collect();
    let binding = match element["binding"]["valueSet"].as_str() {
        Some(value_set) => format!("{} {value_set}", word(&element["binding"], "strength")),
        None => String::new(),
    };
    let (min, max) = (&element["min"], word(element, "max"));
    writeln!(text, "E\t{name}\t{min}\t{max}\t{flags}\t{types}\t{binding}")?;
    Ok(())
}

/// The types of an element: `Code`, `Code(Target|Target)` for references, `Code:Profile` for constrained types.
fn types_of(element: &Value, child: &str, kind: &str) -> String {
    let types = element["type"].as_array().into_iter().flatten().map(|one| {
        let code = word(one, "code");
        let code = match code.strip_prefix("http://hl7.org/fhirpath/System.") {
            Some(_) if child == "id" && kind == "resource" => "id",
            Some(_) if child == "url" => "uri",
            Some(_) => "string",
            None => code,
        };
        let names = |key: &str| -> Vec<&str> {
            let list = one[key].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(|url| url.strip_prefix(BASE).unwrap_or(url)).collect()
        };
        let (targets, profiles) = (names("targetProfile"), names("profile"));
        let mut text = code.to_owned();
        if !targets.is_empty() {
            text.push_str(&format!("({})", targets.join("|")));
        }
        if !profiles.is_empty() {
            text.push_str(&format!(":{}", profiles.join("|")));
        }
        text
    });
    types.collect::<Vec<_>>().join(",")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
