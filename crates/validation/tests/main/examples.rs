//! The official examples and a population of synthetic patients are valid.

use super::exceptions::Failures;
use super::reference_data::{archive, for_each_json};
use fhir::Document;
use std::collections::BTreeMap;
use terminology::Terminology;
use validation::{Settings, validate};

/// One in a hundred.
const EXCEPTIONS_MAX: usize = 53;

#[test]
fn official_examples_are_valid() {
    let Some(path) = archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let terminology = Terminology::built_in();
    let mut failures = Failures::default();
    let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    for_each_json(&path, |name, bytes| {
        let name = name.rsplit('/').next().unwrap_or(name);
        if name == "package.json" || name.starts_with('.') {
            return;
        }
        let document = Document::parse(bytes).expect("an example is JSON");
        let outcome = validate(&document, &terminology, &Settings::default());
        failures.note(name, &outcome);
        outcome
            .issues
            .iter()
            .filter(|issue| issue.rule == "not-evaluated")
            .for_each(|issue| println!("{name}: {issue}"));
        outcome.issues.iter().for_each(|issue| *warnings.entry(issue.rule).or_insert(0) += 1);
        count += 1;
    });
    println!("findings by rule: {warnings:?}");
    assert!(!warnings.contains_key("not-evaluated"), "an invariant could not be evaluated");
    assert!(count > 5_000, "only {count} examples were found");
    failures.compare(include_str!("examples.exceptions"), EXCEPTIONS_MAX);
}
