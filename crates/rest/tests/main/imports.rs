//! Imports in bulk: what is refused at once, and what becomes of lines.

use crate::practice::{Got, PATIENT, Practice, ask, observation};
use access::Actor;
use rest::Authenticated;

const LATER: (&str, &str) = ("prefer", "respond-async");

/// A practice with a new folder for imports.
fn practice(name: &str) -> Practice {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("imports-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    Practice::with(rest::Settings { jobs: Some(folder), ..rest::Settings::default() })
}

/// Sends a file to a Binary.
fn upload(practice: &Practice, id: &str, lines: &str) {
    let got = practice.send(&ask("PUT", &format!("/Binary/{id}")).body("application/fhir+ndjson", lines));
    assert!(got.status.is_success(), "{}", got.text());
}

fn manifest(inputs: &str) -> String {
    format!(
        r#"{{"inputFormat":"application/fhir+ndjson","inputSource":"https://a.example","input":{inputs}}}"#
    )
}

fn import(practice: &Practice, body: &str) -> Got {
    practice.send(&ask("POST", "/$import").with(LATER.0, LATER.1).body("application/json", body))
}

/// Waits for an import that was begun, and gives its manifest.
fn outcome(practice: &Practice, begun: &Got) -> (String, Got) {
    assert_eq!(begun.status, 202, "{}", begun.text());
    let place = begun.header("content-location").strip_prefix("http://localhost/fhir").unwrap().to_owned();
    for _ in 0..2000 {
        let got = practice.get(&place);
        if got.status != 202 {
            return (place, got);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the import does not come to its end");
}

#[test]
fn what_cannot_be_imported_is_refused_at_once() {
    let practice = practice("refused");
    upload(&practice, "lines", PATIENT);
    practice.put("/Binary/empty", r#"{"resourceType":"Binary","id":"empty","contentType":"text/plain"}"#);
    let good = manifest(r#"[{"type":"Patient","url":"Binary/lines"}]"#);
    let at_once = practice.send(&ask("POST", "/$import").body("application/json", &good));
    at_once.assert_refusal(400, "invalid");
    assert_eq!(at_once.at("issue.0.expression.0"), "http.Prefer");
    practice.send(&ask("GET", "/$import").with(LATER.0, LATER.1)).assert_refusal(405, "not-supported");

    let of = |input: &str| manifest(&format!("[{input}]"));
    let detail = |detail: &str| good.replacen('{', &format!(r#"{{"storageDetail":{detail},"#), 1);
    let rows = [
        (good.replace("fhir+ndjson", "fhir+json"), 400, "http.inputFormat"),
        (good.replace("inputSource", "inputSauce"), 400, "http.inputSauce"),
        (good.replace(r#""inputSource":"https://a.example","#, ""), 400, "http.inputSource"),
        (manifest("[]"), 400, "http.input"),
        (of(r#"{"type":"Pation","url":"Binary/lines"}"#), 400, "http.input"),
        (of(r#"{"url":"Binary/lines"}"#), 400, "http.input"),
        (of(r#"{"type":"Patient","url":"Binary/empty"}"#), 400, "http.input"),
        (of(r#"{"type":"Patient","url":"http://b.example/p"}"#), 400, "http.input"),
        (of(r#"{"type":"Patient","url":"https://127.0.0.1/p"}"#), 400, "http.input"),
        (of(r#"{"type":"Patient","url":"file:///etc/passwd"}"#), 400, "http.input"),
        (of(r#"{"type":"Patient"}"#), 400, "http.input"),
        (of(r#"{"type":"Patient","url":"Binary/none"}"#), 404, ""),
        (detail(r#"{"type":"aws-s3"}"#), 400, "http.storageDetail"),
        (detail(r#"{"type":"https","contentEncoding":["zip"]}"#), 400, "http.storageDetail"),
    ];
    for (body, status, place) in rows {
        let got = import(&practice, &body);
        assert_eq!((got.status.as_u16(), got.at("issue.0.expression.0").as_str()), (status, place), "{body}");
    }

    let asked = ask("POST", "/$import").with(LATER.0, LATER.1).body("application/json", &good);
    let mut request = asked.request();
    request.extensions_mut().insert(Authenticated(Actor::guest()));
    practice.send_as_is(request).assert_refusal(403, "forbidden");
    practice.send_as_is(asked.request()).assert_refusal(401, "login");
    Practice::new().send(&asked).assert_refusal(501, "not-supported");
}

#[test]
fn a_bad_line_is_named_and_the_rest_is_in() {
    let practice = practice("lines");
    let second = PATIENT.replace("p1", "p2");
    let (odd, weight) = (PATIENT.replace("female", "blue"), observation("o1", "p1", "1", "2026-01-02"));
    let lines = format!("{PATIENT}\n\n{{\"resourceType\":\"Patient\",\n{odd}\n{weight}\n{second}\r\n");
    upload(&practice, "lines", &lines);
    upload(&practice, "none", "\n\n");
    let parameters = r#"{"resourceType":"Parameters","parameter":[
        {"name":"inputFormat","valueString":"application/fhir+ndjson"},
        {"name":"inputSource","valueUri":"https://a.example"},
        {"name":"storageDetail","part":[{"name":"type","valueString":"https"},{"name":"contentEncoding","valueString":"gzip"}]},
        {"name":"input","part":[{"name":"type","valueString":"Patient"},{"name":"url","valueUri":"Binary/lines"}]},
        {"name":"input","part":[{"name":"type","valueString":"Patient"},{"name":"url","valueUri":"http://localhost/fhir/Binary/none"}]}]}"#;
    let begun = practice.send(&ask("POST", "/$import").with(LATER.0, LATER.1).json(parameters));
    let (place, outcome) = outcome(&practice, &begun);
    assert_eq!(outcome.status, 200, "{}", outcome.text());
    let told = ["output.0.count", "output.1.count", "output.length", "error.0.count", "error.length"];
    assert_eq!(told.map(|path| outcome.at(path)), ["2", "0", "2", "3", "1"], "{}", outcome.text());
    assert_eq!(outcome.at("error.0.inputUrl"), "Binary/lines");
    assert_eq!(outcome.at("request"), "http://localhost/fhir/$import");
    assert_eq!(outcome.at("error.0.url"), format!("http://localhost/fhir{place}/errors-1"));

    let errors = practice.get(&format!("{place}/errors-1")).text();
    let wanted = [("line 3", "column"), ("line 4", "gender"), ("line 5", "Observation")];
    assert_eq!(errors.lines().count(), wanted.len(), "{errors}");
    for (line, (number, word)) in errors.lines().zip(wanted) {
        let outcome = fhir::Document::parse(line).unwrap();
        assert_eq!(outcome.resource_type().as_deref(), Some("OperationOutcome"));
        assert!(line.contains(&format!("{number} of the input")) && line.contains(word), "{line}");
        assert!(!line.contains("Ames"), "no more of the patient than the fault: {line}");
    }
    practice.get(&format!("{place}/errors-2")).assert_refusal(404, "not-found");
    practice.get(&format!("{place}/tallies")).assert_refusal(404, "not-found");
    for id in ["p1", "p2"] {
        assert_eq!(practice.get(&format!("/Patient/{id}")).status, 200);
    }
    practice.get("/Observation/o1").assert_refusal(404, "not-found");
    assert_eq!(practice.send(&ask("DELETE", &place)).status, 202);
    practice.get(&place).assert_refusal(404, "not-found");
}
