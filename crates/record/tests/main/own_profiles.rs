//! Profiles that the practice stores itself are kept by what is written.

use super::practice::{Practice, create, delete, update};
use record::{Error, Session};
use store::Expect;

const URL: &str = "http://practice.example/StructureDefinition/our-patient";

/// A definition of the practice: a patient of theirs has at least so many names.
fn definition(version: &str, base: &str, names_min: u32) -> String {
    format!(
        r#"{{"resourceType":"StructureDefinition","id":"d","url":"{URL}","version":"{version}","name":"D","status":"active",
        "kind":"resource","abstract":false,"type":"Patient","baseDefinition":"{base}","derivation":"constraint",
        "differential":{{"element":[{{"id":"Patient","path":"Patient"}},
          {{"id":"Patient.name","path":"Patient.name","min":{names_min}}}]}}}}"#
    )
}

const PATIENT: &str = "http://hl7.org/fhir/StructureDefinition/Patient";

fn declared(session: &Session, canonical: &str) -> Result<(), String> {
    let patient = format!(
        r#"{{"resourceType":"Patient","meta":{{"profile":["{canonical}"]}},"name":[{{"family":"Roe"}}]}}"#
    );
    match create(session, &patient, None) {
        Ok(_) => Ok(()),
        Err(Error::Invalid(outcome)) => Err(outcome.to_string()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_declared_profile_of_the_practice_is_kept_as_it_is_now() {
    let practice = Practice::new();
    let session = practice.administrator();
    assert_eq!(declared(&session, URL), Ok(()), "nobody knows it yet");
    update(&session, "StructureDefinition/d", &definition("1.0.0", PATIENT, 2), Expect::Any).unwrap();
    let refused = declared(&session, URL).unwrap_err();
    assert!(
        refused.contains("at least 2 are required") && refused.contains("our-patient|1.0.0"),
        "{refused}"
    );
    update(&session, "StructureDefinition/d", &definition("1.0.1", PATIENT, 1), Expect::Any).unwrap();
    assert_eq!(declared(&session, URL), Ok(()), "the definition was changed");
    update(&session, "StructureDefinition/d", &definition("1.0.2", PATIENT, 3), Expect::Any).unwrap();
    assert!(declared(&session, &format!("{URL}|1.0")).is_err(), "1.0 means any 1.0.x");
    assert_eq!(declared(&session, &format!("{URL}|2.0")), Ok(()), "there is no 2.0");
    delete(&session, "StructureDefinition/d").unwrap();
    assert_eq!(declared(&session, URL), Ok(()), "it is gone");
}

#[test]
fn a_profile_over_another_of_the_practice_follows_its_base() {
    let practice = Practice::new();
    let session = practice.administrator();
    let derived = definition("1", URL, 0)
        .replace(&format!(r#""url":"{URL}""#), &format!(r#""url":"{URL}-more""#))
        .replace(r#""id":"d""#, r#""id":"more""#)
        .replace(r#","min":0"#, "");
    update(&session, "StructureDefinition/more", &derived, Expect::Any).unwrap();
    let more = format!("{URL}-more");
    assert_eq!(declared(&session, &more), Ok(()), "its base is not known");
    update(&session, "StructureDefinition/d", &definition("1", PATIENT, 2), Expect::Any).unwrap();
    assert!(declared(&session, &more).unwrap_err().contains("at least 2 are required"));
}
