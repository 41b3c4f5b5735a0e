//! Conditional reads and writes.

use crate::practice::{PATIENT, Practice, ask};

const IDENTIFIED: &str = r#"{"resourceType":"Patient","identifier":[{"system":"http://example.org/mrn","value":"7"}],"active":true}"#;
const CONDITION: &str = "identifier=http://example.org/mrn|7";

#[test]
fn conditional_read_answers_304_when_the_client_has_it() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let read = practice.get("/Patient/p1");
    let modified = read.header("last-modified").to_owned();
    let rows = [
        ("if-none-match", "W/\"1\"", 304),
        ("if-none-match", "W/\"9\", W/\"1\"", 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "W/\"2\"", 200),
        ("if-modified-since", modified.as_str(), 304),
        ("if-modified-since", "Mon, 01 Jan 2018 00:00:00 GMT", 200),
        ("if-modified-since", "not a date", 200),
    ];
    for (name, value, status) in rows {
        let got = practice.send(&ask("GET", "/Patient/p1").with(name, value));
        assert_eq!(got.status.as_u16(), status, "{name}: {value}");
        assert_eq!(got.bytes.is_empty(), status == 304);
        assert_eq!(got.header("etag"), "W/\"1\"");
    }
}

#[test]
fn if_match_guards_updates_patches_and_deletes() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let changed = PATIENT.replace("Ida", "Ada");
    let stale = practice.send(&ask("PUT", "/Patient/p1").json(&changed).with("if-match", "W/\"7\""));
    stale.assert_refusal(412, "conflict");
    let fresh = practice.send(&ask("PUT", "/Patient/p1").json(&changed).with("if-match", "W/\"1\""));
    assert_eq!(fresh.status, 200, "{}", fresh.text());
    let patch = r#"[{"op":"replace","path":"/active","value":false}]"#;
    let stale =
        ask("PATCH", "/Patient/p1").body("application/json-patch+json", patch).with("if-match", "W/\"1\"");
    practice.send(&stale).assert_refusal(412, "conflict");
    practice.send(&ask("DELETE", "/Patient/p1").with("if-match", "W/\"1\"")).assert_refusal(412, "conflict");
    practice.send(&ask("DELETE", "/Patient/p1").with("if-match", "nonsense")).assert_refusal(400, "invalid");
    assert_eq!(practice.send(&ask("DELETE", "/Patient/p1").with("if-match", "W/\"2\"")).status, 204);
    practice.fill(&[PATIENT]);
    let only_new = ask("PUT", "/Patient/p1").json(&changed).with("if-none-match", "*");
    practice.send(&only_new).assert_refusal(412, "conflict");
}

#[test]
fn conditional_create_makes_one() {
    let practice = Practice::new();
    let create = ask("POST", "/Patient").json(IDENTIFIED).with("if-none-exist", CONDITION);
    assert_eq!(practice.send(&create).status, 201);
    let again = practice.send(&create);
    assert_eq!(
        (again.status.as_u16(), again.header("location")),
        (200, "http://localhost/fhir/Patient/made-0/_history/1")
    );
    assert_eq!(practice.get("/Patient?_summary=count").at("total"), "1");
    assert_eq!(practice.post("/Patient", IDENTIFIED).status, 201);
    practice.send(&create).assert_refusal(412, "multiple-matches");
}

#[test]
fn conditional_update_patch_and_delete_find_their_resource() {
    let practice = Practice::new();
    let path = format!("/Patient?{CONDITION}");
    let made = practice.put(&path, IDENTIFIED);
    assert_eq!(made.status, 201, "{}", made.text());
    let changed = practice.put(&path, &IDENTIFIED.replace("true", "false"));
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "W/\"2\""));
    let patch = r#"[{"op":"add","path":"/gender","value":"male"}]"#;
    let patched = practice.send(&ask("PATCH", &path).body("application/json-patch+json", patch));
    assert_eq!((patched.status.as_u16(), patched.at("gender").as_str()), (200, "male"), "{}", patched.text());
    assert_eq!(practice.send(&ask("DELETE", &path)).status, 204);
    assert_eq!(practice.get(&path).at("total"), "0");
    assert_eq!(practice.send(&ask("DELETE", &path)).status, 204);
    practice.send(&ask("DELETE", "/Patient")).assert_refusal(400, "invalid");
    practice.send(&ask("DELETE", "/Patient?_format=json")).assert_refusal(400, "invalid");
}

#[test]
fn a_conditional_delete_takes_one_resource_or_none() {
    let practice = Practice::new();
    let first = practice.post("/Patient", IDENTIFIED).at("id");
    let second = practice.post("/Patient", IDENTIFIED).at("id");
    let path = format!("/Patient?{CONDITION}");
    practice.send(&ask("DELETE", &path)).assert_refusal(412, "multiple-matches");
    let entry = format!(r#"{{"request":{{"method":"DELETE","url":"Patient?{CONDITION}"}}}}"#);
    let bundle = format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entry}]}}"#);
    practice.post("/", &bundle).assert_refusal(412, "multiple-matches");
    for id in [&first, &second] {
        assert_eq!(practice.get(&format!("/Patient/{id}")).status, 200);
    }
    assert_eq!(practice.send(&ask("DELETE", &format!("/Patient/{first}"))).status, 204);
    assert_eq!(practice.send(&ask("DELETE", &path)).status, 204);
    assert_eq!(practice.get(&format!("/Patient/{second}")).status, 410);
    let statement = practice.get("/metadata");
    let statement = fhir::Document::parse(statement.text()).unwrap();
    let rest = statement.root().get("rest").and_then(|rest| rest.items().next()).unwrap();
    let patient = rest.each_of("resource").find(|one| one.get_str("type").as_deref() == Some("Patient"));
    assert_eq!(patient.unwrap().get_str("conditionalDelete").as_deref(), Some("single"));
}
