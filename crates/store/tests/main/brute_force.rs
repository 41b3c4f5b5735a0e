//! What a search should find, worked out over plain JSON. Shares no code with the product: paths, dates, texts, codes and
//! units are read here anew, for the parameters of [`PARAMETERS`] alone, and simply.

use serde_json::Value;
use std::collections::HashMap;

/// How the values of a parameter are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Token,
    Text,
    Date,
    Reference,
    Quantity,
}

/// A parameter: its type and name, its kind, and where its values are.
pub struct Parameter {
    pub of: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    pub paths: &'static [&'static str],
}

const fn row(of: &'static str, name: &'static str, kind: Kind, paths: &'static [&'static str]) -> Parameter {
    Parameter { of, name, kind, paths }
}

pub const PARAMETERS: &[Parameter] = &[
    row("Patient", "gender", Kind::Token, &["gender"]),
    row("Patient", "identifier", Kind::Token, &["identifier"]),
    row("Patient", "language", Kind::Token, &["communication.language"]),
    row("Patient", "family", Kind::Text, &["name.family"]),
    row("Patient", "given", Kind::Text, &["name.given"]),
    row(
        "Patient",
        "name",
        Kind::Text,
        &["name.family", "name.given", "name.prefix", "name.suffix", "name.text"],
    ),
    row("Patient", "address-city", Kind::Text, &["address.city"]),
    row("Patient", "birthdate", Kind::Date, &["birthDate"]),
    row("Patient", "death-date", Kind::Date, &["deceasedDateTime"]),
    row("Observation", "code", Kind::Token, &["code"]),
    row("Observation", "component-code", Kind::Token, &["component.code"]),
    row("Observation", "combo-code", Kind::Token, &["code", "component.code"]),
    row("Observation", "status", Kind::Token, &["status"]),
    row("Observation", "category", Kind::Token, &["category"]),
    row("Observation", "value-concept", Kind::Token, &["valueCodeableConcept"]),
    row("Observation", "date", Kind::Date, &["effectiveDateTime", "effectivePeriod"]),
    row("Observation", "patient", Kind::Reference, &["subject"]),
    row("Observation", "encounter", Kind::Reference, &["encounter"]),
    row("Observation", "value-quantity", Kind::Quantity, &["valueQuantity"]),
    row("Condition", "code", Kind::Token, &["code"]),
    row("Condition", "clinical-status", Kind::Token, &["clinicalStatus"]),
    row("Condition", "onset-date", Kind::Date, &["onsetDateTime", "onsetPeriod"]),
    row("Condition", "recorded-date", Kind::Date, &["recordedDate"]),
    row("Condition", "patient", Kind::Reference, &["subject"]),
    row("Condition", "encounter", Kind::Reference, &["encounter"]),
    row("Encounter", "class", Kind::Token, &["class"]),
    row("Encounter", "type", Kind::Token, &["type"]),
    row("Encounter", "status", Kind::Token, &["status"]),
    row("Encounter", "date", Kind::Date, &["period"]),
    row("Encounter", "patient", Kind::Reference, &["subject"]),
    row("Encounter", "participant", Kind::Reference, &["participant.individual"]),
    row("Encounter", "service-provider", Kind::Reference, &["serviceProvider"]),
    row("Procedure", "code", Kind::Token, &["code"]),
    row("Procedure", "date", Kind::Date, &["performedDateTime", "performedPeriod"]),
    row("Procedure", "patient", Kind::Reference, &["subject"]),
    row("Procedure", "encounter", Kind::Reference, &["encounter"]),
    row("MedicationRequest", "code", Kind::Token, &["medicationCodeableConcept"]),
    row("MedicationRequest", "status", Kind::Token, &["status"]),
    row("MedicationRequest", "intent", Kind::Token, &["intent"]),
    row("MedicationRequest", "authoredon", Kind::Date, &["authoredOn"]),
    row("MedicationRequest", "patient", Kind::Reference, &["subject"]),
    row("MedicationRequest", "requester", Kind::Reference, &["requester"]),
    row("Immunization", "vaccine-code", Kind::Token, &["vaccineCode"]),
    row("Immunization", "date", Kind::Date, &["occurrenceDateTime"]),
    row("Immunization", "patient", Kind::Reference, &["patient"]),
    row("DiagnosticReport", "code", Kind::Token, &["code"]),
    row("DiagnosticReport", "date", Kind::Date, &["effectiveDateTime", "effectivePeriod"]),
    row("DiagnosticReport", "patient", Kind::Reference, &["subject"]),
    row("DiagnosticReport", "result", Kind::Reference, &["result"]),
    row("Practitioner", "family", Kind::Text, &["name.family"]),
    row(
        "Practitioner",
        "name",
        Kind::Text,
        &["name.family", "name.given", "name.prefix", "name.suffix", "name.text"],
    ),
    row("Organization", "name", Kind::Text, &["name", "alias"]),
];

