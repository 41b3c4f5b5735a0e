//! The feed of changes: nothing is lost, and everyone sees what they may.

use super::practice::{Practice, delete, update};
use access::Actor;
use record::{Origin, Session};
use std::time::{Duration, Instant};
use store::Expect;

fn patient(session: &Session, id: &str, active: bool) {
    let json = format!(r#"{{"resourceType":"Patient","id":"{id}","active":{active}}}"#);
    update(session, &format!("Patient/{id}"), &json, Expect::Any).unwrap();
}

fn weight(session: &Session, id: &str, of: &str) {
    let json = format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"weight"}},"subject":{{"reference":"Patient/{of}"}}}}"#
    );
    update(session, &format!("Observation/{id}"), &json, Expect::Any).unwrap();
}

/// Everything behind a cursor, step by step, as soon as the feed has seen so many names.
fn names(session: &Session, mut cursor: u64, patient: Option<&str>, count: usize) -> Vec<String> {
    let (mut names, begun) = (Vec::new(), Instant::now());
    while names.len() < count && begun.elapsed() < Duration::from_secs(20) {
        let step = session.changes_after(cursor, patient).unwrap();
        if step.cursor == cursor {
            std::thread::sleep(Duration::from_millis(2));
        }
        cursor = step.cursor;
        let changes = step.commits.iter().flat_map(|commit| &commit.changes);
        names.extend(changes.map(|(key, version)| format!("{key}/{version}")));
    }
    names
}

#[test]
fn a_follower_sees_every_change_in_order_near_and_far() {
    let practice = Practice::new();
    let session = practice.administrator();
    // Before the feed began: read from the store.
    patient(&session, "a", true);
    let begun = practice.record.feed().unwrap().newest();
    patient(&session, "a", false);
    weight(&session, "w", "a");
    delete(&session, "Observation/w").unwrap();
    let all = ["Patient/a/1", "Patient/a/2", "Observation/w/1", "Observation/w/2"];
    assert_eq!(names(&session, 0, None, 4), all);
    assert_eq!(names(&session, begun, None, 3), all[1..]);
}

#[test]
fn more_than_memory_keeps_is_read_from_the_store() {
    let practice = Practice::new();
    let session = practice.administrator();
    let begun = practice.record.feed().unwrap().newest();
    let entry = |id: usize| {
        format!(
            r#"{{"resource":{{"resourceType":"Basic","code":{{"text":"{id}"}}}},"request":{{"method":"POST","url":"Basic"}}}}"#
        )
    };
    let entries: Vec<_> = (0..1_000).map(entry).collect();
    let bundle =
        format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#, entries.join(","));
    let bundle = fhir::Document::parse(bundle).unwrap();
    for _ in 0..10 {
        session.transaction(&bundle).unwrap();
    }
    let seen = names(&session, begun, None, 10_000);
    assert_eq!(seen.len(), 10_000);
    let distinct: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), 10_000);
}

#[test]
fn of_one_patient_only_their_record_is_seen() {
    let practice = Practice::new();
    let session = practice.administrator();
    for id in ["a", "b"] {
        patient(&session, id, true);
        weight(&session, &format!("w-{id}"), id);
    }
    delete(&session, "Observation/w-a").unwrap();
    patient(&session, "b", false);
    assert_eq!(names(&session, 0, Some("a"), 3), ["Patient/a/1", "Observation/w-a/1", "Observation/w-a/2"]);
    assert_eq!(names(&session, 0, Some("b"), 3), ["Patient/b/1", "Observation/w-b/1", "Patient/b/2"]);
}

#[test]
fn nobody_sees_what_they_may_not_read() {
    let practice = Practice::new();
    let administrator = practice.administrator();
    patient(&administrator, "a", true);
    weight(&administrator, "w", "a");
    let scopes = Some(access::Scope::parse_list("system/Patient.rs").unwrap());
    let limited = practice.record.session(Actor { scopes, ..Actor::guest() }, Origin::default());
    assert_eq!(names(&limited, 0, None, 1), ["Patient/a/1"]);
    let nobody = Actor { roles: Vec::new(), ..Actor::guest() };
    let nobody = practice.record.session(nobody, Origin::default());
    let step = nobody.changes_after(0, None).unwrap();
    assert!(step.commits.is_empty() && step.cursor > 0);
}

#[test]
fn a_closed_feed_ends_those_who_watch() {
    let practice = Practice::new();
    let feed = practice.record.feed().unwrap();
    let mut watch = feed.watch();
    patient(&practice.administrator(), "a", true);
    let begun = Instant::now();
    while !watch.has_changed().unwrap() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::yield_now();
    }
    assert!(*watch.borrow_and_update() > 0);
    feed.close();
    assert!(watch.has_changed().is_err());
}
