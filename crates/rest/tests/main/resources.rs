//! Create, read, vread, update, patch, delete.

use crate::practice::{PATIENT, Practice, ask, observation};

const NEW_PATIENT: &str = r#"{"resourceType":"Patient","name":[{"family":"Ames"}]}"#;

#[test]
fn a_new_resource_is_found_where_location_says() {
    let practice = Practice::new();
    let made = practice.post("/Patient", NEW_PATIENT);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.header("location"), "http://localhost/fhir/Patient/made-0/_history/1");
    assert_eq!(made.header("etag"), "W/\"1\"");
    assert!(made.header("last-modified").ends_with("GMT"));
    assert_eq!(made.header("content-type"), "application/fhir+json;charset=utf-8");
    let read = practice.get("/Patient/made-0");
    assert_eq!((read.status.as_u16(), read.text()), (200, made.text()));
    assert_eq!(read.at("meta.versionId"), "1");
    assert_eq!(practice.get("/Patient/made-0/_history/1").text(), made.text());
}

#[test]
fn digits_and_order_stay_as_they_were_sent() {
    let practice = Practice::new();
    practice.fill(&[PATIENT, &observation("o1", "p1", "a", "2024-01-01")]);
    let read = practice.get("/Observation/o1");
    assert!(read.text().contains(r#""value":1.50,"unit""#), "{}", read.text());
}

#[test]
fn an_update_makes_a_version_and_the_same_content_none() {
    let practice = Practice::new();
    assert_eq!(practice.put("/Patient/p1", PATIENT).status, 201);
    assert_eq!(practice.put("/Patient/p1", PATIENT).header("etag"), "W/\"1\"");
    let changed = practice.put("/Patient/p1", &PATIENT.replace("Ida", "Ada"));
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "W/\"2\""));
    assert_eq!(changed.header("content-location"), "http://localhost/fhir/Patient/p1/_history/2");
    assert_eq!(practice.get("/Patient/p1/_history/1").at("name.0.given.0"), "Ida");
    practice.get("/Patient/p1/_history/3").assert_refusal(404, "not-found");
    practice.get("/Patient/p1/_history/x").assert_refusal(404, "not-found");
}

#[test]
fn a_deleted_resource_is_gone_and_can_come_back() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let deleted = practice.send(&ask("DELETE", "/Patient/p1"));
    assert_eq!(
        (deleted.status.as_u16(), deleted.header("etag"), deleted.text().as_str()),
        (204, "W/\"2\"", "")
    );
    practice.get("/Patient/p1").assert_refusal(410, "deleted");
    practice.get("/Patient/p1/_history/2").assert_refusal(410, "deleted");
    assert_eq!(practice.send(&ask("DELETE", "/Patient/p1")).status, 204);
    assert_eq!(practice.send(&ask("DELETE", "/Patient/never")).status, 204);
    assert!(practice.put("/Patient/p1", PATIENT).status.is_success());
    assert_eq!(practice.get("/Patient/p1").header("etag"), "W/\"3\"");
}

#[test]
fn patches_change_parts() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let json_patch = r#"[{"op":"replace","path":"/name/0/family","value":"Bell"}]"#;
    let patched = practice.send(&ask("PATCH", "/Patient/p1").body("application/json-patch+json", json_patch));
    assert_eq!(
        (patched.status.as_u16(), patched.at("name.0.family")),
        (200, "Bell".to_owned()),
        "{}",
        patched.text()
    );
    let fhirpath_patch = r#"{"resourceType":"Parameters","parameter":[{"name":"operation","part":[
        {"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.gender"},
        {"name":"value","valueCode":"other"}]}]}"#;
    let patched = practice.send(&ask("PATCH", "/Patient/p1").json(fhirpath_patch));
    assert_eq!(
        (patched.status.as_u16(), patched.at("gender")),
        (200, "other".to_owned()),
        "{}",
        patched.text()
    );
    let wrong = practice.send(&ask("PATCH", "/Patient/p1").json(PATIENT));
    wrong.assert_refusal(400, "invalid");
    let wrong = practice.send(&ask("PATCH", "/Patient/p1").body("text/plain", "x"));
    wrong.assert_refusal(415, "not-supported");
    let invalid = r#"[{"op":"replace","path":"/gender","value":"neither"}]"#;
    let wrong = practice.send(&ask("PATCH", "/Patient/p1").body("application/json-patch+json", invalid));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
}

#[test]
fn a_write_is_answered_as_preferred() {
    let practice = Practice::new();
    let minimal = practice.send(&ask("POST", "/Patient").json(NEW_PATIENT).with("prefer", "return=minimal"));
    assert_eq!((minimal.status.as_u16(), minimal.text().as_str()), (201, ""));
    assert!(!minimal.header("location").is_empty());
    let outcome =
        practice.send(&ask("POST", "/Patient").json(NEW_PATIENT).with("prefer", "return=OperationOutcome"));
    assert_eq!((outcome.status.as_u16(), outcome.at("issue.0.severity").as_str()), (201, "information"));
    let deleted = practice.send(&ask("DELETE", "/Patient/made-0").with("prefer", "return=OperationOutcome"));
    assert_eq!(deleted.at("resourceType"), "OperationOutcome");
    assert!(deleted.status.is_success());
}

#[test]
fn content_of_a_binary_goes_in_and_out_as_it_is() {
    let practice = Practice::new();
    let made = practice.send(&ask("POST", "/Binary").body("text/csv", "a,b\n1,2\n"));
    assert_eq!((made.status.as_u16(), made.at("contentType").as_str()), (201, "text/csv"), "{}", made.text());
    let native = practice.send(&ask("GET", "/Binary/made-0").with("accept", "text/csv"));
    assert_eq!((native.header("content-type"), native.text().as_str()), ("text/csv", "a,b\n1,2\n"));
    assert_eq!(practice.get("/Binary/made-0").at("data"), "YSxiCjEsMgo=");
}

#[test]
fn head_is_get_without_a_body() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let (get, head) = (practice.get("/Patient/p1"), practice.send(&ask("HEAD", "/Patient/p1")));
    assert_eq!((head.status, head.bytes.len()), (get.status, 0));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), get.bytes.len().to_string());
}