/// The parameter of a type by its name.
pub fn parameter(of: &str, name: &str) -> &'static Parameter {
    PARAMETERS.iter().find(|row| row.of == of && row.name == name).unwrap()
}

impl Parameter {
    /// Its values in a resource.
    pub fn values<'a>(&self, resource: &'a Value) -> Vec<&'a Value> {
        self.paths.iter().flat_map(|path| walk(resource, path)).collect()
    }
}

/// The values at a path of names; lists are looked into.
fn walk<'a>(from: &'a Value, path: &str) -> Vec<&'a Value> {
    let step = |values: Vec<&'a Value>, name: &str| {
        let members = values.into_iter().filter_map(|value| value.get(name));
        members
            .flat_map(|value| value.as_array().map_or_else(|| vec![value], |all| all.iter().collect()))
            .collect()
    };
    path.split('.').fold(vec![from], step)
}

/// Something asked of a resource.
#[derive(Clone, Debug)]
pub enum Ask {
    /// `system|code`: a missing system is any, an empty one none; a missing code is any.
    Token {
        name: &'static str,
        modifier: &'static str,
        system: Option<String>,
        code: Option<String>,
    },
    Text {
        name: &'static str,
        modifier: &'static str,
        text: String,
    },
    Date {
        name: &'static str,
        prefix: &'static str,
        date: String,
    },
    Reference {
        name: &'static str,
        target: String,
    },
    /// A code and a value together.
    CodeValue {
        system: String,
        code: String,
        prefix: &'static str,
        value: String,
        unit: String,
    },
    Missing {
        name: &'static str,
        is_missing: bool,
    },
    Chain {
        name: &'static str,
        target: &'static str,
        next: Box<Ask>,
    },
    Has {
        source: &'static str,
        name: &'static str,
        next: Box<Ask>,
    },
    /// One of them.
    Any(Vec<Ask>),
}

impl Ask {
    /// As it stands in a URL: name and value.
    pub fn pair(&self) -> (String, String) {
        match self {
            Self::Token { name, modifier, system, code } => {
                let system = system.as_ref().map(|system| format!("{system}|")).unwrap_or_default();
                (format!("{name}{modifier}"), format!("{system}{}", code.as_deref().unwrap_or("")))
            }
            Self::Text { name, modifier, text } => {
                // A comma divides alternatives, unless it is told that it does not.
                (format!("{name}{modifier}"), text.replace(',', "\\,"))
            }
            Self::Date { name, prefix, date } => ((*name).to_owned(), format!("{prefix}{date}")),
            Self::Reference { name, target } => ((*name).to_owned(), target.clone()),
            Self::CodeValue { system, code, prefix, value, unit } => (
                "code-value-quantity".to_owned(),
                format!("{system}|{code}${prefix}{value}|http://unitsofmeasure.org|{unit}"),
            ),
            Self::Missing { name, is_missing } => (format!("{name}:missing"), is_missing.to_string()),
            Self::Chain { name, target, next } => {
                let (next, value) = next.pair();
                (format!("{name}:{target}.{next}"), value)
            }
            Self::Has { source, name, next } => {
                let (next, value) = next.pair();
                (format!("_has:{source}:{name}:{next}"), value)
            }
            Self::Any(all) => {
                let pairs: Vec<(String, String)> = all.iter().map(Self::pair).collect();
                let values: Vec<&str> = pairs.iter().map(|(_, value)| value.as_str()).collect();
                (pairs[0].0.clone(), values.join(","))
            }
        }
    }
}

