//! What a token allows, and nothing else: by reading, searching, linking and in bundles.

use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::program::{self, verify};
use crate::harness::samples::{patient, put_both, weight};
use crate::harness::server::Server;
use serde_json::{Value, json};

#[test]
fn without_a_token_nothing_of_the_record_is_seen() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let mut nobody = server.client();
    assert_eq!(nobody.get_json("/fhir/metadata")["resourceType"], "CapabilityStatement");
    let closed = [
        "/Patient/one",
        "/Patient",
        "/Patient/nobody",
        "/Patient?name=x",
        "/_history",
        "/Patient/one/$everything",
    ];
    let wrong = [
        nobody.again(),
        nobody.again().with_token("wrong"),
        nobody.again().with_header("authorization", "Basic YTpi"),
    ];
    for mut client in wrong {
        for path in closed {
            let answer = client.get(&format!("/fhir{path}"));
            assert_eq!(answer.status, 401, "{path}: {}", answer.text());
            assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
            assert_eq!(answer.json()["resourceType"], "OperationOutcome", "{path}");
        }
        assert_eq!(client.post("/fhir/Patient", &patient("two")).status, 401);
        assert_eq!(client.post("/fhir", &put_both("two")).status, 401);
    }
    for path in ["/patients", "/p/one", "/p/one/results"] {
        let page = nobody.get(path);
        let to = page.header("location").unwrap_or_default();
        assert!(page.status == 303 && to.starts_with("/sign-in?to="), "{path}: {to}");
        assert!(!page.text().contains("Sample"), "{path}");
    }
    server.stop();
}

#[test]
fn a_scope_is_kept_by_every_way_to_the_data() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let before = verify(server.data());
    let mut reader = server.client_with("system/Patient.rs");
    assert_eq!(reader.get_json("/fhir/Patient/one")["id"], "one");
    assert_eq!(reader.get_json("/fhir/Patient?name=sample")["total"], 1);
    let refused = [
        "/Observation/one-weight",
        "/Observation/nobody",
        "/Observation",
        "/Observation?subject=Patient/one",
        "/Observation/one-weight/_history",
        "/Patient?_has:Observation:subject:code=29463-7",
    ];
    for path in refused {
        let answer = reader.get(&format!("/fhir{path}"));
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        assert_eq!(answer.json()["issue"][0]["code"], "forbidden", "{path}");
    }
    // What leads from an allowed resource to another is either refused or left out.
    for path in [
        "/Patient?_revinclude=Observation:subject",
        "/Patient/one/$everything",
        "/_history",
        "/?_type=Patient,Observation",
    ] {
        let answer = reader.get(&format!("/fhir{path}"));
        assert!([200, 403].contains(&answer.status), "{path}: {}", answer.text());
        assert!(!answer.text().contains("29463-7"), "{path} shows what the token does not allow");
    }
    no_write(&mut reader);
    let mut writer = server.client_with("system/Observation.c");
    let made = writer.post("/fhir/Observation", &weight("x", "Patient/one"));
    assert_eq!(made.status, 201, "{}", made.text());
    for (method, path) in
        [("GET", "/Observation/one-weight"), ("DELETE", "/Observation/one-weight"), ("GET", "/Patient/one")]
    {
        assert_eq!(writer.send(method, &format!("/fhir{path}"), &[], b"").status, 403, "{method} {path}");
    }
    let after = verify(server.data());
    assert_eq!(after["versions"].as_u64(), before["versions"].as_u64().map(|count| count + 1));
    server.stop();
}

