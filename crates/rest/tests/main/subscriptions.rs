//! Subscriptions: what is accepted, what is told, and to whom.

use crate::practice::{Got, PATIENT, Practice, ask, observation};
use access::{Actor, Scope};
use record::credential::CredentialKind;
use std::time::Duration;

const TOPIC: &str = "urn:chiron:topic:new-result";
const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport";

/// A Subscription to a topic over websockets, with something changed in it.
fn topical(id: &str, change: (&str, &str)) -> String {
    let json = format!(
        r#"{{"resourceType":"Subscription","id":"{id}","status":"requested","reason":"to be told","criteria":"{TOPIC}","_criteria":{{"extension":[{{"url":"{BACKPORT}-filter-criteria","valueString":"Observation?patient=Patient/p1"}}]}},"channel":{{"type":"websocket","payload":"application/fhir+json","_payload":{{"extension":[{{"url":"{BACKPORT}-payload-content","valueCode":"id-only"}}]}}}}}}"#
    );
    assert!(json.contains(change.0), "{}", change.0);
    json.replace(change.0, change.1)
}

/// A Subscription to a search, sent to a server.
fn plain(id: &str, criteria: &str, endpoint: &str) -> String {
    format!(
        r#"{{"resourceType":"Subscription","id":"{id}","status":"requested","reason":"to be told","criteria":"{criteria}","channel":{{"type":"rest-hook","endpoint":"{endpoint}"}}}}"#
    )
}

