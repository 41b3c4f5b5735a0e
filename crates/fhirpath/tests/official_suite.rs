//! HL7's FHIRPath test suite for FHIR R4, run as it is.

use crate::shared_data;
use fhir::date_time::DateTime;
use fhir::{Document, Element, Limits, xml};
use fhirpath::{Collection, Context, Expression, Item};
use std::collections::BTreeMap;

const SUITE: &str = "r4/fhirpath/tests-fhir-r4.xml";
const KNOWN_FAILURES: &str = include_str!("known-failures.txt");

/// What went wrong, and when.
enum Failure {
    Syntax(String),
    Semantic(String),
    Execution(String),
}

#[test]
fn the_suite_passes() {
    let Some(files) = shared_data::archive("fhir-test-cases/fhir-test-cases.tar.zst") else { return };
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
    let suite = String::from_utf8(files[SUITE].clone()).unwrap();
    let suite = roxmltree::Document::parse(&suite).unwrap();
    let mut inputs = BTreeMap::new();
    let (mut failures, mut checked, mut names) = (Vec::new(), 0, BTreeMap::new());
    for test in suite.descendants().filter(|node| node.has_tag_name("test")) {
        let file = test.attribute("inputfile").unwrap_or("patient-example.xml");
        let document = inputs.entry(file).or_insert_with(|| input(&files, file));
        checked += 1;
        let name = test.attribute("name").unwrap_or_default();
        let count = names.entry(name).and_modify(|count| *count += 1).or_insert(1);
        let name = if *count == 1 { name.to_owned() } else { format!("{name}#{count}") };
        if let Err(problem) = run(test, document) {
            failures.push((name, problem));
        }
    }
    println!("{} of {checked} tests pass", checked - failures.len());
    assert!(checked >= 935, "only {checked} tests in the suite");
    shared_data::assert_only_known_failures(&failures, KNOWN_FAILURES, 3);
}

/// The suite's inputs lie beside its folder or among the examples.
fn input(files: &BTreeMap<String, Vec<u8>>, file: &str) -> Document {
    let found = ["r4/", "r4/examples/"].iter().find_map(|folder| files.get(&format!("{folder}{file}")));
    let bytes = found.unwrap_or_else(|| panic!("no input {file}")).clone();
    if file.ends_with(".json") {
        return Document::parse(bytes).expect("JSON");
    }
    xml::from_xml(&bytes, Limits::default()).expect("FHIR XML")
}

fn run(test: roxmltree::Node<'_, '_>, document: &Document) -> Result<(), String> {
    let element = test.children().find(|node| node.has_tag_name("expression")).ok_or("no expression")?;
    let text = element.text().unwrap_or_default();
    let invalid = element.attribute("invalid");
    let parsed = Expression::parse(text);
    let outcome = match &parsed {
        Err(error) => Err(Failure::Syntax(error.to_string())),
        Ok(expression) => evaluate(test, expression, document),
    };
    match (invalid, outcome) {
        (None, Ok(items)) => compare(test, &items),
        (None, Err(Failure::Syntax(text) | Failure::Semantic(text) | Failure::Execution(text))) => Err(text),
        (Some("syntax"), Err(Failure::Syntax(_))) => Ok(()),
        (Some("semantic"), Err(Failure::Syntax(_) | Failure::Semantic(_))) => Ok(()),
        (Some("execution" | "true"), Err(_)) => Ok(()),
        (Some(wanted), Err(_)) => Err(format!("not the error wanted: {wanted}")),
        (Some(wanted), Ok(items)) => Err(format!("a result {:?} and no error of {wanted}", shown(&items))),
    }
}

fn evaluate<'a>(
    test: roxmltree::Node<'_, '_>,
    expression: &'a Expression,
    document: &'a Document,
) -> Result<Collection<'a>, Failure> {
    let root = Element::resource(document).expect("a resource");
    expression.check(root.type_id).map_err(|error| Failure::Semantic(error.to_string()))?;
    let mut context = Context::new(root);
    context.now = DateTime::parse("2026-11-22T10:15:30.123+01:00").ok();
    let execution = |error: fhirpath::EvaluationError| Failure::Execution(error.to_string());
    if test.attribute("predicate") == Some("true") {
        let answer = expression.evaluate_bool(&context, root).map_err(execution)?;
        return Ok(Item::Boolean(answer == Some(true)).into());
    }
    expression.evaluate(&context, root).map_err(execution)
}

fn compare(test: roxmltree::Node<'_, '_>, items: &Collection<'_>) -> Result<(), String> {
    let mut wanted: Vec<(Option<&str>, &str)> = test
        .children()
        .filter(|node| node.has_tag_name("output"))
        .map(|output| (output.attribute("type"), output.text().unwrap_or_default()))
        .collect();
    let mut items: Vec<&Item<'_>> = items.iter().collect();
    if test.attribute("ordered") == Some("false") {
        wanted.sort_unstable_by_key(|(_, text)| *text);
        items.sort_unstable_by_key(ToString::to_string);
    }
    let same =
        wanted.len() == items.len() && wanted.iter().zip(&items).all(|(wanted, item)| is_same(*wanted, item));
    if same {
        Ok(())
    } else {
        Err(format!("wanted {wanted:?}, found {:?}", items.iter().map(|item| one(item)).collect::<Vec<_>>()))
    }
}

fn is_same((kind, text): (Option<&str>, &str), item: &Item<'_>) -> bool {
    let info = item.type_info();
    let is_of_kind = kind.is_none_or(|kind| {
        kind == info.name || (info.namespace == "System" && kind == lower_first(info.name))
    });
    let found = item.to_string();
    let text = text.strip_prefix("@T").or(text.strip_prefix('@')).unwrap_or(text);
    let is_number = matches!(item.to_system(), Some(Item::Decimal(_)));
    let numbers = (fhir::decimal::parse(text), fhir::decimal::parse(&found));
    is_of_kind
        && (text == found
            || (is_number
                && matches!(numbers, (Ok(one), Ok(two)) if one == two && one.scale() == two.scale())))
}

fn lower_first(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

fn one(item: &Item<'_>) -> String {
    format!("{}.{}:{item}", item.type_info().namespace, item.type_info().name)
}

fn shown(items: &Collection<'_>) -> Vec<String> {
    items.iter().map(one).collect()
}