#[test]
fn a_question_about_another_type_needs_leave_for_it() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let before = verify(server.data());
    // The type's own scope, and what would tell of a patient's name or of an observation's code.
    let rows = [
        ("system/Observation.rs", "/Observation?subject:Patient.name=sample"),
        ("system/Observation.rs", "/Observation?subject.name=sample"),
        ("system/Observation.rs", "/Observation?patient.name=sample&status=final"),
        ("system/Patient.rs", "/Patient?_has:Observation:subject:status=final"),
        ("system/Patient.rs", "/Patient?_has:Encounter:subject:_has:Observation:encounter:status=final"),
        ("system/Patient.rs system/List.r", "/Patient?_list=x"),
    ];
    for (scope, path) in rows {
        let answer = server.client_with(scope).get(&format!("/fhir{path}"));
        assert_eq!(answer.status, 403, "{scope} {path}: {}", answer.text());
    }
    let mut both = server.client_with("system/Observation.rs system/Patient.s");
    assert_eq!(both.get_json("/fhir/Observation?subject.name=sample")["total"], 1);

    // Conditions are questions too.
    let mut writer = server.client_with("system/Observation.cu system/Patient.cud");
    let condition = [("content-type", "application/fhir+json"), ("if-none-exist", "name=sample")];
    let body = patient("two").to_string();
    assert_eq!(writer.send("POST", "/fhir/Patient", &condition, body.as_bytes()).status, 403);
    assert_eq!(writer.put("/fhir/Patient?name=sample", &patient("one")).status, 403);
    assert_eq!(writer.send("DELETE", "/fhir/Patient?name=sample", &[], b"").status, 403);
    let guess = writer.post("/fhir", &referring_by_condition());
    assert_eq!(guess.status, 403, "{}", guess.text());
    assert_eq!(verify(server.data())["versions"], before["versions"]);
    let mut seer = server.client_with("system/Observation.cu system/Patient.s");
    assert_eq!(seer.post("/fhir", &referring_by_condition()).status, 200);
    server.stop();
}

/// A transaction with an observation of the patient of a name.
fn referring_by_condition() -> Value {
    let entry = json!({
        "resource": weight("w", "Patient?name=sample"), "request": { "method": "PUT", "url": "Observation/w" },
    });
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] })
}

fn no_write(reader: &mut Client) {
    let forbidden =
        |answer: crate::harness::http::Answer| assert_eq!(answer.status, 403, "{}", answer.text());
    forbidden(reader.post("/fhir/Patient", &patient("two")));
    forbidden(reader.put("/fhir/Patient/one", &patient("one")));
    forbidden(reader.send("DELETE", "/fhir/Patient/one", &[], b""));
    forbidden(reader.send(
        "PATCH",
        "/fhir/Patient/one",
        &[("content-type", "application/json-patch+json")],
        b"[]",
    ));
    forbidden(reader.post("/fhir", &put_both("two")));
    let request = |method: &str, url: &str| json!({ "request": { "method": method, "url": url } });
    let entries = [
        request("GET", "Patient/one"),
        request("GET", "Observation/one-weight"),
        request("DELETE", "Patient/one"),
    ];
    let batch = reader.post("/fhir", &json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }));
    let statuses: Vec<String> = batch.json()["entry"].as_array().unwrap().iter().map(status).collect();
    assert_eq!(statuses, ["200", "403", "403"], "{}", batch.text());
}

fn status(entry: &Value) -> String {
    entry["response"]["status"].as_str().unwrap_or_default().chars().take(3).collect()
}

#[test]
fn a_scope_that_means_nothing_makes_no_token() {
    let folder = new_folder();
    for scope in
        ["Patient", "system/Patent.rs", "system/Patient.sr", "patient/Patient.rs", "launch", "system/*.z"]
    {
        let outcome = program::run(&folder.path().join("data"), ["token", "--scope", scope]);
        assert_eq!(outcome.code, Some(1), "{scope}: {outcome:?}");
        assert!(outcome.failure().contains(scope), "{outcome:?}");
    }
}

#[test]
fn a_sign_in_code_for_guests_opens_charts() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let wrong = server.client().send(
        "POST",
        "/sign-in",
        &[("content-type", "application/x-www-form-urlencoded")],
        b"code=wrong",
    );
    assert_eq!(wrong.status, 401);
    let mut pages = server.signed_in_by(&["sign-in-code", "--guest"]);
    let page = pages.get("/p/one");
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(pages.get("/p/nobody").status, 404);
    assert_eq!(pages.send("POST", "/sign-out", &[], b"").status, 303);
    assert_eq!(pages.get("/p/one").header("location"), Some("/sign-in?to=%2Fp%2Fone"), "the session is over");
    server.stop();
}