/// Asks until an answer is as it should be.
fn wait(practice: &Practice, path: &str, fits: impl Fn(&Got) -> bool) -> Got {
    for _ in 0..1_000 {
        let got = practice.get(path);
        if fits(&got) {
            return got;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{path}: {}", practice.get(path).text());
}

fn status(practice: &Practice, id: &str, status: &str) {
    wait(practice, &format!("/Subscription/{id}"), |got| got.at("status") == status);
}

fn events(got: &Got) -> usize {
    got.text().matches("\"name\":\"notification-event\"").count()
}

#[test]
fn what_cannot_be_served_is_refused_where_it_stands() {
    let practice = Practice::new();
    let rows = [
        (TOPIC, "urn:chiron:topic:other", "Subscription.criteria", "the topics are"),
        (TOPIC, "Observation?subject.name=x", "Subscription.criteria", "chains"),
        (TOPIC, "Observation?nothing=x", "Subscription.criteria", "nothing"),
        (TOPIC, "Pation?name=x", "Subscription.criteria", "no type of resource"),
        ("patient=Patient/p1", "value-quantity=1", "Subscription.criteria.extension", "cannot be filtered"),
        ("Observation?", "Encounter?", "Subscription.criteria.extension", "nothing that"),
        ("\"websocket\"", "\"email\"", "Subscription.channel.type", "not served"),
        ("\"websocket\"", "\"rest-hook\"", "Subscription.channel.endpoint", "https"),
        (
            "\"websocket\"",
            "\"rest-hook\",\"endpoint\":\"http://example.org/\"",
            "Subscription.channel.endpoint",
            "outgoing-targets",
        ),
        (
            "\"websocket\"",
            "\"rest-hook\",\"endpoint\":\"https://169.254.169.254/\"",
            "Subscription.channel.endpoint",
            "public",
        ),
        (
            "\"websocket\"",
            "\"rest-hook\",\"endpoint\":\"https://example.org/\",\"header\":[\"Host: inside\"]",
            "Subscription.channel.header",
            "set by the server",
        ),
        ("fhir+json", "fhir+xml", "Subscription.channel.payload", "fhir+json"),
        ("fhir+json", "fhir+json; fhirVersion=5.0", "Subscription.channel.payload", "4.0"),
        ("id-only", "everything", "Subscription.channel.payload.extension", "id-only"),
        ("backport-payload-content", "backport-other", "Subscription.channel.payload.extension", "say by"),
        (
            "\"reason\"",
            "\"extension\":[{\"url\":\"http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.topic\",\"valueUri\":\"urn:x\"}],\"reason\"",
            "Subscription.extension",
            "Backport",
        ),
    ];
    for (old, new, place, says) in rows {
        let got = practice.put("/Subscription/s", &topical("s", (old, new)));
        got.assert_refusal(422, "business-rule");
        assert_eq!(got.at("issue.0.expression.0"), place, "{new}: {}", got.text());
        assert!(got.text().contains(says), "{new}: {}", got.text());
    }
    let off = topical("s", ("\"requested\"", "\"off\"")).replace(TOPIC, "urn:of:another:server");
    assert_eq!(practice.put("/Subscription/s", &off).status, 201, "one that is off asks for nothing");
    let over = topical("t", ("\"reason\"", "\"end\":\"2020-12-31T12:00:00Z\",\"reason\""));
    assert_eq!(practice.put("/Subscription/t", &over).at("status"), "off", "its end has passed");
}

#[test]
fn events_are_numbered_and_can_be_asked_for_again() {
    let practice = Practice::new();
    practice.fill(&[PATIENT, r#"{"resourceType":"Patient","id":"p2"}"#]);
    let written = practice.put("/Subscription/s", &topical("s", ("requested", "active")));
    assert_eq!(written.at("status"), "requested", "that it is served is for the server to say");
    status(&practice, "s", "active");
    practice.fill(&[
        &observation("o1", "p1", "a", "2024-01-01"),
        &observation("o2", "p2", "a", "2024-01-01"),
        &observation("o3", "p1", "b", "2024-01-01"),
        &observation("o4", "p1", "b", "2024-01-01").replace("final", "preliminary"),
    ]);
    practice.fill(&[&observation("o1", "p1", "c", "2024-01-01").replace("final", "corrected")]);
    let got = wait(&practice, "/Subscription/s/$events", |got| events(got) == 3);
    let text = got.text();
    assert_eq!((got.at("type"), got.at("entry.length")), ("history".to_owned(), "4".to_owned()));
    assert_eq!(got.at("entry.0.request.url"), "http://localhost/fhir/Subscription/s/$status");
    assert_eq!(got.at("entry.1.fullUrl"), "http://localhost/fhir/Observation/o1");
    assert_eq!(got.at("entry.1.request.method"), "POST");
    assert_eq!(got.at("entry.2.fullUrl"), "http://localhost/fhir/Observation/o3");
    assert_eq!(got.at("entry.3.request.method"), "PUT");
    assert_eq!(got.at("entry.3.resource"), "", "ids only");
    assert!(text.contains(r#"{"name":"type","valueCode":"query-event"}"#), "{text}");
    assert!(text.contains(&format!(r#"{{"name":"topic","valueCanonical":"{TOPIC}"}}"#)));
    assert!(text.contains(r#"{"name":"events-since-subscription-start","valueString":"3"}"#));
    assert!(text.contains(r#"{"name":"event-number","valueString":"3"}"#));
    let made = got.at("entry.0.fullUrl");
    let text = text.replace(&made, "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0");
    let valid = practice.post("/Bundle/$validate", &text);
    assert!(!valid.text().contains("\"error\""), "{}", valid.text());

    let one =
        practice.get("/Subscription/s/$events?eventsSinceNumber=2&eventsUntilNumber=2&content=full-resource");
    assert_eq!((events(&one), one.at("entry.1.resource.id").as_str()), (1, "o3"));
    let empty = practice.get("/Subscription/s/$events?content=empty");
    assert_eq!((events(&empty), empty.at("entry.length").as_str()), (3, "1"));
    assert!(!empty.text().contains("Observation/") && !empty.text().contains("topic"), "{}", empty.text());
    practice.get("/Subscription/s/$events?content=all").assert_refusal(400, "value");

    let status = practice.get("/Subscription/s/$status");
    assert_eq!((status.at("type"), status.at("entry.length")), ("searchset".to_owned(), "1".to_owned()));
    assert!(status.text().contains(r#"{"name":"type","valueCode":"query-status"}"#));
    let all = practice.get("/Subscription/$status?status=active,error");
    assert_eq!(all.at("entry.length"), "1");
    assert_eq!(practice.get("/Subscription/$status?status=off").at("total"), "0");

    assert_eq!(practice.send(&ask("DELETE", "/Subscription/s")).status, 204);
    practice.get("/Subscription/s/$events").assert_refusal(410, "deleted");
}

#[test]
fn nobody_is_told_what_they_may_not_read() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let token = |id: &str, scope: &str| {
        let scopes = Some(Scope::parse_list(scope).unwrap());
        let actor = Actor { id: id.to_owned(), scopes, ..Actor::local_administrator() };
        let session = practice.administrator();
        format!("Bearer {}", session.issue_credential(CredentialKind::BearerToken, &actor, i64::MAX).unwrap())
    };
    let (narrow, wide) =
        (token("narrow", "system/Subscription.crus system/Patient.rs"), token("wide", "system/*.cruds"));
    let put = |token: &str, id: &str| {
        let json = topical(id, ("id-only", "full-resource"))
            .replace(TOPIC, "urn:chiron:topic:patient-record")
            .replace("Observation?patient", "patient");
        let ask = ask("PUT", &format!("/Subscription/{id}")).json(&json).with("authorization", token);
        practice.send_as_is(ask.request())
    };
    let get = |token: &str, path: &str| {
        practice.send_as_is(ask("GET", path).with("authorization", token).request())
    };
    assert_eq!((put(&narrow, "n").status.as_u16(), put(&wide, "w").status.as_u16()), (201, 201));
    status(&practice, "n", "active");
    status(&practice, "w", "active");
    practice.fill(&[&observation("o1", "p1", "a", "2024-01-01")]);
    practice.fill(&[&PATIENT.replace("Ames", "Amis")]);
    for _ in 0..500 {
        if events(&get(&wide, "/Subscription/w/$events")) == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = get(&wide, "/Subscription/w/$events");
    assert_eq!((told.at("entry.length").as_str(), told.at("entry.1.resource.id").as_str()), ("3", "o1"));
    let told = get(&narrow, "/Subscription/n/$events");
    assert_eq!((events(&told), told.at("entry.1.resource.id").as_str()), (1, "p1"), "{}", told.text());
    // A narrower token of the same person is shown that something happened, not to what.
    let narrower = token("wide", "system/Subscription.r system/Patient.r");
    let told = get(&narrower, "/Subscription/w/$events");
    assert_eq!((events(&told), told.at("entry.length").as_str()), (2, "2"), "{}", told.text());
    assert!(!told.text().contains("Observation"));
    // Another's events are nobody else's.
    get(&wide, "/Subscription/n/$events").assert_refusal(404, "not-found");
    get(&wide, "/Subscription/n/_stream").assert_refusal(404, "not-found");
    get(&narrow, "/Subscription/$get-ws-binding-token?id=w").assert_refusal(404, "not-found");
}

#[test]
fn a_receiver_that_cannot_be_reached_puts_its_subscription_in_error() {
    let settings =
        rest::Settings { notification_patience: Duration::from_millis(100), ..rest::Settings::default() };
    let practice = Practice::with(settings);
    practice.fill(&[PATIENT, &plain("s", "Observation?code=a", "https://nobody.invalid/x")]);
    status(&practice, "s", "active");
    practice.fill(&[&observation("o1", "p1", "a", "2024-01-01")]);
    let failed = wait(&practice, "/Subscription/s", |got| got.at("status") == "error");
    assert_eq!(failed.at("error"), "the host's name cannot be resolved");
    practice.fill(&[&observation("o2", "p1", "a", "2024-01-01")]);
    wait(&practice, "/Subscription/s/$events", |got| events(got) == 2);
    let handshake = topical("t", ("\"websocket\"", "\"rest-hook\",\"endpoint\":\"https://nobody.invalid/\""));
    practice.fill(&[&handshake]);
    status(&practice, "t", "error");
}
