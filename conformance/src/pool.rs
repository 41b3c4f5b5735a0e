//! What a run has seen of the server's data: resources by type and id, and what they refer to.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Resources and references that were seen.
#[derive(Default)]
pub struct Pool {
    resources: BTreeMap<String, Value>,
    references: BTreeSet<String>,
}

impl Pool {
    /// Remembers a resource.
    pub fn add(&mut self, resource: &Value) {
        if let Some(key) = key(resource) {
            self.references.extend(references(resource));
            self.resources.insert(key, resource.clone());
        }
    }

    /// True when a resource was seen.
    pub fn has(&self, reference: &str) -> bool {
        self.resources.contains_key(reference)
    }

    /// Those of a type.
    pub fn of_type(&self, type_name: &str) -> Vec<Value> {
        let of = |(_, resource): (&String, &Value)| {
            (resource["resourceType"] == type_name).then(|| resource.clone())
        };
        self.resources.iter().filter_map(of).collect()
    }

    /// References to resources of a type that were not seen themselves.
    pub fn referred_to(&self, type_name: &str, most: usize) -> Vec<String> {
        let begin = format!("{type_name}/");
        let unseen = self.references.iter().filter(|name| name.starts_with(&begin) && !self.has(name));
        unseen.take(most).cloned().collect()
    }
}

/// Type and id of a resource.
pub fn key(resource: &Value) -> Option<String> {
    Some(format!("{}/{}", resource["resourceType"].as_str()?, resource["id"].as_str()?))
}

/// The references to resources of the same server, anywhere in a value.
pub fn references(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        match next {
            Value::Array(items) => open.extend(items),
            Value::Object(object) => {
                open.extend(object.values());
                let reference = object.get("reference").and_then(Value::as_str);
                found.extend(reference.filter(|reference| is_local(reference)).map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}

/// `Type/id`, and nothing else.
fn is_local(reference: &str) -> bool {
    let parts: Vec<_> = reference.split('/').collect();
    matches!(&parts[..], [type_name, id] if type_name.starts_with(|c: char| c.is_ascii_uppercase()) && !id.is_empty())
}
