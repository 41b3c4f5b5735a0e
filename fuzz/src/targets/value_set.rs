//! The practice's own terminology resources: what a value set expands to is in it.

use super::Target;
use fhir::Document;
use terminology::{
    Coding, ExpansionRequest, Membership, Scope, Terminology, TranslateRequest, ValidateRequest, ValueSet,
};

pub const TARGET: Target = Target {
    name: "value_set",
    help: "CodeSystem, ValueSet and ConceptMap, one a line: a code of the expansion is found to be in the value set",
    check,
    words: &[
        "{\"resourceType\":\"ValueSet\",\"url\":\"http://e/v\",\"compose\":{\"include\":[",
        "\"valueSet\":[\"http://e/v\"]",
        "\"system\":\"http://e/c\"",
        "\"filter\":[{\"property\":\"concept\",\"op\":\"is-a\",",
        "\"op\":\"regex\"",
        "\"value\":\"",
        "\"exclude\":[",
        "\"concept\":[{\"code\":\"a\"}",
        "\n",
        "\"caseSensitive\":false",
        "\"expansion\":{\"contains\":[",
        "\"inactive\":true",
        "descendent-of",
        "\"op\":\"exists\"",
        "child-of",
        "|1",
    ],
    cases: 4_000,
};

fn check(bytes: &[u8]) {
    let mut terminology = Terminology::empty();
    let mut value_sets = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(document) = Document::parse(line) else { continue };
        terminology.add_code_system(&document);
        terminology.add_concept_map(&document);
        if terminology.add_value_set(&document) {
            value_sets.extend(ValueSet::from_node(document.root()));
        }
    }
    for (code, reverse) in [("a", false), ("b", true)] {
        let system = "http://e/c".to_owned();
        let request =
            TranslateRequest { system, code: code.to_owned(), reverse, ..TranslateRequest::default() };
        let _ = terminology.translate(&request);
        let _ = terminology.lookup("http://e/c", None, code);
        let _ = terminology.is_below("http://e/c", code, "a");
    }
    for value_set in value_sets {
        let canonical = value_set.canonical();
        let request = ExpansionRequest { filter: Some("a".to_owned()), ..ExpansionRequest::default() };
        let _ = terminology.expand_value_set(value_set, &request);
        let Ok(expansion) = terminology.expanded_codes(&canonical, &ExpansionRequest::default()) else {
            continue;
        };
        assert_eq!(expansion.codes.len(), expansion.total);
        for found in &expansion.codes {
            let membership = terminology.contains(&canonical, Some(&found.system), &found.code);
            assert_eq!(membership, Membership::Yes, "{canonical} {} {}", found.system, found.code);
            let coding = Coding::new(&found.system, &found.code);
            let scope = Scope::ValueSetUrl(canonical.clone());
            let _ = terminology.validate_code(&ValidateRequest::coding(scope, coding));
        }
    }
}
