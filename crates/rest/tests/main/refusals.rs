//! Every kind of refusal: status, issue code, and a text that says how to mend it.

use crate::practice::{PATIENT, Practice, ask};

#[test]
fn refusals_say_what_is_wrong_and_how_to_mend_it() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let rows = [
        (ask("GET", "/Patient/never"), 404, "not-found"),
        (ask("GET", "/Patient/a_b"), 400, "invalid"),
        (ask("GET", "/Patent/1"), 404, "not-supported"),
        (ask("GET", "/nothing/at/all"), 404, "not-found"),
        (ask("GET", "/Patient/p1/$nothing"), 404, "not-supported"),
        (ask("GET", "/Patient?birthdate=today"), 400, "value"),
        (ask("GET", "/Patient?name:near=x"), 400, "not-supported"),
        (ask("POST", "/Patient").json("{"), 400, "structure"),
        (ask("POST", "/Patient").json("[]"), 400, "structure"),
        (
            ask("POST", "/Patient").json(r#"{"resourceType":"Patient","active":true,"active":true}"#),
            400,
            "structure",
        ),
        (ask("POST", "/Patient").json(r#"{"resourceType":"Group"}"#), 400, "invalid"),
        (ask("PUT", "/Patient/p2").json(PATIENT), 400, "invalid"),
        (ask("PUT", "/Patient/p1").json(r#"{"resourceType":"Patient"}"#), 400, "invalid"),
        (ask("POST", "/Patient").json(r#"{"resourceType":"Patient","gender":"x"}"#), 422, "code-invalid"),
        (
            ask("POST", "/Observation").json(r#"{"resourceType":"Observation","status":"final"}"#),
            422,
            "required",
        ),
        (ask("PATCH", "/Patient/never").body("application/json-patch+json", "[]"), 404, "not-found"),
        (ask("PATCH", "/Patient/p1").body("application/json-patch+json", "{}"), 400, "invalid"),
    ];
    for (ask, status, code) in rows {
        let got = practice.send(&ask);
        assert_eq!(got.status.as_u16(), status, "{} {}: {}", ask.method, ask.path, got.text());
        got.assert_refusal(status, code);
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let practice = Practice::new();
    let rows = [
        ("DELETE", "/metadata", "GET, HEAD, OPTIONS"),
        ("PUT", "/Patient/p1/_history", "GET, HEAD, OPTIONS"),
        ("POST", "/Patient/p1", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("TRACE", "/Patient", "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("GET", "/Patient/p1/$meta-add", "POST, OPTIONS"),
    ];
    for (method, path, allow) in rows {
        let got = practice.send(&ask(method, path));
        got.assert_refusal(405, "not-supported");
        assert_eq!(got.header("allow"), allow, "{path}");
    }
    let options = practice.send(&ask("OPTIONS", "/Patient/p1"));
    assert_eq!(
        (options.status.as_u16(), options.header("allow")),
        (204, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS")
    );
}

#[test]
fn what_is_invalid_is_named_in_place() {
    let practice = Practice::new();
    let wrong = r#"{"resourceType":"Patient","name":[{"familly":"Ames"}],"birthDate":"1970-13-01"}"#;
    let got = practice.post("/Patient", wrong);
    assert_eq!(got.status, 422);
    let text = got.text();
    assert!(text.contains("Patient.name[0]") && text.contains("Patient.birthDate"), "{text}");
}
