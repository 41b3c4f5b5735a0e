//! What the other tests look at, and that it is the same every time.

use fhir::Value;
use std::collections::BTreeSet;
use synth::{Date, Moment, Practice, Settings};

/// The last day of the histories.
pub fn today() -> Date {
    Date::new(2025, 11, 24).unwrap()
}

/// A Monday morning, a quarter past ten.
pub fn now() -> Moment {
    Moment { date: today(), minute: 615 }
}

/// A practice of so many patients.
pub fn practice(seed: u64, patients: u32) -> Practice {
    Practice::new(Settings { seed, patients, ..Settings::demo(today()) })
}

/// The resources of a Bundle.
pub fn resources(bundle: &Value) -> impl Iterator<Item = &Value> {
    let entries = bundle.get("entry").and_then(Value::as_array).unwrap_or_default();
    entries.iter().map(|entry| entry.get("resource").expect("an entry has a resource"))
}

/// A text below a path of member names; the first item of arrays.
pub fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    at(value, path)?.as_str()
}

/// A value below a path of member names; the first item of arrays.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = value;
    for name in path.split('.') {
        here = here.get(name)?;
        if let Some(items) = here.as_array() {
            here = items.first()?;
        }
    }
    Some(here)
}

/// A number below a path.
pub fn number(value: &Value, path: &str) -> Option<f64> {
    match at(value, path)? {
        Value::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// `Type/id`.
pub fn url(resource: &Value) -> String {
    format!("{}/{}", text(resource, "resourceType").unwrap(), text(resource, "id").unwrap())
}

/// Every `reference` in a tree.
pub fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter() {
                match value {
                    Value::String(to) if name == "reference" => found.push(to),
                    _ => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let all = |seed| -> Vec<String> {
        let practice = practice(seed, 24);
        let days = practice.schedule(today(), today(), now());
        let bundles = std::iter::once(practice.foundation()).chain(practice.patients()).chain(days);
        bundles.map(|bundle| bundle.to_json()).collect()
    };
    assert_eq!(all(7), all(7));
    assert_ne!(all(7), all(8));
}

#[test]
fn a_patient_can_be_made_alone_and_does_not_depend_on_how_many_there_are() {
    let (small, large) = (practice(3, 40), practice(3, 4_000_000));
    for index in [0, 5, 17, 30] {
        assert_eq!(small.patient(index), small.patients().nth(index as usize).unwrap());
        assert_eq!(small.patient(index), large.patient(index), "patient {index}");
        assert_eq!(
            text(resources(&small.patient(index)).next().unwrap(), "id").unwrap(),
            small.patient_id(index)
        );
    }
    assert!(resources(&large.patient(3_999_999)).count() > 5);
}

#[test]
fn every_entry_is_a_put_under_an_id_of_its_own() {
    let practice = practice(1, 150);
    let mut ids = BTreeSet::new();
    for bundle in std::iter::once(practice.foundation()).chain(practice.patients()) {
        for entry in bundle.get("entry").unwrap().as_array().unwrap() {
            let url = url(entry.get("resource").unwrap());
            assert_eq!(text(entry, "request.url"), Some(url.as_str()));
            assert_eq!(text(entry, "request.method"), Some("PUT"));
            assert!(text(entry, "fullUrl").unwrap().ends_with(&url));
            assert!(ids.insert(url), "an id twice");
        }
    }
}

#[test]
fn every_reference_leads_to_something_in_the_practice() {
    let practice = practice(2, 160);
    let foundation = practice.foundation();
    let mut known: BTreeSet<String> = resources(&foundation).map(url).collect();
    known.extend((0..160).map(|index| format!("Patient/{}", practice.patient_id(index))));
    let schedule = practice.schedule(today().plus_days(-3), today().plus_days(3), now());
    let bundles = std::iter::once(foundation).chain(practice.patients()).chain(schedule);
    for bundle in bundles {
        let own: BTreeSet<String> = resources(&bundle).map(url).collect();
        for resource in resources(&bundle) {
            let mut found = Vec::new();
            references(resource, &mut found);
            for to in found {
                assert!(own.contains(to) || known.contains(to), "{} points at {to}", url(resource));
            }
        }
    }
}
