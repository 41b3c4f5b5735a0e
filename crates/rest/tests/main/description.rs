//! What the server says of itself is what it does.

use crate::practice::{Practice, ask};
use fhir::{Document, Node};
use std::collections::BTreeSet;

#[test]
fn the_statement_is_valid_and_made_of_the_tables() {
    let practice = Practice::new();
    for mode in ["full", "normative", "terminology"] {
        let got = practice.get(&format!("/metadata?mode={mode}"));
        assert_eq!(got.status, 200, "{mode}");
        let type_name = got.at("resourceType");
        let outcome = practice.post(&format!("/{type_name}/$validate"), &got.text());
        let errors: Vec<_> = outcome
            .document()
            .root()
            .each_of("issue")
            .map(|issue| issue.raw().to_owned())
            .filter(|issue| issue.contains("\"error\""))
            .collect();
        assert!(errors.is_empty(), "{mode}: {errors:#?}");
    }
    practice.get("/metadata?mode=other").assert_refusal(400, "value");
    let full = practice.get("/metadata");
    let resources: usize = full.at("rest.0.resource.length").parse().unwrap();
    assert!(resources > 140, "{resources}");
    let text = full.text();
    for row in rest::operation_outline() {
        assert!(text.contains(&format!("\"name\":\"{}\"", row.name)), "{}", row.name);
    }
}

#[test]
fn the_statement_names_profiles_and_what_is_included() {
    let practice = Practice::new();
    let full = practice.get("/metadata").document();
    let rest = full.root().each_of("rest").next().unwrap();
    let lists = |type_name: &str, list: &str| -> Vec<String> {
        let mut types = rest.each_of("resource");
        let row = types.find(|row| row.get_str("type").as_deref() == Some(type_name)).unwrap();
        row.each_of(list).map(|item| item.as_str().unwrap().into_owned()).collect()
    };
    let has = |type_name: &str, list: &str, wanted: &str| {
        let found = lists(type_name, list);
        assert!(found.iter().any(|item| item == wanted), "{type_name}.{list} has no {wanted}: {found:?}");
    };
    let us_core = |name: &str| format!("http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}");
    has("Patient", "supportedProfile", &us_core("patient"));
    has("Condition", "supportedProfile", &us_core("condition-encounter-diagnosis"));
    has("Observation", "supportedProfile", &us_core("blood-pressure"));
    assert!(lists("Account", "supportedProfile").is_empty());
    has("CareTeam", "searchInclude", "CareTeam:participant");
    has("CareTeam", "searchInclude", "CareTeam:participant:Practitioner");
    assert!(!lists("Provenance", "searchInclude").iter().any(|item| item.starts_with("Provenance:target:")));
}

/// Every interaction that the statement lists is answered; every row of the table is listed or has its own name.
#[test]
fn what_is_listed_is_answered() {
    let practice = Practice::new();
    let full = practice.get("/metadata").document();
    let rest = full.root().each_of("rest").next().unwrap();
    let codes = |node: Node<'_>| -> Vec<String> {
        let of = node.each_of("interaction").map(|one| one.get_str("code").unwrap().into_owned());
        of.collect()
    };
    let mut listed = codes(rest);
    listed.extend(codes(rest.each_of("resource").next().unwrap()));
    let own = [
        "capabilities",
        "openapi",
        "search-compartment",
        "operation",
        "job-status",
        "job-delete",
        "job-file",
        "subscription-socket",
        "subscription-stream",
    ];
    for row in rest::interaction_outline() {
        let is_known = listed.iter().any(|code| code == row.name) || own.contains(&row.name);
        assert!(is_known, "{}", row.name);
    }
    for code in listed {
        let is_answered = code == "batch" || rest::interaction_outline().any(|row| row.name == code);
        assert!(is_answered, "{code}");
    }
}

/// The OpenAPI document's paths are the router's: each is answered by something else than "nothing here".
#[test]
fn described_paths_are_answered() {
    let practice = Practice::new();
    let document: Document = practice.get("/openapi.json").document();
    let (mut count, mut names) = (0, BTreeSet::new());
    for (path, item) in document.root().get("paths").unwrap().members() {
        let concrete = path.replace("{type}", "Basic").replace("{id}", "1").replace("{version}", "1");
        let concrete = concrete.replace("{member}", "*").replace("{file}", "Patient");
        for (method, operation) in item.members() {
            assert!(names.insert(operation.get_str("operationId").unwrap().into_owned()), "{method} {path}");
            let got = practice.send(&ask(&method.to_uppercase(), &concrete));
            let is_nothing = got.status == 405 || got.text().contains("there is nothing at");
            assert!(!is_nothing, "{method} {concrete}: {}", got.text());
            assert!(!got.text().contains("there is no operation"), "{method} {concrete}: {}", got.text());
            assert!(got.status.as_u16() < 500, "{method} {concrete}: {}", got.text());
            count += 1;
        }
    }
    let operations: usize =
        rest::operation_outline().map(|row| row.paths.len() * if row.affects_state { 1 } else { 2 }).sum();
    let interactions = rest::interaction_outline().filter(|row| row.name != "operation").count();
    assert_eq!(count, interactions + operations);
}
