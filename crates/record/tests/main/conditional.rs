//! Conditional writes, alone and at the same time.

use super::practice::{Practice, create};
use fhir::Document;
use fhir::schema::schema;
use record::Error;
use record::write::{Effect, Target, WriteAction, WriteRequest};
use std::sync::Barrier;
use store::Expect;

const PATIENT: &str = r#"{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]}"#;
const CONDITION: &str = "identifier=urn:mrn|7";

#[test]
fn a_conditional_create_makes_one_and_then_finds_it() {
    let practice = Practice::new();
    let session = practice.administrator();
    let first = create(&session, PATIENT, Some(CONDITION)).unwrap();
    let second = create(&session, PATIENT, Some(CONDITION)).unwrap();
    assert_eq!((first.effect, second.effect), (Effect::Created, Effect::Existing));
    assert_eq!(first.key, second.key);
    create(&session, PATIENT, None).unwrap();
    assert!(matches!(create(&session, PATIENT, Some(CONDITION)), Err(Error::Condition { .. })));
}

#[test]
fn sixty_four_equal_conditional_creates_at_once_make_one_resource() {
    let practice = Practice::new();
    let barrier = Barrier::new(64);
    let written: Vec<_> = std::thread::scope(|scope| {
        let one = || {
            let session = practice.administrator();
            barrier.wait();
            create(&session, PATIENT, Some(CONDITION)).unwrap()
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(written.iter().filter(|one| one.effect == Effect::Created).count(), 1);
    assert!(written.iter().all(|one| one.key == written[0].key));
}

#[test]
fn a_conditional_update_makes_changes_or_refuses() {
    let practice = Practice::new();
    let session = practice.administrator();
    let type_id = schema().resource_named("Patient").unwrap();
    let put = |json: &str| {
        let document = Document::parse(json).unwrap();
        let target = Target::Condition(session.condition(type_id, CONDITION).unwrap());
        let action = WriteAction::Update { target, resource: document.root(), expect: Expect::Any };
        session.write(WriteRequest { action, full_url: None })
    };
    let made = put(PATIENT).unwrap();
    assert_eq!(made.effect, Effect::Created);
    let changed = PATIENT.replace("\"identifier\"", "\"active\":true,\"identifier\"");
    let updated = put(&changed).unwrap();
    assert_eq!((updated.effect, updated.version, updated.key), (Effect::Updated, 2, made.key));
    let other_id = changed.replace("\"active\"", "\"id\":\"other\",\"active\"");
    assert!(matches!(put(&other_id), Err(Error::Request { .. })));
    assert!(session.condition(type_id, "").is_err(), "a condition that names everything");
}
