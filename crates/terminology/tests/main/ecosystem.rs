//! The terminology-server tests of the HL7 terminology ecosystem that need only what they bring along.
//!
//! Held against what is expected: of `$validate-code` the result, code, system, version, display and the kind, severity
//! and place of every issue; of `$expand` the codes with display, order aside, and the total; of `$lookup` the display.
//! Texts of messages are each server's own. `ecosystem_exceptions.txt` lists what fails, and may only shrink.

use crate::shared::shared_archive;
use fhir::{Document, Node, Value};
use std::collections::{BTreeMap, BTreeSet};
use terminology::{Error, ExpansionRequest, Scope, Terminology, ValidateRequest, ValidatedBy};

/// Suites whose code systems are all in the tests' own folder.
const SUITES: [&str; 21] = [
    "simple-cases",
    "parameters",
    "language",
    "language2",
    "extensions",
    "validation",
    "version",
    "overload",
    "fragment",
    "big",
    "other",
    "errors",
    "deprecated",
    "notSelectable",
    "inactive",
    "case",
    "exclude",
    "search",
    "default-valueset-version",
    "permutations",
    "regex-bad",
];

/// Most lines that the list of exceptions may have.
const EXCEPTIONS_MAX: usize = 159;

type Files = BTreeMap<String, Vec<u8>>;

fn document(files: &Files, name: &str) -> Document {
    let bytes = files.get(&format!("tests/{name}")).unwrap_or_else(|| panic!("no file {name}"));
    // Some files begin with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Document::parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn ecosystem_tests() {
    let Some(files) = shared_archive("tx-ecosystem-tests/tx-tests.tar.zst") else { return };
    let exceptions: BTreeSet<&str> = include_str!("ecosystem_exceptions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once(": ")?.0))
        .collect();
    assert!(exceptions.len() <= EXCEPTIONS_MAX, "{} exceptions", exceptions.len());
    let cases = document(&files, "test-cases.json");
    let (mut failed, mut passed) = (BTreeMap::new(), 0);
    for suite in cases.root().each_of("suites") {
        let suite_name = suite.get_str("name").unwrap_or_default();
        if !SUITES.contains(&&*suite_name) {
            continue;
        }
        let setup: Vec<Document> =
            suite.each_of("setup").map(|name| document(&files, &name.as_str().unwrap_or_default())).collect();
        let terminology = Terminology::built_in().with_resources(&setup);
        for test in suite.each_of("tests").filter(|test| test.get_str("mode").is_none()) {
            let name = format!("{suite_name}/{}", test.get_str("name").unwrap_or_default());
            match run(&files, &terminology, test) {
                Ok(()) => passed += 1,
                Err(difference) => drop(failed.insert(name, difference)),
            }
        }
    }
    let unexpected: Vec<_> = failed.iter().filter(|(name, _)| !exceptions.contains(name.as_str())).collect();
    let mended: Vec<_> = exceptions.iter().filter(|name| !failed.contains_key(**name)).collect();
    println!("terminology ecosystem: {passed} passed, {} failed", failed.len());
    for (name, difference) in &unexpected {
        println!("{name}: {difference}");
    }
    assert!(unexpected.is_empty(), "{} tests fail that are not listed", unexpected.len());
    assert!(mended.is_empty(), "take out of the exceptions what passes now: {mended:?}");
}

fn run(files: &Files, terminology: &Terminology, test: Node<'_>) -> Result<(), String> {
    let text = |name: &str| test.get_str(name).unwrap_or_default().into_owned();
    let request = document(files, &text("request"));
    let flat = test.get_str("response:flat").map(std::borrow::Cow::into_owned);
    // The flat answers of some tests are named but not there.
    let flat = flat.filter(|name| files.contains_key(&format!("tests/{name}")));
    let expected = document(files, &flat.unwrap_or_else(|| text("response")));
    let resources: Vec<Document> = request
        .root()
        .each_of("parameter")
        .filter(|one| one.get_str("name").as_deref() == Some("tx-resource"))
        .filter_map(|one| Some(Document::from_node(one.get("resource")?)))
        .collect();
    let terminology = terminology.with_resources(&resources);
    match text("operation").as_str() {
        "validate-code" => validate(&terminology, &request, &expected, ValidatedBy::ValueSet),
        "cs-validate-code" => validate(&terminology, &request, &expected, ValidatedBy::CodeSystem),
        "expand" => expand(&terminology, &request, &expected),
        "lookup" => lookup(&terminology, &request, &expected),
        other => Err(format!("the operation {other} is not run")),
    }
}

/// Expected errors are OperationOutcomes.
fn refused<T>(answer: Result<T, Error>, expected: &Document) -> Result<Option<T>, String> {
    let is_refusal = expected.resource_type().as_deref() == Some("OperationOutcome");
    match (answer, is_refusal) {
        (Ok(answer), false) => Ok(Some(answer)),
        (Err(_), true) => Ok(None),
        (Err(error), false) => Err(format!("refused: {error}")),
        (Ok(_), true) => Err("answered where a refusal is expected".to_owned()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

fn parameter<'a>(resource: Node<'a>, name: &str) -> Option<Node<'a>> {
    resource.each_of("parameter").find(|one| one.get_str("name").as_deref() == Some(name))
}

fn value_of(one: Node<'_>) -> Option<String> {
    let (_, value) = one.members().find(|(member, _)| member.starts_with("value"))?;
    value.scalar().map(std::borrow::Cow::into_owned)
}

fn validate(
    terminology: &Terminology,
    request: &Document,
    expected: &Document,
    by: ValidatedBy,
) -> Result<(), String> {
    let answer = ValidateRequest::from_parameters(request.root(), by)
        .and_then(|request| terminology.validate_code(&request));
    let Some(outcome) = refused(answer, expected)? else { return Ok(()) };
    let found = outcome.to_parameters().to_document();
    for name in ["result", "code", "system", "version", "display"] {
        let Some(wanted) = parameter(expected.root(), name) else { continue };
        let is_optional = wanted.get("$optional$").is_some();
        let ours = parameter(found.root(), name).and_then(value_of);
        if !(is_optional && ours.is_none()) {
            same(name, &ours, &value_of(wanted))?;
        }
    }
    same("issues", &issues(found.root(), false), &issues(expected.root(), false)).or_else(|difference| {
        let (ours, needed) = (issues(found.root(), false), issues(expected.root(), true));
        let all = issues(expected.root(), false);
        let is_between = needed.is_subset(&ours) && ours.is_subset(&all);
        if is_between { Ok(()) } else { Err(difference) }
    })
}

/// Severity, type, kind and place of every issue.
fn issues(parameters: Node<'_>, needed_only: bool) -> BTreeSet<[String; 4]> {
    let Some(outcome) = parameter(parameters, "issues").and_then(|one| one.get("resource")) else {
        return BTreeSet::new();
    };
    let text = |issue: Node<'_>, path: &[&str]| {
        issue
            .at_path(path)
            .and_then(|node| node.each().next())
            .and_then(Node::as_str)
            .unwrap_or_default()
            .into_owned()
    };
    outcome
        .each_of("issue")
        .filter(|issue| !needed_only || issue.get("$optional$").is_none())
        .map(|issue| {
            [
                text(issue, &["severity"]),
                text(issue, &["code"]),
                text(issue, &["details", "coding", "code"]),
                text(issue, &["expression"]),
            ]
        })
        .collect()
}

fn expand(terminology: &Terminology, request: &Document, expected: &Document) -> Result<(), String> {
    let answer =
        ExpansionRequest::from_parameters(request.root(), "2026-01-01T00:00:00Z").and_then(|asked| {
            match ExpansionRequest::subject(request.root())? {
                Scope::ValueSet(value_set) => terminology.expand_value_set((*value_set).clone(), &asked),
                Scope::ValueSetUrl(canonical) => terminology.expand(&canonical, &asked),
                other => panic!("{other:?} is not expanded"),
            }
        });
    let Some(value) = refused(answer, expected)? else { return Ok(()) };
    let found = Value::to_document(&value);
    same("codes", &codes(found.root()), &codes(expected.root()))?;
    let total = |resource: Node<'_>| {
        resource.at_path(&["expansion", "total"]).and_then(Node::scalar).map(std::borrow::Cow::into_owned)
    };
    match total(expected.root()) {
        Some(wanted) if !wanted.starts_with('$') => same("total", &total(found.root()), &Some(wanted)),
        _ => Ok(()),
    }
}

