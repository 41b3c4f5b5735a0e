//! What the resources of bundles and exports say, made comparable.

use fhir::{Document, Value};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Resources by `Type/id`: their JSON without what a server adds.
pub type Content = BTreeMap<String, String>;

/// The distinct resources of transaction bundles as they must be once they are in: references to a `fullUrl` lead to
/// the resource's own id. Where several bundles hold the same resource, the last one read stays, and it must be equal
/// to the others. Gives the count of all entries too.
pub fn of_bundles<'a>(files: impl Iterator<Item = &'a Path>) -> (Content, usize) {
    let (mut content, mut entries) = (Content::new(), 0);
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let bundle = Value::from(&Document::parse(text).unwrap());
        let items = bundle.get("entry").and_then(Value::as_array).unwrap();
        let name = |item: &Value| {
            let url = item.get("fullUrl")?.as_str()?.to_owned();
            Some((url, key(item.get("resource")?)))
        };
        let names: HashMap<String, String> = items.iter().filter_map(name).collect();
        for item in items {
            let mut resource = item.get("resource").unwrap().clone();
            rewrite(&mut resource, &names);
            content.insert(key(&resource), bare(resource));
            entries += 1;
        }
    }
    (content, entries)
}

/// The resources of an export.
pub fn of_export(folder: &Path) -> Content {
    let mut content = Content::new();
    for file in crate::harness::folder::files(folder) {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let resource = Value::from(&Document::parse(line).unwrap());
            let key = key(&resource);
            assert!(content.insert(key.clone(), bare(resource)).is_none(), "{key} is exported twice");
        }
    }
    content
}

/// How many there are of each type.
pub fn counts(content: &Content) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for key in content.keys() {
        *counts.entry(key.split('/').next().unwrap_or_default()).or_default() += 1;
    }
    counts
}

/// Asserts that two are equal, naming the first difference.
pub fn assert_equal(found: &Content, wanted: &Content) {
    for (key, wanted) in wanted {
        let found = found.get(key).unwrap_or_else(|| panic!("{key} is lost"));
        assert_eq!(found, wanted, "{key} is changed");
    }
    assert_eq!(found.len(), wanted.len(), "there are resources that nobody sent");
}

/// The literal references to resources of the same server in a resource's JSON.
pub fn references(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&Value::from(&Document::parse(json).unwrap()), &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(reference) = object.get("reference").and_then(Value::as_str) {
                found.push(reference.to_owned());
            }
            object.iter().for_each(|(_, member)| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn key(resource: &Value) -> String {
    let text = |name| resource.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{}/{}", text("resourceType"), text("id"))
}

fn rewrite(value: &mut Value, names: &HashMap<String, String>) {
    match value {
        Value::Object(object) => {
            let target = object.get("reference").and_then(Value::as_str).and_then(|url| names.get(url));
            if let Some(target) = target.cloned() {
                object.set("reference", target.as_str());
            }
            object.iter_mut().for_each(|(_, member)| rewrite(member, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, names)),
        _ => {}
    }
}

/// Without version and time of the last change, and without a `meta` that held nothing else.
fn bare(mut resource: Value) -> String {
    let object = resource.as_object_mut().unwrap();
    if let Some(meta) = object.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("versionId");
        meta.remove("lastUpdated");
        if meta.is_empty() {
            object.remove("meta");
        }
    }
    resource.to_json()
}
