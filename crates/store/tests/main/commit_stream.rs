//! The commit stream: what one store wrote is written into another exactly as it was.

use crate::sample::*;
use store::{Maintain, PrivateDocument, Store, StoreError, WholeCommit};

/// Commits of every kind: creates, an update, a move to another patient, a deletion, one that changes nothing.
fn write_some(store: &dyn Store) {
    let observation = |patient: &str| {
        let body = format!(
            r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"x"}},"subject":{{"reference":"Patient/{patient}"}}}}"#
        );
        put("Observation/o", &body)
    };
    store.commit(batch(10, [patient("a", "A"), patient("b", "B"), observation("a")])).unwrap();
    store.commit(batch(20, [patient("a", "A2"), observation("b")])).unwrap();
    store.commit(batch(20, [delete("Patient/a")])).unwrap();
    store.commit(batch(30, [delete("Patient/none")])).unwrap();
    store.commit(batch(40, [patient("a", "A3"), patient("c", "C")])).unwrap();
}

fn copy(from: &dyn Maintain, to: &dyn Maintain) {
    let mut after = 0;
    loop {
        let commits = from.whole_commits(after, 3).unwrap();
        let Some(last) = commits.last() else { break };
        after = last.sequence;
        to.replay(&commits).unwrap();
    }
}

#[test]
fn a_store_made_of_commits_is_the_same_store() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(&directory.path().join("first"));
    write_some(&first);
    let second = open(&directory.path().join("second"));
    copy(&first, &second);
    let everything = first.whole_commits(0, usize::MAX).unwrap();
    assert_eq!(everything.len(), 5);
    assert!(everything == second.whole_commits(0, usize::MAX).unwrap(), "hashes and internal keys included");
    assert!(second.verify().unwrap().is_sound());
    for name in ["Patient/a", "Patient/b", "Patient/c", "Observation/o"] {
        assert_eq!(second.read(&key(name)).unwrap(), first.read(&key(name)).unwrap());
    }
    // Both go on alike: new internal keys begin behind those that were written again.
    let next = batch(50, [patient("d", "D"), patient("e", "E")]);
    second.commit(next).unwrap();
    assert_eq!(page(&second, &query("Patient?family=E")).0, ["Patient/e"]);
    assert!(second.verify().unwrap().is_sound());
}

#[test]
fn a_commit_that_does_not_follow_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(&directory.path().join("first"));
    write_some(&first);
    let commits = first.whole_commits(0, usize::MAX).unwrap();
    let second = open(&directory.path().join("second"));
    let replay = |commit: &WholeCommit| second.replay(std::slice::from_ref(commit));
    let is_refused = |commit| matches!(replay(commit), Err(StoreError::Damaged(_)));
    assert!(is_refused(&commits[1]), "the first is missing");
    replay(&commits[0]).unwrap();
    assert!(is_refused(&commits[0]), "twice");
    let mut changed = commits[1].clone();
    changed.audit.push(b'!');
    assert!(is_refused(&changed), "another audit row");
    let mut changed = commits[1].clone();
    changed.time_ms += 1;
    assert!(is_refused(&changed), "another time");
    let mut several = commits[1..].to_vec();
    several[2].audit.push(b'!');
    assert!(matches!(second.replay(&several), Err(StoreError::Damaged(_))), "the third of several");
    assert_eq!(second.changes(0, 9).unwrap(), first.changes(0, 9).unwrap()[..3], "those before it are there");
    assert!(second.verify().unwrap().is_sound());
}

#[test]
fn private_documents_and_reads_are_handed_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let document =
        |key: &str| PrivateDocument { space: "account".into(), key: key.into(), content: key.into() };
    store.put_private(vec![document("b"), document("a")]).unwrap();
    assert_eq!(store.private_documents().unwrap(), (0, vec![document("a"), document("b")]));
    store.commit(batch(1, [patient("a", "A")])).unwrap();
    assert_eq!(store.private_documents().unwrap().0, 1);
    store.log_read(b"one").unwrap();
    store.log_read(b"two").unwrap();
    let mut rows = Vec::new();
    store
        .each_read(&mut |row| {
            rows.push(row.to_vec());
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, [b"one", b"two"]);
}
