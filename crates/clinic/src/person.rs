//! Who people and programs are in the record: found by name, to tie an account to one of them.

use crate::chart::banner::{Banner, preferred_use};
use crate::chart::{concept, resource_type};
use fhir::{Document, Node};
use record::{Error, Session};
use std::collections::HashMap;

/// Somebody, or a program, in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Such as `Practitioner/1`.
    pub reference: String,
    /// The name; a word for it when none is recorded.
    pub name: String,
    /// What they are, in a word or two.
    pub kind: &'static str,
    /// What tells them from others of the name: a date of birth, a relationship; empty when there is nothing.
    pub detail: String,
}

/// A type that stands for somebody: how it is searched by name, its word, and what tells its resources apart.
struct PersonType {
    name: &'static str,
    parameter: &'static str,
    kind: &'static str,
    detail: fn(Node<'_>) -> String,
}

const TYPES: [PersonType; 4] = [
    PersonType { name: "Practitioner", parameter: "name", kind: "practitioner", detail: qualifications },
    PersonType { name: "Patient", parameter: "name", kind: "patient", detail: birth_date },
    PersonType { name: "RelatedPerson", parameter: "name", kind: "related person", detail: relationships },
    PersonType { name: "Device", parameter: "device-name", kind: "device", detail: serial_number },
];

/// Of each type: more than these is a search to be narrowed.
const EACH: &str = "10";

/// Those whose names have words that begin with each of these words; none for no words.
///
/// # Errors
/// When the record cannot be searched.
pub fn find(session: &Session, words: &str) -> Result<Vec<Person>, Error> {
    let words: Vec<String> = words.split([' ', ',']).filter(|word| !word.is_empty()).map(escaped).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for one in &TYPES {
        let mut parameters: Vec<_> = words.iter().map(|word| (one.parameter, word.as_str())).collect();
        parameters.push(("_count", EACH));
        found.extend(search(session, one, &parameters)?);
    }
    found.sort_by_key(|person| person.name.to_lowercase());
    Ok(found)
}

/// Practitioners for a list to choose from: a hundred at most, by name. Others are found by their names.
///
/// # Errors
/// When the record cannot be searched.
pub fn practitioners(session: &Session) -> Result<Vec<Person>, Error> {
    let practitioner = &TYPES[0];
    let mut found = search(session, practitioner, &[("active:not", "false"), ("_count", "100")])?;
    found.sort_by_key(|person| person.name.to_lowercase());
    Ok(found)
}

/// Those of references, by reference. Who is not there any more, or may not be seen, is left out.
///
/// # Errors
/// When the record cannot be searched.
pub fn named<'a>(
    session: &Session,
    references: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Person>, Error> {
    let mut ids: HashMap<&str, Vec<&str>> = HashMap::new();
    for (type_name, id) in references.filter_map(|reference| reference.split_once('/')) {
        ids.entry(type_name).or_default().push(id);
    }
    let mut named = HashMap::new();
    for one in &TYPES {
        for chunk in ids.get(one.name).map(Vec::as_slice).unwrap_or_default().chunks(100) {
            let found = search(session, one, &[("_id", &chunk.join(",")), ("_count", "100")])?;
            named.extend(found.into_iter().map(|person| (person.reference.clone(), person)));
        }
    }
    Ok(named)
}

fn search(session: &Session, one: &PersonType, parameters: &[(&str, &str)]) -> Result<Vec<Person>, Error> {
    let found = session.find(resource_type(one.name), parameters)?;
    let now_ms = session.record().now_ms();
    let documents = found.matches.iter().filter_map(record::Resource::document);
    Ok(documents.map(|document| person(one, &document, now_ms)).collect())
}

fn person(one: &PersonType, document: &Document, now_ms: i64) -> Person {
    let root = document.root();
    let name = match one.name {
        "Patient" => Banner::read(document, now_ms).full_name(),
        "Device" => device_name(root),
        _ => human_name(root),
    };
    Person {
        reference: format!("{}/{}", one.name, root.get_str("id").unwrap_or_default()),
        name: if name.is_empty() { "Name not recorded".to_owned() } else { name },
        kind: one.kind,
        detail: (one.detail)(root),
    }
}

fn human_name(root: Node<'_>) -> String {
    let Some(name) = preferred_use(root, &["official", "usual"]) else { return String::new() };
    let parts = ["prefix", "given", "family"].into_iter().flat_map(|part| name.each_of(part));
    let parts: Vec<_> = parts.filter_map(Node::as_str).collect();
    if parts.is_empty() { name.get_str("text").unwrap_or_default().into_owned() } else { parts.join(" ") }
}

fn device_name(root: Node<'_>) -> String {
    let given = root.each_of("deviceName").find_map(|name| name.get_str("name"));
    given.map(std::borrow::Cow::into_owned).or_else(|| concept::text(root.get("type"))).unwrap_or_default()
}

fn qualifications(root: Node<'_>) -> String {
    let codes = root.each_of("qualification").filter_map(|one| concept::text(one.get("code")));
    codes.collect::<Vec<_>>().join(", ")
}

fn birth_date(root: Node<'_>) -> String {
    root.get_str("birthDate").map(|date| format!("born {date}")).unwrap_or_default()
}

fn relationships(root: Node<'_>) -> String {
    let words: Vec<_> = root.each_of("relationship").filter_map(|one| concept::text(Some(one))).collect();
    let patient = root.get("patient").and_then(|patient| patient.get_str("reference")).unwrap_or_default();
    format!("{} of {patient}", if words.is_empty() { "related person".to_owned() } else { words.join(", ") })
}

fn serial_number(root: Node<'_>) -> String {
    root.get_str("serialNumber").map(|number| format!("no. {number}")).unwrap_or_default()
}

/// A word as search parameters take it.
fn escaped(word: &str) -> String {
    word.chars()
        .flat_map(|letter| "\\,$|".contains(letter).then_some('\\').into_iter().chain([letter]))
        .collect()
}
