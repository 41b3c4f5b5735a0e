//! Whether a resource that a search found is what was asked for.

use crate::metadata::Definition;
use crate::moment::Range;
use crate::search_value::{elements, token_parts};
use serde_json::Value;

const DATE_KINDS: [&str; 6] = ["date", "dateTime", "instant", "Period", "Timing", "time"];
const PREFIXES: [&str; 9] = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

/// True when one of the elements that the parameter looks at has one of the asked values.
pub fn is_match(resource: &Value, definition: &Definition, asked: &str) -> bool {
    let found = elements(resource, definition);
    split(asked, ',')
        .iter()
        .any(|value| found.iter().any(|element| is_element_match(element, definition, value)))
}

fn is_element_match(element: &Value, definition: &Definition, value: &str) -> bool {
    let kind = definition.kind.as_str();
    if DATE_KINDS.contains(&kind) || element["start"].is_string() || element["end"].is_string() {
        let prefix = PREFIXES.iter().find(|prefix| value.starts_with(**prefix)).copied();
        let asked = Range::of_text(prefix.map_or(value, |prefix| &value[prefix.len()..]));
        let (Some(element), Some(asked)) = (Range::of_element(element), asked) else { return false };
        return element.is_found_by(prefix.unwrap_or("eq"), asked);
    }
    match kind {
        "Reference" => is_reference(element["reference"].as_str().unwrap_or_default(), &unescaped(value)),
        "HumanName" | "Address" | "string" => has_text(element, &unescaped(value).to_lowercase()),
        "canonical" | "uri" => element.as_str().is_some_and(|found| {
            let asked = unescaped(value);
            found == asked || found.split('|').next() == Some(&asked)
        }),
        _ => is_token(element, value),
    }
}

/// A reference by id, by type and id, or by URL.
fn is_reference(found: &str, asked: &str) -> bool {
    let tail = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    found == asked
        || found.ends_with(&format!("/{asked}"))
        || (asked.contains("://") && tail(found) == tail(asked))
}

/// A text that begins with what is asked, in any of the element's parts; words of a text count as parts.
fn has_text(element: &Value, asked: &str) -> bool {
    match element {
        Value::String(text) => {
            let text = text.to_lowercase();
            text.starts_with(asked) || text.split_whitespace().any(|word| word.starts_with(asked))
        }
        Value::Array(parts) => parts.iter().any(|part| has_text(part, asked)),
        Value::Object(parts) => parts.iter().any(|(key, part)| key != "extension" && has_text(part, asked)),
        _ => false,
    }
}

/// A code, with its system when one is asked.
fn is_token(element: &Value, value: &str) -> bool {
    let parts = split(value, '|');
    let (system, code) = match &parts[..] {
        [code] => (None, unescaped(code)),
        [system, code, ..] => (Some(unescaped(system)), unescaped(code)),
        [] => return false,
    };
    if let Some(is) = element.as_bool() {
        return is.to_string() == code;
    }
    token_parts(element).iter().any(|(found_system, found)| {
        *found == code && system.as_deref().is_none_or(|system| *found_system == Some(system))
    })
}

/// Splits at separators that are not escaped.
fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part, mut is_escaped) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        if character == separator && !is_escaped {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        is_escaped = character == '\\' && !is_escaped;
        part.push(character);
    }
    parts.push(part);
    parts
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition(kind: &str) -> Definition {
        let yaml =
            format!(":paths: [it]\n:comparators: {{}}\n:values: []\n:type: {kind}\n:multiple_or: MAY\n");
        serde_yaml_ng::from_str(&yaml).unwrap()
    }

    #[test]
    fn what_was_not_asked_is_no_match() {
        let concept = json!({ "coding": [{ "system": "s", "code": "a|b" }] });
        let rows = [
            (concept.clone(), "CodeableConcept", "a\\|b", true),
            (concept.clone(), "CodeableConcept", "s|a\\|b", true),
            (concept.clone(), "CodeableConcept", "t|a\\|b", false),
            (concept, "CodeableConcept", "c,d", false),
            (json!("final"), "code", "amended,final", true),
            (json!({ "reference": "Patient/1" }), "Reference", "1", true),
            (json!({ "reference": "Patient/1" }), "Reference", "Patient/1", true),
            (json!({ "reference": "Patient/11" }), "Reference", "1", false),
            (json!({ "family": "Shaw", "given": ["Amy"] }), "HumanName", "amy", true),
            (json!({ "family": "Shaw", "given": ["Amy"] }), "HumanName", "haw", false),
            (json!("2020-03-01"), "date", "gt2020-02", true),
            (json!("2020-03-01"), "date", "gt2020-03", false),
            (json!({ "start": "2020-03-01" }), "date", "lt2020-03-01", false),
            (json!("http://q|1"), "canonical", "http://q\\|1", true),
        ];
        for (element, kind, asked, wanted) in rows {
            assert_eq!(
                is_match(&json!({ "it": element }), &definition(kind), asked),
                wanted,
                "{element} {asked}"
            );
        }
    }
}
