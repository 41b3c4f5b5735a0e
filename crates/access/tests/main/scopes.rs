//! What a token was limited to.

use crate::{actor, alone, type_id};
use access::{Actor, DenialCause, Interaction, Policy, Scope};
use fhir::Document;
use search::matcher::{NoReferences, matches};

#[test]
fn scopes_only_take_away() {
    let policy = Policy::default();
    let patient = type_id("Patient");
    let mut actor = Actor::local_administrator();
    actor.scopes = Some(Scope::parse_list("system/Patient.rs user/Observation.read").unwrap());
    assert!(policy.decide(&alone(&actor), Interaction::Read, patient).is_ok());
    let denied = policy.decide(&alone(&actor), Interaction::Create, patient).unwrap_err();
    assert_eq!(denied.cause, DenialCause::Scope);
    let denied = policy.decide_all(&alone(&actor), Interaction::Read).unwrap_err();
    assert_eq!(denied.cause, DenialCause::Scope);
    let mut guest = Actor::guest();
    guest.scopes = Some(Scope::parse_list("system/*.cruds").unwrap());
    let denied = policy.decide(&alone(&guest), Interaction::Create, patient).unwrap_err();
    assert_eq!(denied.cause, DenialCause::Role);
}

#[test]
fn scopes_that_are_not_understood_are_refused_with_a_reason() {
    for bad in [
        "Patient.rs",
        "patients/Patient.rs",
        "system/Patiens.rs",
        "system/Patient.sr",
        "system/*.",
        "user/*.rs?_tag=a",
        "system/Observation.rs?nothing=1",
        "system/Observation.rs?patient.name=a",
        "system/Observation.rs?code:in=http://example.org/ValueSet/a",
    ] {
        let error = Scope::parse(bad).unwrap_err();
        assert!(error.to_string().contains(bad) && error.reason.len() > 10, "{error}");
    }
}

#[test]
fn a_scope_knows_what_is_within_it() {
    let laboratory = Scope::parse("patient/Observation.rs?category=laboratory&status=final").unwrap();
    assert_eq!(laboratory.clauses().len(), 2);
    let all = Scope::parse("patient/Observation.read").unwrap();
    assert!(laboratory.is_within(&all) && !all.is_within(&laboratory));
    assert!(!all.is_within(&Scope::parse("user/Observation.read").unwrap()));
    assert!(all.is_within(&Scope::parse("patient/*.cruds").unwrap()));
}

/// Whether an actor may read a resource.
fn sees(actor: &Actor, json: &str) -> bool {
    let document = Document::parse(json).unwrap();
    let type_id = type_id(&document.resource_type().unwrap());
    let grant = Policy::default().decide(&alone(actor), Interaction::Read, type_id);
    let holds = |clause: &_| matches(clause, &document, &NoReferences, &crate::Nowhere);
    grant.is_ok_and(|grant| grant.narrowing().iter().all(|clause| holds(clause)))
}

fn observation(patient: &str, category: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","category":[{{"coding":[{{"code":"{category}"}}]}}],"subject":{{"reference":"Patient/{patient}"}}}}"#
    )
}

#[test]
fn a_program_sees_the_record_of_its_patient_and_of_that_what_its_scopes_say() {
    let mut program = actor("clinician", Some("Practitioner/a"));
    program.patient = Some("p".to_owned());
    let scopes = "patient/Patient.r patient/Observation.rs?category=laboratory patient/Practitioner.r";
    program.scopes = Some(Scope::parse_list(scopes).unwrap());
    assert!(sees(&program, &observation("p", "laboratory")));
    assert!(!sees(&program, &observation("p", "vital-signs")));
    assert!(!sees(&program, &observation("q", "laboratory")));
    assert!(sees(&program, r#"{"resourceType":"Patient","id":"p"}"#));
    assert!(!sees(
        &program,
        r#"{"resourceType":"Patient","id":"q","link":[{"other":{"reference":"Patient/p"}}]}"#
    ));
    assert!(sees(&program, r#"{"resourceType":"Practitioner","id":"b"}"#));
    assert!(!sees(&program, r#"{"resourceType":"Condition","subject":{"reference":"Patient/p"}}"#));
    program.patient = None;
    assert!(!sees(&program, &observation("p", "laboratory")), "without a patient there is nothing");
}

#[test]
fn of_a_patients_program_nothing_is_written_that_tells_of_no_patient() {
    let mut program = actor("administrator", None);
    program.patient = Some("p".to_owned());
    program.scopes = Some(Scope::parse_list("patient/*.cruds").unwrap());
    let policy = Policy::default();
    let decide = |interaction, name| policy.decide(&alone(&program), interaction, type_id(name));
    assert!(decide(Interaction::Read, "Organization").is_ok());
    assert!(decide(Interaction::Update, "Organization").is_err());
    assert!(decide(Interaction::Read, "Group").is_err(), "it names other patients too");
    assert!(decide(Interaction::Read, "Subscription").is_err());
    assert!(decide(Interaction::Read, "Device").is_ok_and(|grant| !grant.narrowing().is_empty()));
    assert!(decide(Interaction::Read, "Binary").is_ok_and(|grant| grant.needs_context()));
    assert!(policy.decide_all(&alone(&program), Interaction::Operate).is_err());
}
