//! What a search can ask for of what stands in a resource, and whether a resource has it.

use super::elements::at;
use super::metadata::Parameter;
use serde_json::Value;

/// A value as it is asked for, and in the longer form that a server must know too.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The short form: a code, an id, a date.
    pub short: String,
    /// `system|code` or `Type/id`.
    pub long: Option<String>,
}

/// The values of a parameter in a resource that can be asked for.
pub fn values(parameter: &Parameter, resource: &Value) -> Vec<Asked> {
    let found = parameter.paths.iter().flat_map(|path| at(resource, path));
    found.flat_map(|value| asked(&parameter.kind, value)).collect()
}

fn asked(kind: &str, value: &Value) -> Vec<Asked> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let plain = |short: Option<String>| short.map(|short| Asked { short, long: None }).into_iter().collect();
    let token = |coding: &Value, code: &str| {
        let short = text(&coding[code])?;
        let long = coding["system"].as_str().map(|system| format!("{system}|{short}"));
        Some(Asked { short, long })
    };
    match kind {
        "CodeableConcept" => value["coding"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|coding| token(coding, "code"))
            .collect(),
        "Coding" => token(value, "code").into_iter().collect(),
        "Identifier" => token(value, "value").into_iter().collect(),
        "Reference" => text(&value["reference"])
            .filter(|reference| reference.contains('/') && !reference.contains(':'))
            .map(|long| Asked {
                short: long.rsplit('/').next().unwrap_or_default().to_owned(),
                long: Some(long),
            })
            .into_iter()
            .collect(),
        "HumanName" => plain(
            text(&value["family"]).or_else(|| text(&value["given"][0])).or_else(|| text(&value["text"])),
        ),
        "Address" => {
            plain(text(&value["city"]).or_else(|| text(&value["line"][0])).or_else(|| text(&value["text"])))
        }
        // Only a period that lies within a moment equals it: what began, or ended, is looked for.
        "Period" => {
            let began = || text(&value["start"]).and_then(|start| compared("gt", &start));
            plain(began().or_else(|| text(&value["end"]).and_then(|end| compared("lt", &end))))
        }
        _ => plain(text(value)),
    }
}

/// Whether the values of a parameter are moments.
pub fn is_date(parameter: &Parameter) -> bool {
    ["date", "dateTime", "Period", "instant"].contains(&parameter.kind.as_str())
}

/// Whether a resource has a value that was asked for, as far as it can be told without the server: dates are left out.
pub fn has(parameter: &Parameter, resource: &Value, wanted: &str) -> bool {
    if is_date(parameter) {
        return true;
    }
    let is_text = ["HumanName", "Address", "string"].contains(&parameter.kind.as_str());
    if is_text {
        let all = parameter.paths.iter().flat_map(|path| at(resource, path));
        return all
            .into_iter()
            .any(|value| value.to_string().to_lowercase().contains(&wanted.to_lowercase()));
    }
    values(parameter, resource)
        .iter()
        .any(|value| value.short == wanted || value.long.as_deref() == Some(wanted))
}

/// A comparator with a day that a moment lies before or behind.
pub fn compared(comparator: &str, moment: &str) -> Option<String> {
    let year: i32 = moment.trim_start_matches(char::is_alphabetic).get(..4)?.parse().ok()?;
    let other = match comparator {
        "gt" | "ge" => year - 1,
        // Also behind a year that was taken off already.
        "lt" | "le" => year + 3,
        _ => return None,
    };
    Some(format!("{comparator}{other}-01-01"))
}
