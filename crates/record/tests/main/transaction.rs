//! Transactions: all or nothing, references resolved, the specified order.

use super::practice::{Practice, create, key};
use fhir::Document;
use record::bundle::Answer;
use record::{Error, Session};

fn transaction(session: &Session, entries: &str) -> Result<Vec<Answer>, Error> {
    let json = format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}"#);
    session.transaction(&Document::parse(json).unwrap())
}

const OBSERVATION: &str = r#"{"fullUrl":"urn:uuid:o","resource":{"resourceType":"Observation","status":"final",
"code":{"text":"x"},"subject":{"reference":"urn:uuid:p"}},"request":{"method":"POST","url":"Observation"}}"#;
const PATIENT: &str = r#"{"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","active":true},
"request":{"method":"POST","url":"Patient"}}"#;

#[test]
fn references_between_entries_lead_to_what_was_made() {
    let practice = Practice::new();
    let session = practice.administrator();
    let answers = transaction(&session, &format!("{OBSERVATION},{PATIENT}")).unwrap();
    let [Answer::Written(observation), Answer::Written(patient)] = answers.as_slice() else {
        panic!("two writes")
    };
    let body = observation.resource.as_ref().unwrap().body();
    assert!(body.contains(&format!(r#""reference":"{}""#, patient.key.as_ref().unwrap())), "{body}");
}

#[test]
fn one_bad_entry_undoes_all_and_is_named() {
    let practice = Practice::new();
    let session = practice.administrator();
    let bad = OBSERVATION.replace("\"final\"", "\"finished\"");
    let error = transaction(&session, &format!("{PATIENT},{bad}")).unwrap_err();
    assert!(matches!(error, Error::Entry { index: 1, .. }), "{error}");
    assert!(session.find(key("Patient/p").type_id, &[]).unwrap().matches.is_empty());
}

#[test]
fn deletes_come_before_creates_and_reads_come_last() {
    let practice = Practice::new();
    let session = practice.administrator();
    let old = create(&session, r#"{"resourceType":"Patient","identifier":[{"value":"7"}]}"#, None).unwrap();
    let entries = format!(
        r#"{{"request":{{"method":"GET","url":"Patient?identifier=7"}}}},
{{"resource":{{"resourceType":"Patient","identifier":[{{"value":"7"}}]}},
"request":{{"method":"POST","url":"Patient","ifNoneExist":"identifier=7"}}}},
{{"request":{{"method":"DELETE","url":"{}"}}}}"#,
        old.key.unwrap()
    );
    // The condition still sees the old one: it is decided before anything is deleted, so nothing new is made.
    let answers = transaction(&session, &entries).unwrap();
    let Answer::Found(_, found) = &answers[0] else { panic!("a search") };
    assert!(found.matches.len() <= 1);
}

#[test]
fn conditional_references_must_match_one() {
    let practice = Practice::new();
    let session = practice.administrator();
    let entry = OBSERVATION.replace("urn:uuid:p", "Patient?identifier=urn:mrn|7");
    assert!(transaction(&session, &entry).unwrap_err().to_string().contains("Patient?identifier"));
    let patient = r#"{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]}"#;
    let made = create(&session, patient, None).unwrap().key.unwrap();
    let answers = transaction(&session, &entry).unwrap();
    let Answer::Written(written) = &answers[0] else { panic!("a write") };
    assert!(written.resource.as_ref().unwrap().body().contains(&made.to_string()));
}

#[test]
fn the_same_resource_twice_is_refused() {
    let practice = Practice::new();
    let session = practice.administrator();
    let put =
        r#"{"resource":{"resourceType":"Patient","id":"p"},"request":{"method":"PUT","url":"Patient/p"}}"#;
    assert!(matches!(transaction(&session, &format!("{put},{put}")), Err(Error::Entry { index: 1, .. })));
}
