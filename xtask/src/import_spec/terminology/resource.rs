//! FHIR resources reduced to their facts.

use anyhow::{Context, Result};
use fhir::Document;
use serde_json::{Map, Value, json};
use terminology::archive::{Definition, DefinitionKind};
use terminology::{CodeSystemFile, Selection, code_system_from};

/// Properties of concepts that are taken over: those that filters of value sets look at and those that say how a
/// concept is used. The hierarchy is read besides.
const PROPERTIES: [&str; 15] = [
    "status",
    "notSelectable",
    "inactive",
    "deprecated",
    "deprecationDate",
    "retirementDate",
    "canonical",
    "class",
    "modified",
    "modifier",
    "partition",
    "synonymCode",
    "appliesTo",
    "partOf",
    "legacy",
];

/// The resources in JSON files, those in bundles one by one.
pub(super) fn resources(files: Vec<(String, Vec<u8>)>) -> Result<Vec<Value>> {
    let mut resources = Vec::new();
    for (name, bytes) in files {
        let mut value: Value = serde_json::from_slice(&bytes).with_context(|| name.clone())?;
        match value["entry"].take() {
            Value::Array(entries) => {
                resources.extend(entries.into_iter().map(|mut entry| entry["resource"].take()));
            }
            _ => resources.push(value),
        }
    }
    Ok(resources)
}

/// A CodeSystem resource as a file, without its prose.
pub(super) fn code_system(resource: &Value) -> Result<CodeSystemFile> {
    let mut resource = resource.clone();
    if let Some(object) = resource.as_object_mut() {
        object.remove("text");
    }
    let document = Document::parse(resource.to_string())?;
    let selection = Selection { without_definitions: true, properties: Some(&PROPERTIES) };
    code_system_from(document.root(), selection).context("not a CodeSystem")
}

/// A code-system file as an entry of an archive.
pub(super) fn code_system_definition(file: &CodeSystemFile) -> Definition {
    Definition {
        kind: DefinitionKind::CodeSystem,
        url: file.header().url.clone(),
        version: file.header().version.clone(),
        bytes: file.bytes().to_vec(),
    }
}

/// A ValueSet reduced to its rules. Versions of what it is built from are dropped: the archive holds one version
/// of everything, and the rules are meant to go with it.
pub(super) fn value_set(resource: &Value) -> Result<Definition> {
    let mut reduced =
        pick(resource, &["resourceType", "url", "version", "name", "title", "status", "experimental"]);
    if let Some(compose) = resource.get("compose") {
        let mut rules = pick(compose, &["inactive"]);
        for side in ["include", "exclude"] {
            if let Some(clauses) = compose[side].as_array() {
                rules.insert(side.to_owned(), clauses.iter().map(clause).collect());
            }
        }
        reduced.insert("compose".to_owned(), Value::Object(rules));
    } else if let Some(codes) = resource["expansion"]["contains"].as_array() {
        let codes: Vec<Value> =
            codes.iter().map(|code| Value::Object(pick(code, &["system", "code", "display"]))).collect();
        reduced.insert("expansion".to_owned(), json!({ "contains": codes }));
    }
    definition(DefinitionKind::ValueSet, reduced)
}

fn clause(clause: &Value) -> Value {
    let mut reduced = pick(clause, &["system"]);
    if let Some(concepts) = clause["concept"].as_array() {
        let concepts: Vec<Value> =
            concepts.iter().map(|concept| Value::Object(pick(concept, &["code", "display"]))).collect();
        reduced.insert("concept".to_owned(), concepts.into());
    }
    if let Some(filters) = clause["filter"].as_array() {
        let filters: Vec<Value> =
            filters.iter().map(|filter| Value::Object(pick(filter, &["property", "op", "value"]))).collect();
        reduced.insert("filter".to_owned(), filters.into());
    }
    if let Some(value_sets) = clause["valueSet"].as_array() {
        let bare =
            |url: &Value| url.as_str().unwrap_or_default().split('|').next().unwrap_or_default().to_owned();
        let value_sets: Vec<String> = value_sets.iter().map(bare).collect();
        reduced.insert("valueSet".to_owned(), value_sets.into());
    }
    Value::Object(reduced)
}

/// A ConceptMap reduced to its mappings.
pub(super) fn concept_map(resource: &Value) -> Result<Definition> {
    let names = [
        "resourceType",
        "url",
        "version",
        "name",
        "title",
        "status",
        "sourceUri",
        "sourceCanonical",
        "targetUri",
        "targetCanonical",
        "group",
    ];
    definition(DefinitionKind::ConceptMap, pick(resource, &names))
}

fn definition(kind: DefinitionKind, reduced: Map<String, Value>) -> Result<Definition> {
    let text = |name: &str| reduced.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (url, version) = (text("url"), text("version"));
    let mut bytes = serde_json::to_vec(&Value::Object(reduced))?;
    bytes.push(b'\n');
    Ok(Definition { kind, url, version, bytes })
}

fn pick(value: &Value, names: &[&str]) -> Map<String, Value> {
    let found = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone())));
    found.collect()
}
