//! What lies at a path of a resource. The paths are those of the tables: names with dots, `[x]` or a bare name for a
//! choice of types, `name:slice`, and `where(url='…')` after `extension`.

use crate::metadata::{Extension, MustSupports, Slice};
use crate::slice::is_of_slice;
use serde_json::Value;

/// Slices and extensions that paths may name.
#[derive(Clone, Copy, Default)]
pub struct Slices<'a> {
    slices: &'a [Slice],
    extensions: &'a [Extension],
}

impl<'a> Slices<'a> {
    /// Those of a group.
    pub fn of(must_supports: &'a MustSupports) -> Self {
        Self { slices: &must_supports.slices, extensions: &must_supports.extensions }
    }

    fn picks(&self, path: &str, name: &str, element: &Value) -> bool {
        let slice = self.slices.iter().find(|slice| slice.path == path && slice.name == name);
        if let Some(slice) = slice {
            return is_of_slice(slice, element);
        }
        let end = format!(":{name}");
        let extension = self.extensions.iter().find(|extension| extension.id.ends_with(&end));
        extension.is_some_and(|extension| element["url"] == extension.url.as_str())
    }
}

/// The values at a path that names no slices.
pub fn values<'a>(resource: &'a Value, path: &str) -> Vec<&'a Value> {
    sliced_values(resource, path, Slices::default())
}

/// The values at a path.
pub fn sliced_values<'a>(resource: &'a Value, path: &str, slices: Slices<'_>) -> Vec<&'a Value> {
    let segments = segments(path);
    let mut found = vec![resource];
    let mut walked = String::new();
    for (position, segment) in segments.iter().enumerate() {
        if let Some(url) = segment.strip_prefix("where(url='").and_then(|rest| rest.strip_suffix("')")) {
            found.retain(|extension| extension["url"] == url);
            continue;
        }
        let (name, slice) =
            segment.split_once(':').map_or((*segment, None), |(name, slice)| (name, Some(slice)));
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(name);
        let extends = segments.get(position + 1).is_some_and(|next| next.starts_with("extension"));
        found = found.into_iter().flat_map(|node| children(node, name, slice, extends)).collect();
        // A slice by type has been chosen by the name of the element already.
        if let Some(slice) = slice.filter(|slice| !is_type_slice(name, slice)) {
            found.retain(|element| slices.picks(&walked, slice, element));
        }
    }
    found
}

fn segments(path: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, character) in path.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' if depth == 0 => {
                found.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&path[start..]);
    found
}

/// `value[x]:valueQuantity`, also written as `valueQuantity:valueQuantity`.
fn is_type_slice(name: &str, slice: &str) -> bool {
    name == slice || name.strip_suffix("[x]").is_some_and(|base| slice.starts_with(base))
}

/// The elements of a name below a node; lists are opened. Of what is a primitive, its own extensions are meant when the
/// path goes on to them.
fn children<'a>(node: &'a Value, name: &str, slice: Option<&str>, extends: bool) -> Vec<&'a Value> {
    let Some(object) = node.as_object() else { return Vec::new() };
    let (base, is_choice) = name.strip_suffix("[x]").map_or((name, false), |base| (base, true));
    let wanted = slice.filter(|slice| is_choice && is_type_slice(name, slice));
    let is_meant = |key: &str| match wanted {
        Some(key_wanted) => key == key_wanted,
        None if !is_choice && object.contains_key(name) => key == name,
        None => key.strip_prefix(base).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())),
    };
    let mut found = Vec::new();
    for (key, value) in object.iter().filter(|(key, _)| is_meant(key)) {
        match value {
            Value::Array(items) => found.extend(items),
            Value::Object(_) => found.push(value),
            _ if extends => found.extend(object.get(&format!("_{key}"))),
            _ => found.push(value),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_finds_choices_lists_and_extensions() {
        let resource = json!({
            "effectiveDateTime": "2020",
            "name": [{ "given": ["Ada", "Bea"] }, { "given": ["Cleo"] }],
            "extension": [{ "url": "a.b", "valueDateTime": "2021" }, { "url": "c", "valueDateTime": "2022" }],
            "valueQuantity": { "code": "kg" },
            "questionnaire": "q", "_questionnaire": { "extension": [{ "url": "d" }] },
        });
        let rows: [(&str, &[Value]); 9] = [
            ("effective", &[json!("2020")]),
            ("effective[x]", &[json!("2020")]),
            ("name.given", &[json!("Ada"), json!("Bea"), json!("Cleo")]),
            ("extension.where(url='a.b').value", &[json!("2021")]),
            ("value[x]:valueQuantity.code", &[json!("kg")]),
            ("valueQuantity:valueQuantity.code", &[json!("kg")]),
            ("questionnaire.extension.url", &[json!("d")]),
            ("value[x]:valueString", &[]),
            ("name.family", &[]),
        ];
        for (path, wanted) in rows {
            let found: Vec<Value> = values(&resource, path).into_iter().cloned().collect();
            assert_eq!(found, wanted, "{path}");
        }
    }
}
