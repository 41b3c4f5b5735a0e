//! Many threads at once.

use crate::sample::*;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Batch, Change, Expect, Maintain, Precondition, Store, StoreError};

#[test]
fn of_many_conditional_creates_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..10 {
        let created: usize = std::thread::scope(|scope| {
            let create = |thread: usize| {
                let condition = query(&format!("Patient?family=Round{round}"));
                let batch = Batch {
                    preconditions: vec![Precondition::NoMatch(condition)],
                    ..batch(1, [patient(&format!("r{round}-{thread}"), &format!("Round{round}"))])
                };
                match store.commit(batch) {
                    Ok(_) => 1,
                    Err(StoreError::ConditionConflict { .. }) => 0,
                    Err(error) => panic!("{error}"),
                }
            };
            let threads: Vec<_> = (0..8).map(|thread| scope.spawn(move || create(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(created, 1);
        assert_eq!(page(&store, &query(&format!("Patient?family=Round{round}"))).0.len(), 1);
    }
}

#[test]
fn no_update_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.commit(batch(1, [patient("a", "0")])).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    loop {
                        let current = store.read(&key("Patient/a")).unwrap().unwrap();
                        let body = current.body.unwrap();
                        let document = fhir::Document::parse(body.as_bytes()).unwrap();
                        let family = document.root().at_path(&["name", "family"]).unwrap().as_str().unwrap();
                        let next: u32 = family.parse::<u32>().unwrap() + 1;
                        let change = Change {
                            expect: Expect::Version(current.version),
                            ..patient("a", &next.to_string())
                        };
                        match store.commit(batch(1, [change])) {
                            Ok(_) => break,
                            Err(StoreError::VersionConflict { .. }) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    let last = store.read(&key("Patient/a")).unwrap().unwrap();
    assert_eq!(last.version, 101);
    assert!(last.body.unwrap().contains(r#""100""#));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn a_reader_sees_whole_commits_in_their_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=150 {
                let name = format!("N{number}");
                let committed =
                    store.commit(batch(number, [patient("a", &name), patient("b", &name)])).unwrap();
                let read = store.read(&key("Patient/b")).unwrap().unwrap();
                assert_eq!((read.version, read.place.0), (committed.versions[1], committed.sequence));
                assert!(read.text().contains(&name));
            }
            done.store(true, Ordering::Release);
        });
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let hits = store.search(&query("Patient"), &Ports).unwrap();
                    let versions: Vec<u32> = hits.matches.iter().map(|version| version.version).collect();
                    match versions[..] {
                        [] => {}
                        [a, b] => {
                            assert!(a == b && a >= last, "{a} {b} after {last}");
                            let read = store.read(&key("Patient/a")).unwrap().unwrap();
                            assert!(read.version >= a, "{} read after {a} was found", read.version);
                            last = read.version;
                        }
                        _ => panic!("{versions:?}"),
                    }
                }
            });
        }
    });
}

#[test]
fn a_batch_that_cannot_be_written_fails_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..20 {
                    let id = format!("{thread}-{number}");
                    let expect = if thread % 2 == 0 { Expect::Absent } else { Expect::Version(3) };
                    let result = store.commit(batch(1, [Change { expect, ..patient(&id, "X") }]));
                    assert_eq!(result.is_ok(), thread % 2 == 0);
                }
            });
        }
    });
    assert_eq!(store.changes(0, usize::MAX).unwrap().len(), 80);
    assert!(store.verify().unwrap().is_sound());
}
