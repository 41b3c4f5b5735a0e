//! Batches and transactions.

use crate::practice::{PATIENT, Practice, ask};

fn transaction(observation: &str) -> String {
    format!(
        r#"{{"resourceType":"Bundle","type":"transaction","entry":[
        {{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{{"resourceType":"Patient","name":[{{"family":"New"}}]}},"request":{{"method":"POST","url":"Patient"}}}},
        {{"fullUrl":"urn:uuid:1c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{observation},"request":{{"method":"POST","url":"Observation"}}}}]}}"#
    )
}

const OBSERVATION: &str = r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}}"#;

#[test]
fn a_transaction_is_done_as_a_whole() {
    let practice = Practice::new();
    let done = practice.post("", &transaction(OBSERVATION));
    assert_eq!(
        (done.status.as_u16(), done.at("type").as_str()),
        (200, "transaction-response"),
        "{}",
        done.text()
    );
    assert_eq!(done.at("entry.0.response.status"), "201 Created");
    assert_eq!(done.at("entry.0.response.etag"), "W/\"1\"");
    assert_eq!(done.at("entry.0.response.location"), "http://localhost/fhir/Patient/made-0/_history/1");
    assert_eq!(done.at("entry.1.resource.subject.reference"), "Patient/made-0");
    let minimal =
        practice.send(&ask("POST", "").json(&transaction(OBSERVATION)).with("prefer", "return=minimal"));
    assert_eq!(minimal.at("entry.0.resource"), "");
    let broken = practice.post("/", &transaction(&OBSERVATION.replace("final", "finished")));
    assert_eq!(broken.status, 422, "{}", broken.text());
    assert!(
        broken.at("issue.0.expression.0").starts_with("Bundle.entry[1].resource.status"),
        "{}",
        broken.text()
    );
    assert_eq!(practice.get("/Patient?_summary=count").at("total"), "2");
}

#[test]
fn entries_of_a_batch_stand_alone() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let batch = r#"{"resourceType":"Bundle","type":"batch","entry":[
        {"request":{"method":"GET","url":"Patient/p1"}},
        {"request":{"method":"GET","url":"Patient/never"}},
        {"request":{"method":"GET","url":"Patient?family=ames"}},
        {"request":{"method":"GET","url":"Patient/p1/_history"}},
        {"request":{"method":"DELETE","url":"Patient/p1"}}]}"#;
    let done = practice.post("", batch);
    assert_eq!(done.at("type"), "batch-response");
    let statuses = ["200 OK", "404 Not Found", "200 OK", "200 OK", "204 No Content"];
    for (place, status) in statuses.iter().enumerate() {
        assert_eq!(done.at(&format!("entry.{place}.response.status")), *status, "{}", done.text());
    }
    assert_eq!(done.at("entry.0.resource.id"), "p1");
    assert_eq!(done.at("entry.1.response.outcome.issue.0.code"), "not-found");
    assert_eq!(done.at("entry.2.resource.entry.0.resource.id"), "p1");
    assert_eq!(done.at("entry.3.resource.type"), "history");
}

#[test]
fn other_content_is_not_processed_at_the_base() {
    let practice = Practice::new();
    practice.post("", PATIENT).assert_refusal(400, "invalid");
    practice.post("", r#"{"resourceType":"Bundle","type":"collection"}"#).assert_refusal(400, "invalid");
}
