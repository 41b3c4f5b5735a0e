//! Profiles and extension definitions to `profiles/definitions.archive`: StructureDefinitions with their snapshots,
//! less the prose and what the definitions of the types say anyway.

use super::terminology::{left_out, package::files};
use super::{Generated, resources};
use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use terminology::archive::{Definition, DefinitionKind, write_archive};

/// Oldest first: the order in which versions of one canonical stand in the archive.
pub(super) const PACKAGES: [&str; 7] = [
    "us-core-packages/us_core_610.tgz",
    "us-core-packages/us_core_700.tgz",
    "us-core-packages/us_core_800.tgz",
    "ig-packages/ips_v110.tgz",
    "ig-packages/us_quality_core_v010.tgz",
    "ig-packages/davinci_pas_2.0.1.tgz",
    "ig-packages/davinci_pas_2.2.1.tgz",
];

/// The files of the release that hold profiles and extensions.
const RELEASE: [&str; 2] = ["profiles-others.json", "extension-definitions.json"];

const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

const ADDITIONAL_BINDING: &str = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding";

const COMPRESSION_LEVEL: i32 = 19;

/// The archive.
pub(super) fn generate(shared: &Path, release: &BTreeMap<String, Value>) -> Result<Generated> {
    let mut definitions = Vec::new();
    for name in RELEASE {
        for resource in resources(release, name)? {
            definitions.extend(definition(resource)?);
        }
    }
    for package in PACKAGES {
        let mut found = Vec::new();
        for (name, bytes) in files(&shared.join(package), is_canonical)? {
            found.push(serde_json::from_slice::<Value>(&bytes).with_context(|| name.clone())?);
        }
        let own = Versions::of(&found);
        for mut resource in found {
            own.pin(&mut resource);
            definitions.extend(definition(&resource)?);
        }
    }
    Ok(Generated::new("profiles/definitions.archive", write_archive(definitions, COMPRESSION_LEVEL)?))
}

fn is_canonical(name: &str) -> bool {
    (name.starts_with("StructureDefinition-") || name.starts_with("ValueSet-")) && name.ends_with(".json")
}

/// The versions of what a package defines: what its definitions say of each other is meant of this package.
struct Versions(BTreeMap<String, String>);

impl Versions {
    fn of(resources: &[Value]) -> Self {
        let pair = |resource: &Value| {
            Some((resource["url"].as_str()?.to_owned(), resource["version"].as_str()?.to_owned()))
        };
        Self(resources.iter().filter(|one| left_out::reason(one).is_none()).filter_map(pair).collect())
    }

    /// Gives canonicals of the package itself their version, where elements name profiles and value sets.
    fn pin(&self, resource: &mut Value) {
        let elements = resource["snapshot"]["element"].as_array_mut();
        for element in elements.into_iter().flatten() {
            if let Some(value_set) = element.pointer_mut("/binding/valueSet") {
                self.pin_one(value_set);
            }
            for one in element["type"].as_array_mut().into_iter().flatten() {
                for name in ["profile", "targetProfile"] {
                    let urls = one.get_mut(name).and_then(Value::as_array_mut);
                    urls.into_iter().flatten().for_each(|url| self.pin_one(url));
                }
            }
        }
    }

    fn pin_one(&self, canonical: &mut Value) {
        if let Some((url, version)) = canonical.as_str().and_then(|url| Some((url, self.0.get(url)?))) {
            *canonical = format!("{url}|{version}").into();
        }
    }
}

