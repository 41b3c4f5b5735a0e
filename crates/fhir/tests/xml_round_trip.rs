//! Every official example goes to XML and comes back the same.

use crate::shared_data;
use fhir::{Document, Limits, Object, Value, xml};

const EXCEPTIONS: &str = include_str!("xml_round_trip_exceptions.txt");

#[test]
fn every_official_example_comes_back_from_xml() {
    let Some(files) = shared_data::archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<(usize, Vec<(String, String)>)> = std::thread::scope(|scope| {
        let workers: Vec<_> =
            files.chunks(files.len().div_ceil(threads)).map(|part| scope.spawn(|| check_all(part))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a part is checked")).collect()
    });
    let count: usize = parts.iter().map(|(count, _)| count).sum();
    let failures: Vec<_> = parts.into_iter().flat_map(|(_, failures)| failures).collect();
    assert!(count > 5_000, "only {count} examples");
    shared_data::assert_only_known_failures(&failures, EXCEPTIONS, 0);
}

/// How many resources there are among the files, and those that do not come back, with the reason.
fn check_all(files: &[(String, Vec<u8>)]) -> (usize, Vec<(String, String)>) {
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, bytes) in files {
        let document = Document::parse(bytes.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        if document.resource_type().is_none() {
            continue;
        }
        count += 1;
        if let Err(problem) = there_and_back(&document, count % 16 == 0) {
            failures.push((name.clone(), problem));
        }
    }
    (count, failures)
}

/// The same resources as others write them in both formats.
#[test]
fn what_others_wrote_in_both_formats_is_the_same() {
    let Some(files) = shared_data::archive("fhir-test-cases/fhir-test-cases.tar.zst") else { return };
    for name in ["condition-example", "organization-1", "patient-example"] {
        let bytes = |extension: &str| {
            let path = format!("r4/examples/{name}.{extension}");
            &files.iter().find(|(file, _)| *file == path).unwrap_or_else(|| panic!("no {path}")).1
        };
        let from_xml =
            xml::from_xml(bytes("xml"), Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let from_json =
            Document::parse(bytes("json").clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(without_text((&from_xml).into()), without_text((&from_json).into()), "{name}");
    }
}

/// XML that others wrote is read and comes back.
#[test]
fn what_others_wrote_in_xml_comes_back() {
    let Some(files) = shared_data::archive("fhir-test-cases/fhir-test-cases.tar.zst") else { return };
    let ours = |name: &str| name.starts_with("r4/examples/") && name.ends_with(".xml");
    let mut count = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| ours(name)) {
        let document =
            xml::from_xml(bytes, Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        there_and_back(&document, true).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        count += 1;
    }
    assert_eq!(count, 10);
}

/// Sorted, and without the narrative, which others do not keep as written.
fn without_text(mut value: Value) -> Value {
    value.as_object_mut().and_then(|resource| resource.remove("text"));
    sorted(value)
}

/// Through XML in one line, and when asked also over lines.
fn there_and_back(document: &Document, pretty: bool) -> Result<(), String> {
    let compact = xml::to_xml(document).map_err(|error| format!("to XML: {error}"))?;
    let pretty = pretty
        .then(|| xml::to_pretty_xml(document))
        .transpose()
        .map_err(|error| format!("to XML: {error}"))?;
    let expected = sorted(document.into());
    for text in [Some(compact), pretty].into_iter().flatten() {
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
