//! The official examples and a population of synthetic patients are valid.

use super::exceptions::Failures;
use super::open_ports::Open;
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
    let mut warnings: BTreeMap<String, usize> = BTreeMap::new();
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
        outcome.issues.iter().for_each(|issue| *warnings.entry(issue.rule.to_string()).or_insert(0) += 1);
        count += 1;
    });
    println!("findings by rule: {warnings:?}");
    assert!(!warnings.contains_key("not-evaluated"), "an invariant could not be evaluated");
    assert!(count > 5_000, "only {count} examples were found");
    failures.compare(include_str!("examples.exceptions"), EXCEPTIONS_MAX);
}

/// Larger examples take long when every item is compared with every other.
const COMPARED_BYTES_MAX: usize = 400_000;

#[test]
fn native_invariants_say_what_their_fhirpath_says() {
    let Some(path) = archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let native = Settings { best_practices: true, ..Settings::default() };
    let by_definition = Settings { native_invariants: false, ..native.clone() };
    let mut different = Vec::new();
    for_each_json(&path, |name, bytes| {
        if bytes.len() > COMPARED_BYTES_MAX {
            return;
        }
        let document = Document::parse(bytes).expect("an example is JSON");
        let rules = |settings| {
            let issues = validate(&document, &Open, settings).issues;
            // A comparison that FHIRPath cannot make is no contradiction.
            let mut rules: Vec<_> = issues
                .iter()
                .map(|issue| issue.rule.to_string())
                .filter(|rule| rule != "not-evaluated")
                .collect();
            rules.sort_unstable();
            rules.dedup();
            rules
        };
        let (one, two) = (rules(&native), rules(&by_definition));
        if one != two {
            different.push(format!("{name}: {one:?} and {two:?}"));
        }
    });
    assert!(different.is_empty(), "native and FHIRPath differ:\n{}", different.join("\n"));
}

#[test]
fn synthetic_patients_are_valid() {
    let Some(path) = archive("synthea-r4/synthea-r4-150.tar.zst") else { return };
    let terminology = Terminology::built_in();
    let (mut resources, mut rules) = (0, BTreeMap::<String, usize>::new());
    for_each_json(&path, |name, bytes| {
        let bundle = Document::parse(bytes).expect("a bundle is JSON");
        resources += bundle.root().each_of("entry").count();
        for issue in validate(&bundle, &terminology, &Settings::default()).issues {
            println!("{name}: {issue}");
            *rules.entry(issue.rule.to_string()).or_insert(0) += 1;
        }
    });
    assert!(resources > 40_000, "only {resources} resources were found");
    assert!(rules.is_empty(), "{rules:?}");
}
