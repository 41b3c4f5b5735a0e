//! The official examples and a population of synthetic patients are valid.

use super::exceptions::Failures;
use super::open_ports::Open;
use super::reference_data::{archive, for_each_json};
use fhir::Document;
use validation::{Settings, validate};

/// One in a hundred.
const EXCEPTIONS_MAX: usize = 53;

#[test]
fn official_examples_are_valid() {
    let Some(path) = archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let mut failures = Failures::default();
    let mut count = 0;
    for_each_json(&path, |name, bytes| {
        let name = name.rsplit('/').next().unwrap_or(name);
        if name == "package.json" || name.starts_with('.') {
            return;
        }
        let document = Document::parse(bytes).expect("an example is JSON");
        failures.note(name, &validate(&document, &Open, &Settings::default()));
        count += 1;
    });
    assert!(count > 5_000, "only {count} examples were found");
    failures.compare(include_str!("examples.exceptions"), EXCEPTIONS_MAX);
}
