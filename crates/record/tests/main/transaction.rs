//! Transactions: all or nothing, references resolved, the specified order.

use super::practice::{Practice, create, key};
use fhir::Document;
use record::bundle::Answer;
use record::write::Effect;
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
    // What is deleted first is there for no condition, so a new one is made, and the read finds it alone.
    let answers = transaction(&session, &entries).unwrap();
    let [Answer::Found(_, found), Answer::Written(made), Answer::Written(_)] = answers.as_slice() else {
        panic!("a search and two writes")
    };
    assert_eq!(made.effect, Effect::Created);
    assert_eq!(
        found.matches.iter().map(record::Resource::key).collect::<Vec<_>>(),
        [made.key.as_ref().unwrap()]
    );
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

#[test]
fn a_conditional_reference_finds_what_the_same_transaction_makes() {
    let practice = Practice::new();
    let session = practice.administrator();
    let patient = r#"{"resource":{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]},
"request":{"method":"POST","url":"Patient"}}"#;
    let observation = OBSERVATION.replace("urn:uuid:p", "Patient?identifier=urn:mrn|7");
    let answers = transaction(&session, &format!("{observation},{patient}")).unwrap();
    let [Answer::Written(observation), Answer::Written(patient)] = answers.as_slice() else {
        panic!("two writes")
    };
    let body = observation.resource.as_ref().unwrap().body();
    assert!(body.contains(&patient.key.as_ref().unwrap().to_string()), "{body}");
    let again = transaction(&session, &format!("{OBSERVATION},{PATIENT}")).unwrap();
    assert_eq!(again.len(), 2);
    let both =
        format!("{},{}", OBSERVATION.replace("urn:uuid:p", "Patient?identifier=urn:mrn|7"), patient_entry());
    assert!(
        transaction(&session, &both).unwrap_err().to_string().contains("several"),
        "one stored, one made"
    );
}

fn patient_entry() -> &'static str {
    r#"{"resource":{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]},
"request":{"method":"POST","url":"Patient"}}"#
}

#[test]
fn one_full_url_or_one_condition_for_two_entries_is_refused() {
    let practice = Practice::new();
    let session = practice.administrator();
    let error = transaction(&session, &format!("{PATIENT},{PATIENT}")).unwrap_err();
    assert!(error.to_string().contains("fullUrl"), "{error}");
    let conditional = patient_entry().replace("\"url\"", "\"ifNoneExist\":\"identifier=7\",\"url\"");
    let error = transaction(&session, &format!("{conditional},{conditional}")).unwrap_err();
    assert!(error.to_string().contains("same condition"), "{error}");
    assert!(session.find(key("Patient/p").type_id, &[]).unwrap().matches.is_empty());
}

#[test]
fn another_servers_patient_is_not_ours_of_the_same_id() {
    let practice = Practice::new();
    let session = practice.administrator();
    let theirs = PATIENT.replace("urn:uuid:p", "http://there/Patient/1");
    let answers =
        transaction(&session, &format!("{theirs},{}", OBSERVATION.replace("urn:uuid:p", "Patient/1")))
            .unwrap();
    let Answer::Written(observation) = &answers[1] else { panic!("a write") };
    assert!(
        observation.resource.as_ref().unwrap().body().contains("\"Patient/1\""),
        "it has no base of theirs"
    );
    let same =
        OBSERVATION.replace("urn:uuid:p", "Patient/1").replace("urn:uuid:o", "http://there/Observation/2");
    let answers = transaction(&session, &format!("{theirs},{same}")).unwrap();
    let [Answer::Written(patient), Answer::Written(observation)] = answers.as_slice() else {
        panic!("two writes")
    };
    let body = observation.resource.as_ref().unwrap().body();
    assert!(body.contains(&patient.key.as_ref().unwrap().to_string()), "{body}");
}

#[test]
fn a_read_that_finds_nothing_keeps_the_writes_from_being_done() {
    let practice = Practice::new();
    let session = practice.administrator();
    let get = r#"{"request":{"method":"GET","url":"Patient/nobody"}}"#;
    let error = transaction(&session, &format!("{PATIENT},{get}")).unwrap_err();
    assert!(matches!(error, Error::Entry { index: 1, .. }), "{error}");
    assert!(session.find(key("Patient/p").type_id, &[]).unwrap().matches.is_empty());
    let ignored = r#"{"request":{"method":"GET","url":"Patient/p?_since=2020"}}"#;
    assert!(transaction(&session, ignored).is_err(), "a parameter that would do nothing");
    let made = r#"{"resource":{"resourceType":"Patient","id":"p"},"request":{"method":"PUT","url":"Patient/p"}},
{"request":{"method":"GET","url":"http://localhost/fhir/Patient/p/_history?_count=1"}}"#;
    let answers = transaction(&session, made).unwrap();
    assert!(matches!(&answers[1], Answer::History(versions) if versions.len() == 1));
}
