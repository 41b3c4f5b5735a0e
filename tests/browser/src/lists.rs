//! The lists of a patient where they are kept: problems and allergies (LR01, LR03).

mod allergies;
mod problems;

use crate::browser::Browser;
use crate::http::{Answer, Client};
use crate::practice::practice;
use serde_json::json;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Texts that no field expects.
const HOSTILE: [&str; 4] = ["\"><script>hacked=1</script>", "a\u{0}b", "'; DROP TABLE x --", "\u{202e}\u{7}"];

/// A patient of a test's own, without anything.
fn patient(id: &str) -> String {
    let patient = json!({ "resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1950-07-04",
        "identifier": [{ "system": "https://meadowbrook.example.org/identifiers/mrn", "value": format!("L-{id}") }],
        "name": [{ "family": "List", "given": [id] }] });
    assert_eq!(practice().program().put(&format!("/fhir/Patient/{id}"), &patient).status, 201);
    id.to_owned()
}

/// The browser complained of nothing but the slips that were made on purpose.
fn assert_no_complaints(browser: &Browser) {
    let complaints = browser.complaints();
    let others: Vec<_> = complaints.iter().filter(|one| !one.contains("status of 422")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// Sends a form.
fn send(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send("POST", path, &[FORM], body.as_bytes())
}

/// What a page has in the place of a text.
fn written(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

/// A value that no field expects is refused beside a field, and what was typed stays.
fn assert_refused(answer: &Answer, typed: &str) {
    assert_eq!(answer.status, 422, "{typed:?}: {}", answer.text());
    let page = answer.text();
    assert!(
        page.contains("aria-invalid") || page.contains("<p class=\"problem\" role=\"alert\">"),
        "{typed:?} {page}"
    );
    assert!(page.contains(&written(typed)), "{typed:?} is kept: {page}");
    assert!(!page.contains("<script>hacked"), "{page}");
}