/// System, code, display, abstract and inactive of every code, nested ones too.
fn codes(resource: Node<'_>) -> BTreeSet<[String; 5]> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Node<'_>> =
        resource.get("expansion").into_iter().flat_map(|expansion| expansion.each_of("contains")).collect();
    while let Some(node) = open.pop() {
        open.extend(node.each_of("contains"));
        let names = ["system", "code", "display", "abstract", "inactive"];
        found
            .insert(names.map(|name| node.get(name).and_then(Node::scalar).unwrap_or_default().into_owned()));
    }
    found
}

fn lookup(terminology: &Terminology, request: &Document, expected: &Document) -> Result<(), String> {
    let text = |name: &str| parameter(request.root(), name).and_then(value_of).unwrap_or_default();
    let version = Some(text("version")).filter(|version| !version.is_empty());
    let found = terminology.lookup_with_system(&text("system"), version.as_deref(), &text("code"));
    let answer = found.ok_or_else(|| Error::CodeSystemNotFound(text("system")));
    let Some(lookup) = refused(answer, expected)? else { return Ok(()) };
    let found = lookup.to_parameters().to_document();
    for name in ["display", "definition", "name", "version"] {
        let Some(wanted) = parameter(expected.root(), name) else { continue };
        same(name, &parameter(found.root(), name).and_then(value_of), &value_of(wanted))?;
    }
    let properties = |resource: Node<'_>| -> BTreeSet<(String, String)> {
        let part = |one: Node<'_>, name: &str| {
            one.each_of("part").find(|part| part.get_str("name").as_deref() == Some(name)).and_then(value_of)
        };
        resource
            .each_of("parameter")
            .filter(|one| one.get_str("name").as_deref() == Some("property"))
            .map(|one| (part(one, "code").unwrap_or_default(), part(one, "value").unwrap_or_default()))
            .collect()
    };
    same("properties", &properties(found.root()), &properties(expected.root()))
}
