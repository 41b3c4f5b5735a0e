//! The values that a search is asked with: what the element of a resource looks like in a URL.

use crate::metadata::Definition;
use crate::path::values;
use serde_json::Value;

/// The text of a value as a parameter has it, with its separators escaped (R4 search, 3.1.1.4.0.2).
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if ['\\', ',', '|', '$'].contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A value that finds the resource by a parameter; `None` when it has none.
pub fn of_resource(resource: &Value, definition: &Definition) -> Option<String> {
    elements(resource, definition).into_iter().find_map(|element| of_element(element, definition))
}

/// A value with its system that finds the resource by a parameter of tokens.
pub fn with_system(resource: &Value, definition: &Definition) -> Option<String> {
    elements(resource, definition).into_iter().find_map(|element| {
        let coding = token_parts(element).into_iter().find(|(system, _)| system.is_some())?;
        Some(format!("{}|{}", escaped(coding.0?), escaped(coding.1)))
    })
}

/// The elements that a parameter looks at.
pub fn elements<'a>(resource: &'a Value, definition: &Definition) -> Vec<&'a Value> {
    definition.paths.iter().flat_map(|path| values(resource, path)).collect()
}

/// Systems and codes of an element that tokens find.
pub fn token_parts(element: &Value) -> Vec<(Option<&str>, &str)> {
    if let Some(code) = element.as_str() {
        return vec![(None, code)];
    }
    let codings: Vec<&Value> = match element["coding"].as_array() {
        Some(codings) => codings.iter().collect(),
        None => vec![element],
    };
    let codings = codings.into_iter();
    codings
        .filter_map(|coding| {
            let code = coding["code"].as_str().or_else(|| coding["value"].as_str())?;
            Some((coding["system"].as_str(), code))
        })
        .collect()
}

/// A value that finds an element: a code, a name, a date.
fn of_element(element: &Value, definition: &Definition) -> Option<String> {
    let text = |name: &str| element[name].as_str();
    let first_of = |name: &str| element[name].get(0).and_then(Value::as_str);
    if let Some(plain) = element.as_str() {
        return Some(escaped(plain));
    }
    if let Some(is) = element.as_bool() {
        return Some(is.to_string());
    }
    // What a concept says in words alone is not found by a token.
    if definition.is_token() {
        return token_parts(element).first().map(|(_, code)| escaped(code));
    }
    // A Period is found by a day before it begins or after it ends.
    if let Some(start) = text("start") {
        return Some(format!("ge{start}"));
    }
    if let Some(end) = text("end") {
        return Some(format!("le{end}"));
    }
    let reference = text("reference").filter(|reference| !reference.starts_with('#'));
    let name = text("family").or_else(|| first_of("given"));
    let address =
        text("city").or_else(|| text("state")).or_else(|| text("postalCode")).or_else(|| text("country"));
    let event = first_of("event");
    reference.or(name).or(address).or(event).or_else(|| text("text")).map(escaped)
}
