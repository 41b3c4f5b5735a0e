//! Elements of resources by the simple paths of the lists.

use serde_json::Value;

/// The values at a path such as `code.coding`, `value[x]` or `extension.where(url='…').valueDateTime`, lists opened.
pub fn at<'a>(resource: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![resource];
    for step in steps(path) {
        found = found.into_iter().flat_map(|value| children(value, &step)).collect();
    }
    found
}

/// The steps of a path; points within brackets divide nothing.
fn steps(path: &str) -> Vec<String> {
    let (mut steps, mut depth) = (vec![String::new()], 0);
    for letter in path.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match (letter, depth) {
            ('.', 0) => steps.push(String::new()),
            _ => steps.last_mut().unwrap().push(letter),
        }
    }
    steps
}

fn children<'a>(value: &'a Value, step: &str) -> Vec<&'a Value> {
    if let Some(url) = step.strip_prefix("where(url='").and_then(|rest| rest.strip_suffix("')")) {
        return if value["url"] == url { vec![value] } else { Vec::new() };
    }
    // Names of slices are left out: their elements are looked for in all of the list.
    let name = step.split(':').next().unwrap_or_default();
    let Some(object) = value.as_object() else { return Vec::new() };
    let chosen = |key: &str| match name.strip_suffix("[x]") {
        Some(start) => key.strip_prefix(start).is_some_and(|rest| rest.starts_with(char::is_uppercase)),
        None => key == name,
    };
    let of_name = object.iter().filter(|(key, _)| chosen(key));
    of_name
        .flat_map(|(_, value)| value.as_array().map_or(vec![value], |list| list.iter().collect()))
        .collect()
}

/// Whether a resource says that it keeps to a profile.
pub fn declares(resource: &Value, profile: &str) -> bool {
    let declared = resource["meta"]["profile"].as_array();
    let is_it = |one: &Value| one.as_str().is_some_and(|one| one.split('|').next() == Some(profile));
    declared.into_iter().flatten().any(is_it)
}

/// `Type/id` of a resource.
pub fn name_of(resource: &Value) -> String {
    format!(
        "{}/{}",
        resource["resourceType"].as_str().unwrap_or_default(),
        resource["id"].as_str().unwrap_or_default()
    )
}
