//! Tests of the decisions.

use access::policy::DenialCause;
use access::{Actor, Interaction, Person, Policy, Scope};
use fhir::schema::schema;

const ALL: [Interaction; 6] = [
    Interaction::Create,
    Interaction::Read,
    Interaction::Update,
    Interaction::Delete,
    Interaction::Search,
    Interaction::Operate,
];

#[test]
fn a_guest_reads_and_searches_every_type_but_the_audit_log_and_does_nothing_else() {
    let policy = Policy::default();
    for type_id in schema().resources() {
        for interaction in ALL {
            let allowed = policy.decide(&Actor::guest(), interaction, Some(type_id)).is_ok();
            let is_looking = matches!(interaction, Interaction::Read | Interaction::Search);
            assert_eq!(allowed, is_looking && type_id.name() != "AuditEvent");
            assert!(policy.decide(&Actor::local_administrator(), interaction, Some(type_id)).is_ok());
        }
    }
}

#[test]
fn scopes_only_take_away() {
    let policy = Policy::default();
    let patient = schema().resource_named("Patient");
    let mut actor = Actor::local_administrator();
    actor.scopes = Some(Scope::parse_list("system/Patient.rs user/Observation.read").unwrap());
    assert!(policy.decide(&actor, Interaction::Read, patient).is_ok());
    assert_eq!(policy.decide(&actor, Interaction::Create, patient).unwrap_err().cause, DenialCause::Scope);
    assert_eq!(policy.decide(&actor, Interaction::Read, None).unwrap_err().cause, DenialCause::Scope);
    let mut guest = Actor::guest();
    guest.scopes = Some(Scope::parse_list("system/*.cruds").unwrap());
    assert_eq!(policy.decide(&guest, Interaction::Create, patient).unwrap_err().cause, DenialCause::Role);
}

#[test]
fn scopes_are_narrowed_by_parameters_and_by_a_patient() {
    let laboratory = Scope::parse("patient/Observation.rs?category=laboratory&status=final").unwrap();
    assert_eq!(laboratory.clauses().len(), 2);
    let all = Scope::parse("patient/Observation.read").unwrap();
    assert!(laboratory.is_within(&all) && !all.is_within(&laboratory));
    assert!(!all.is_within(&Scope::parse("user/Observation.read").unwrap()));
}

#[test]
fn a_person_is_of_a_type_that_acts() {
    assert_eq!(Person::parse("Practitioner/a-1").unwrap().to_string(), "Practitioner/a-1");
    for bad in ["Organization/1", "Patient", "Patient/", "Patient/a/b", "Patient/ä"] {
        assert_eq!(Person::parse(bad), None, "{bad}");
    }
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
