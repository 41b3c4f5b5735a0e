//! The audit log through the API.

use crate::practice::{PATIENT, Practice, ask, observation};

#[test]
fn who_read_a_patient_is_a_search_of_audit_events() {
    let practice = Practice::new();
    practice.fill(&[PATIENT, &observation("o1", "p1", "a", "2024-01-01")]);
    practice.get("/Patient/p1");
    practice.get("/Observation?subject=Patient/p1");
    practice.get("/Patient/p1/$everything");
    let first = practice.get("/AuditEvent?patient=Patient/p1&_count=2");
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.at("entry.length"), "2");
    let next = practice.get(&first.link("next"));
    assert_eq!(next.at("entry.length"), "2");
    assert_ne!(first.at("entry.0.resource.id"), next.at("entry.0.resource.id"));
    let reads = practice.get("/AuditEvent?entity=Patient/p1&action=R&_total=accurate");
    assert_eq!(reads.at("total"), "2", "a read, and that of $everything: {}", reads.text());
    let id = reads.at("entry.0.resource.id");
    let one = practice.get(&format!("/AuditEvent/{id}"));
    assert_eq!((one.status.as_u16(), one.at("action").as_str()), (200, "R"));
    let xml = practice.send(&ask("GET", &format!("/AuditEvent/{id}")).with("accept", "application/fhir+xml"));
    assert!(xml.text().contains("<AuditEvent"), "{}", xml.text());
    let compartment = practice.get("/Patient/p1/AuditEvent?action=R&_summary=count");
    assert_eq!(compartment.at("total"), "2", "{}", compartment.text());
}

#[test]
fn the_log_is_listed_as_it_is_and_takes_nothing() {
    let practice = Practice::new();
    let statement = practice.get("/metadata").document();
    let rest = statement.root().each_of("rest").next().unwrap();
    let listed = rest.each_of("resource").find(|one| one.get_str("type").as_deref() == Some("AuditEvent"));
    let codes: Vec<String> = listed
        .unwrap()
        .each_of("interaction")
        .filter_map(|one| Some(one.get_str("code")?.into_owned()))
        .collect();
    assert_eq!(codes, ["search-type", "read", "vread"]);
    practice.post("/AuditEvent", r#"{"resourceType":"AuditEvent"}"#).assert_refusal(422, "business-rule");
    practice.send(&ask("DELETE", "/AuditEvent/w-1")).assert_refusal(422, "business-rule");
    practice.get("/AuditEvent?_sort=date").assert_refusal(400, "not-supported");
}
