//! What was read to decide a write holds when it is written.

use super::practice::{Practice, create, delete, update};
use record::write::Effect;
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
