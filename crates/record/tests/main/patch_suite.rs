//! The patch tests that are published with the standard, run as they are.

use crate::shared_data;
use fhir::{Document, Limits, Value, xml};
use record::patch::Patch;
use std::collections::BTreeMap;

const KNOWN_FAILURES: &str = include_str!("patch-known-failures.txt");

fn suite(path: &str) -> Option<String> {
    let files = shared_data::archive("fhir-test-cases/fhir-test-cases.tar.zst")?;
    let (_, bytes) = files.into_iter().find(|(name, _)| name == path).expect("the suite has the file");
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn the_fhirpath_patch_suite_passes() {
    let Some(text) = suite("r4/patch/fhir-patch-tests.xml") else { return };
    let tests = roxmltree::Document::parse(&text).unwrap();
    let (mut failures, mut checked) = (Vec::new(), 0);
    for case in tests.descendants().filter(|node| node.has_tag_name("case")) {
        checked += 1;
        if let Err(problem) = run_case(&text, case) {
            failures.push((case.attribute("name").unwrap_or_default().replace(' ', "-"), problem));
        }
    }
    println!("{} of {checked} FHIRPath Patch tests pass", checked - failures.len());
    assert!(checked >= 33, "only {checked} tests in the suite");
    shared_data::assert_only_known_failures(&failures, KNOWN_FAILURES, 0);
}

fn run_case(text: &str, case: roxmltree::Node<'_, '_>) -> Result<(), String> {
    let part = |name: &str| {
        let holder = case.children().find(|node| node.has_tag_name(name))?;
        let resource = holder.children().find(roxmltree::Node::is_element)?;
        Some(xml::from_xml(text[resource.range()].as_bytes(), Limits::default()).expect("FHIR XML"))
    };
    let patch = Patch::FhirPath(part("diff").expect("a patch"));
    let patched = patch.apply(&part("input").expect("an input"));
    match (patched, part("output")) {
        (Ok(patched), Some(expected)) => {
            // XML has one order of elements: two resources are equal when their XML says the same.
            let patched = xml::to_xml(&patched.to_document()).map_err(|error| error.to_string())?;
            let expected = xml::to_xml(&expected).unwrap();
            let is_same = said(&patched) == said(&expected);
            if is_same { Ok(()) } else { Err(format!("{patched} is not {expected}")) }
        }
        (Ok(_), None) => Err("it is applied though it must fail".to_owned()),
        (Err(error), Some(_)) => Err(error.to_string()),
        (Err(_), None) => Ok(()),
    }
}

/// What a text of XML says, however it is escaped and its lines are ended.
fn said(text: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(text).unwrap();
    let one = |node: roxmltree::Node<'_, '_>| {
        let attributes: Vec<_> = node.attributes().map(|one| (one.name(), one.value())).collect();
        let depth = node.ancestors().count();
        format!("{depth} {} {attributes:?} {}", node.tag_name().name(), node.text().unwrap_or_default())
    };
    document.descendants().map(one).collect()
}

#[test]
fn the_json_patch_suite_passes() {
    let Some(text) = suite("r4/patch/json-patch-tests.json") else { return };
    let tests = Document::parse(text).unwrap();
    let (mut failures, mut checked) = (Vec::new(), 0);
    for test in tests.root().items() {
        checked += 1;
        let patch = Patch::from_json(test.get("patch").unwrap().raw().as_bytes().to_vec()).unwrap();
        let patched = patch.apply(&Document::from_node(test.get("doc").unwrap()));
        let outcome = match (patched, test.get("expected")) {
            (Ok(patched), Some(expected)) if sorted(&patched) == sorted(&Value::from(expected)) => Ok(()),
            (Err(_), None) => Ok(()),
            (patched, _) => Err(format!("{patched:?}")),
        };
        if let Err(problem) = outcome {
            failures.push((test.get_str("comment").unwrap_or_default().replace(' ', "-"), problem));
        }
    }
    println!("{} of {checked} JSON Patch tests pass", checked - failures.len());
    assert!(checked >= 15, "only {checked} tests in the suite");
    shared_data::assert_only_known_failures(&failures, "", 0);
}

/// The order of members does not count.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let members: BTreeMap<_, _> =
                object.iter().map(|(name, value)| (name.to_owned(), sorted(value))).collect();
            format!("{members:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(sorted).collect::<Vec<_>>()),
        other => other.to_json(),
    }
}
