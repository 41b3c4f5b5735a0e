//! Every official example goes to XML and comes back the same.

use crate::shared_data;
use fhir::{Document, Limits, Object, Value, xml};

const EXCEPTIONS: &str = include_str!("xml_round_trip_exceptions.txt");

#[test]
fn every_official_example_comes_back_from_xml() {
    let Some(files) = shared_data::archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, bytes) in files {
        let Ok(document) = Document::parse(bytes) else { continue };
        if document.resource_type().is_none() {
            continue;
        }
        count += 1;
        if let Err(problem) = there_and_back(&document) {
            failures.push((name, problem));
        }
    }
    assert!(count > 5_000, "only {count} examples");
    shared_data::assert_only_known_failures(&failures, EXCEPTIONS, 0);
}

fn there_and_back(document: &Document) -> Result<(), String> {
    let compact = xml::to_xml(document).map_err(|error| format!("to XML: {error}"))?;
    let pretty = xml::to_pretty_xml(document).map_err(|error| format!("to XML: {error}"))?;
    let expected = sorted(document.into());
    for text in [compact, pretty] {
        let back = xml::from_xml(text.as_bytes(), Limits::default())
            .map_err(|error| format!("from XML: {error}"))?;
        if sorted((&back).into()) != expected {
            return Err("came back different".to_owned());
        }
    }
    Ok(())
}

/// The tree with its members in the order of their names. Numbers are compared by their digits.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> =
                object.iter().map(|(name, value)| (name.to_owned(), sorted(value.clone()))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            members.into_iter().collect::<Object>().into()
        }
        scalar => scalar,
    }
}
