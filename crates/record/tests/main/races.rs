//! What was read to decide a write holds when it is written.

use super::practice::{Practice, create, delete, update};
use fhir::Document;
use record::Error;
use record::write::Effect;
use record::write_rule::{ProposedWrite, Requirement, Violation, WriteRule};
use search::parse::{Handling, Limits, parse};
use store::Expect;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","active":true}"#;

#[test]
fn what_comes_back_after_a_delete_is_created() {
    let practice = Practice::new();
    let session = practice.administrator();
    update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    delete(&session, "Patient/p").unwrap();
    let again = update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    assert_eq!((again.effect, again.version), (Effect::Created, 3));
}

#[test]
fn of_many_first_writes_of_one_id_one_creates_and_each_makes_a_version() {
    let practice = Practice::new();
    let barrier = std::sync::Barrier::new(32);
    let one = |number: usize| {
        let session = practice.administrator();
        let json = PATIENT.replace("true", &format!("true,\"birthDate\":\"19{:02}\"", number + 10));
        barrier.wait();
        update(&session, "Patient/p", &json, Expect::Any).unwrap()
    };
    let one = &one;
    let written: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32).map(|number| scope.spawn(move || one(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(written.iter().filter(|one| one.effect == Effect::Created).count(), 1);
    let mut versions: Vec<_> = written.iter().map(|one| one.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=32).collect::<Vec<_>>());
}

#[test]
fn an_update_that_changes_nothing_still_asks_for_its_version() {
    let practice = Practice::new();
    let session = practice.administrator();
    update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    assert_eq!(update(&session, "Patient/p", PATIENT, Expect::Version(1)).unwrap().effect, Effect::Unchanged);
    let wrong = update(&session, "Patient/p", PATIENT, Expect::Version(7)).unwrap_err().to_string();
    assert!(wrong.contains("at version 1, not 7"), "{wrong}");
    let exists = update(&session, "Patient/p", PATIENT, Expect::Absent).unwrap_err().to_string();
    assert!(exists.contains("exists already"), "{exists}");
    let absent = update(&session, "Patient/q", &PATIENT.replace("\"p\"", "\"q\""), Expect::Version(1));
    assert!(absent.unwrap_err().to_string().contains("does not exist"));
}

#[test]
fn references_and_conditions_of_a_bundle_inside_a_resource_are_left_alone() {
    let practice = Practice::new();
    let session = practice.administrator();
    let bundle =
        r#"{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"Patient?name=x"}]}"#;
    let kept = create(&session, bundle, None).unwrap().resource.unwrap();
    assert!(kept.body().contains("Patient?name=x"));
}

/// A rule over several resources: somebody of the practice stays active. Each write that breaks it is fine by itself, so two at
/// once, of different resources, are the skew that snapshots let through.
struct SomebodyStays;

impl WriteRule for SomebodyStays {
    fn name(&self) -> &'static str {
        "somebody-stays"
    }

    fn check(&self, write: &ProposedWrite<'_>) -> Result<Vec<Requirement>, Violation> {
        let is_active = |one: &Document| one.root().get("active").is_none_or(|flag| flag.raw() != "false");
        if write.key.type_id.name() != "Practitioner" || write.after.is_none_or(is_active) {
            return Ok(Vec::new());
        }
        let ports =
            record::ports::RecordPorts::new("http://localhost/fhir", terminology::Terminology::built_in());
        let asked = [("active".to_owned(), "false".to_owned())];
        let request =
            parse(Some(write.key.type_id), None, &asked, Handling::Strict, &ports, &Limits::default())
                .unwrap();
        let message = "somebody else is away already; let them come back first".to_owned();
        let violation =
            Violation { rule: self.name(), message, expression: "Practitioner.active".to_owned() };
        Ok(vec![Requirement { no_match: request.query, violation }])
    }
}

#[test]
fn a_rule_over_several_resources_holds_for_writes_at_once() {
    let practice = Practice::with_rules(vec![Box::new(SomebodyStays)]);
    let session = practice.administrator();
    let of = |id: &str, is_active: bool| {
        format!(r#"{{"resourceType":"Practitioner","id":"{id}","active":{is_active}}}"#)
    };
    for round in 0..20 {
        for id in ["a", "b", "c", "d"] {
            update(&session, &format!("Practitioner/{id}"), &of(id, true), Expect::Any).unwrap();
        }
        let barrier = std::sync::Barrier::new(4);
        let leave = |id: &str| {
            let session = practice.administrator();
            barrier.wait();
            match update(&session, &format!("Practitioner/{id}"), &of(id, false), Expect::Any) {
                Ok(_) => 1,
                Err(Error::Rule(violation)) if violation.rule == "somebody-stays" => 0,
                Err(error) => panic!("{error}"),
            }
        };
        let leave = &leave;
        let gone: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = ["a", "b", "c", "d"].map(|id| scope.spawn(move || leave(id))).into();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(gone, 1, "round {round}");
    }
}