/// All resources, by name.
#[derive(Default)]
pub struct World(pub HashMap<String, Value>);

/// A resource's name.
pub fn name_of(resource: &Value) -> String {
    format!("{}/{}", text_at(resource, "resourceType"), text_at(resource, "id"))
}

fn text_at<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

impl World {
    /// The names of the resources of a type that meet all that is asked.
    pub fn search(&self, of: &str, asks: &[Ask]) -> Vec<String> {
        let of_type = self.0.iter().filter(|(_, resource)| text_at(resource, "resourceType") == of);
        let found = of_type.filter(|(_, resource)| asks.iter().all(|ask| self.meets(resource, ask)));
        let mut names: Vec<String> = found.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    fn meets(&self, resource: &Value, ask: &Ask) -> bool {
        let of = text_at(resource, "resourceType");
        let values = |name: &str| parameter(of, name).values(resource);
        match ask {
            Ask::Token { name, modifier, system, code } => {
                let is_found = values(name)
                    .into_iter()
                    .any(|value| has_token(value, system.as_deref(), code.as_deref()));
                is_found != (*modifier == ":not")
            }
            Ask::Text { name, modifier, text } => {
                values(name).into_iter().any(|value| has_text(value, modifier, text))
            }
            Ask::Date { name, prefix, date } => {
                values(name).into_iter().any(|value| meets_date(value, prefix, date))
            }
            Ask::Reference { name, target } => {
                values(name).into_iter().any(|value| text_at(value, "reference") == target)
            }
            Ask::CodeValue { system, code, prefix, value, unit } => {
                values("code").into_iter().any(|found| has_token(found, Some(system), Some(code)))
                    && values("value-quantity")
                        .into_iter()
                        .any(|found| meets_quantity(found, prefix, value, unit))
            }
            Ask::Missing { name, is_missing } => values(name).is_empty() == *is_missing,
            Ask::Chain { name, target, next } => values(name).into_iter().any(|value| {
                let target =
                    text_at(value, "reference").strip_prefix(target).filter(|rest| rest.starts_with('/'));
                target.is_some()
                    && self.0.get(text_at(value, "reference")).is_some_and(|found| self.meets(found, next))
            }),
            Ask::Has { source, name, next } => {
                let own = name_of(resource);
                let refers = |other: &Value| {
                    parameter(source, name)
                        .values(other)
                        .into_iter()
                        .any(|value| text_at(value, "reference") == own)
                };
                self.0.values().any(|other| {
                    text_at(other, "resourceType") == *source && refers(other) && self.meets(other, next)
                })
            }
            Ask::Any(all) => all.iter().any(|ask| self.meets(resource, ask)),
        }
    }
}

/// The systems and codes of a value: a code, a Coding, a CodeableConcept, an Identifier.
pub fn tokens(value: &Value) -> Vec<(&str, &str)> {
    if let Some(code) = value.as_str() {
        return vec![("", code)];
    }
    if let Some(codings) = value.get("coding").and_then(Value::as_array) {
        return codings.iter().map(|coding| (text_at(coding, "system"), text_at(coding, "code"))).collect();
    }
    let code = if value.get("code").is_some() { "code" } else { "value" };
    vec![(text_at(value, "system"), text_at(value, code))]
}

fn has_token(value: &Value, system: Option<&str>, code: Option<&str>) -> bool {
    tokens(value).into_iter().any(|(found_system, found_code)| {
        system.is_none_or(|system| system == found_system) && code.is_none_or(|code| code == found_code)
    })
}

fn has_text(value: &Value, modifier: &str, text: &str) -> bool {
    let found = value.as_str().unwrap_or("");
    match modifier {
        ":exact" => found == text,
        ":contains" => plain(found).contains(&plain(text)),
        _ => plain(found).starts_with(&plain(text)),
    }
}

/// Small letters without accents; what is neither letter nor digit divides words, and apostrophes are nothing.
pub fn plain(text: &str) -> String {
    const ACCENTS: &[(&str, char)] = &[
        ("áàâäãå", 'a'),
        ("éèêë", 'e'),
        ("íìîï", 'i'),
        ("óòôöõ", 'o'),
        ("úùûü", 'u'),
        ("ñ", 'n'),
        ("ç", 'c'),
    ];
    let mut words = String::new();
    for letter in text.to_lowercase().chars().filter(|letter| *letter != '\'') {
        let letter =
            ACCENTS.iter().find(|(accented, _)| accented.contains(letter)).map_or(letter, |row| row.1);
        words.push(if letter.is_alphanumeric() { letter } else { ' ' });
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// From a millisecond up to one, without that one.
pub type Span = (i64, i64);

/// The milliseconds of a date, a time, or a period.
pub fn span_of(value: &Value) -> Span {
    if let Some(text) = value.as_str() {
        return span(text);
    }
    let end = |name: &str| value.get(name).and_then(Value::as_str).map(span);
    (end("start").map_or(i64::MIN, |span| span.0), end("end").map_or(i64::MAX, |span| span.1))
}

/// The milliseconds that a text leaves open: a year, a month, a day, a second, a millisecond.
fn span(text: &str) -> Span {
    const DAY: i64 = 86_400_000;
    let number =
        |from: usize, to: usize| text.get(from..to).map_or(1, |digits| digits.parse::<i64>().unwrap());
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let start = days(year, month, day) * DAY;
    match text.len() {
        4 => (start, days(year + 1, 1, 1) * DAY),
        7 => (start, days(year + month / 12, month % 12 + 1, 1) * DAY),
        10 => (start, start + DAY),
        _ => {
            let at = start + number(11, 13) * 3_600_000 + number(14, 16) * 60_000 + number(17, 19) * 1_000;
            let rest = &text[19..];
            let zone = rest.find(['Z', '+', '-']).unwrap();
            let (fraction, zone) = rest.split_at(zone);
            let offset = match zone.as_bytes()[0] {
                b'Z' => 0,
                sign => {
                    let minutes =
                        zone[1..3].parse::<i64>().unwrap() * 60 + zone[4..6].parse::<i64>().unwrap();
                    if sign == b'-' { -minutes } else { minutes }
                }
            };
            let at = at - offset * 60_000;
            match fraction.strip_prefix('.') {
                Some(digits) => {
                    let at = at + format!("{digits:0<3}")[..3].parse::<i64>().unwrap();
                    (at, at + 1)
                }
                None => (at, at + 1_000),
            }
        }
    }
}

/// Days since 1970, counted year by year and month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |year: i64| if is_leap(year) { 366 } else { 365 };
    let years: i64 =
        if year >= 1970 { (1970..year).map(length).sum() } else { -(year..1970).map(length).sum::<i64>() };
    let months = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30];
    let before: i64 = months.iter().take(usize::try_from(month - 1).unwrap()).sum();
    years + before + day - 1
}

fn meets_date(value: &Value, prefix: &str, date: &str) -> bool {
    let ((low, high), (from, to)) = (span_of(value), span(date));
    let is_within = from <= low && high <= to;
    match prefix {
        "" | "eq" => is_within,
        "ne" => !is_within,
        "gt" => high > to,
        "lt" => low < from,
        "ge" => is_within || high > to,
        "le" => is_within || low < from,
        "sa" => low >= to,
        "eb" => high <= from,
        other => panic!("{other}"),
    }
}

/// Amounts in the unit asked for; a number stands for what it leaves open, unless a prefix compares it.
fn meets_quantity(found: &Value, prefix: &str, value: &str, unit: &str) -> bool {
    let (Some(amount), true) = (found.get("value").and_then(Value::as_f64), text_at(found, "code") == unit)
    else {
        return false;
    };
    let asked: f64 = value.parse().unwrap();
    let decimals = value.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 / 10f64.powi(i32::try_from(decimals).unwrap());
    let is_within = amount >= asked - half && amount < asked + half;
    match prefix {
        "" | "eq" => is_within,
        "ne" => !is_within,
        "gt" | "sa" => amount > asked,
        "lt" | "eb" => amount < asked,
        "ge" => amount >= asked,
        "le" => amount <= asked,
        other => panic!("{other}"),
    }
}