/// A profile or extension as an entry; `None` for what constrains nothing.
fn definition(resource: &Value) -> Result<Option<Definition>> {
    if resource["resourceType"] != "StructureDefinition" || resource["derivation"] != "constraint" {
        return Ok(None);
    }
    let mut reduced = pick(resource, &["resourceType", "url", "version", "type", "baseDefinition"]);
    reduced.extend(list(resource, "context", |context| pick(context, &["type", "expression"])));
    reduced.extend(pick(resource, &["contextInvariant"]));
    let elements = resource["snapshot"]["element"].as_array().context("no snapshot")?;
    let elements: Vec<Value> =
        elements.iter().map(|element| Value::Object(reduced_element(element))).collect();
    reduced.insert("snapshot".to_owned(), serde_json::json!({ "element": elements }));
    let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
    let mut bytes = serde_json::to_vec(&Value::Object(reduced))?;
    bytes.push(b'\n');
    let kind = DefinitionKind::StructureDefinition;
    Ok(Some(Definition { kind, url: text("url"), version: text("version"), bytes }))
}

const KEPT: [&str; 7] = ["path", "sliceName", "min", "max", "maxLength", "contentReference", "mustSupport"];

/// Choices: the name carries the type.
const KEPT_CHOICES: [&str; 4] = ["fixed", "pattern", "minValue", "maxValue"];

fn reduced_element(element: &Value) -> Map<String, Value> {
    let mut reduced = pick(element, &KEPT);
    for (name, value) in element.as_object().into_iter().flatten() {
        if KEPT_CHOICES.iter().any(|choice| name.starts_with(choice)) {
            reduced.insert(name.clone(), value.clone());
        }
    }
    reduced.extend(list(element, "type", |one| pick(one, &["code", "profile", "targetProfile"])));
    if element["binding"].is_object() {
        let mut binding = pick(&element["binding"], &["strength", "valueSet"]);
        binding.extend(further_bindings(&element["binding"]));
        reduced.insert("binding".to_owned(), Value::Object(binding));
    }
    if element["path"] == "Extension" && element["isModifier"] == true {
        reduced.insert("isModifier".to_owned(), true.into());
    }
    if element["slicing"].is_object() {
        let mut slicing = pick(&element["slicing"], &["ordered", "rules"]);
        slicing.extend(list(&element["slicing"], "discriminator", |one| pick(one, &["type", "path"])));
        reduced.insert("slicing".to_owned(), Value::Object(slicing));
    }
    let own = element["constraint"].as_array().into_iter().flatten().filter(|one| !is_of_a_type(one));
    let constraints: Vec<Value> = own
        .map(|one| Value::Object(pick(one, &["key", "severity", "human", "expression", "source"])))
        .collect();
    if !constraints.is_empty() {
        reduced.insert("constraint".to_owned(), constraints.into());
    }
    reduced
}

/// The extensions of a binding that add another one, less their words.
fn further_bindings(binding: &Value) -> Option<(String, Value)> {
    const WORDS: [&str; 2] = ["documentation", "shortDoco"];
    let further = binding["extension"].as_array()?.iter().filter(|one| one["url"] == ADDITIONAL_BINDING);
    let reduced: Vec<Value> = further
        .map(|one| {
            let parts = one["extension"].as_array().into_iter().flatten();
            let kept: Vec<&Value> =
                parts.filter(|part| !WORDS.iter().any(|word| part["url"] == *word)).collect();
            serde_json::json!({ "url": ADDITIONAL_BINDING, "extension": kept })
        })
        .collect();
    (!reduced.is_empty()).then(|| ("extension".to_owned(), reduced.into()))
}

/// Whether a constraint is stated by the definition of a type; the names of types begin with a capital.
fn is_of_a_type(constraint: &Value) -> bool {
    let source = constraint["source"].as_str().and_then(|source| source.strip_prefix(CORE));
    source.is_some_and(|name| name.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

fn list(value: &Value, name: &str, reduce: impl Fn(&Value) -> Map<String, Value>) -> Option<(String, Value)> {
    let items = value[name].as_array()?;
    Some((name.to_owned(), items.iter().map(|item| Value::Object(reduce(item))).collect()))
}

fn pick(value: &Value, names: &[&str]) -> Map<String, Value> {
    names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone()))).collect()
}
