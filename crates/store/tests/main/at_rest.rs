//! What lies on disk is encrypted (HS4): nothing that was written can be read without the wrapping key, and nothing can
//! stand in another's place.

use crate::sample::{batch, key, open, open_options, patient, put};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use store::blob::take_in;
use store::{Batch, LocalKey, Maintain, OpenOptions, PrivateChange, SqliteStore, Store, StoreError};

/// Words that are not indexed, so that their place is the sealed text alone.
const SECRET: &str = "nobody-may-read-this";

fn write_secrets(store: &dyn Store) {
    let note = format!(
        r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"x"}},"subject":{{"reference":"Patient/a"}},"note":[{{"text":"{SECRET}"}}]}}"#
    );
    let private = vec![PrivateChange {
        space: "account".into(),
        key: "anna".into(),
        content: Some(SECRET.as_bytes().to_vec()),
    }];
    let audit = SECRET.as_bytes().to_vec();
    let changes = [
        patient("a", "Aye"),
        put("Observation/o", &note),
        put("Basic/b", &note.replace("Observation", "Basic")),
    ];
    store.commit(Batch { private, audit, ..batch(1, changes) }).unwrap();
    // A second version, so that the first one is past.
    store.commit(batch(2, [put("Observation/o", &note.replace("final", "amended"))])).unwrap();
    store.log_read(SECRET.as_bytes()).unwrap();
    let content = SECRET.repeat(10_000);
    take_in(store.blobs(), &mut content.as_bytes()).unwrap();
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
    all
}

fn contains(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

#[test]
fn hs4_nothing_that_was_written_lies_on_the_disk_in_clear() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let store = open(&data);
    write_secrets(&store);
    let copy = directory.path().join("copy");
    store.backup(&copy).unwrap();
    drop(store);
    let all = files(directory.path());
    assert!(all.len() > 6, "database, reads, contents and their copies: {}", all.len());
    for (name, bytes) in &all {
        assert!(!contains(bytes, SECRET), "{name}");
    }
    // And all of it is there for who has the key.
    let store = open(&data);
    assert_eq!(store.read_private("account", "anna").unwrap().as_deref(), Some(SECRET.as_bytes()));
    assert_eq!(store.changes(0, 1).unwrap()[0].audit, SECRET.as_bytes());
    assert!(store.read_version(&key("Observation/o"), 1).unwrap().unwrap().text().contains(SECRET));
    let mut reads = Vec::new();
    store
        .each_read(&mut |row| {
            reads.push(row.to_vec());
            Ok(())
        })
        .unwrap();
    assert_eq!(reads, [SECRET.as_bytes()]);
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn hs4_data_opens_with_the_key_that_it_was_written_with_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (data, copy) = (directory.path().join("data"), directory.path().join("copy"));
    let store = open(&data);
    write_secrets(&store);
    store.backup(&copy).unwrap();
    drop(store);
    let restored = directory.path().join("restored");
    SqliteStore::restore(&copy, &restored).unwrap();
    for folder in [&data, &restored] {
        let other = OpenOptions::new(open_options().ports, Arc::new(LocalKey::new(&[8; LocalKey::BYTES])));
        let refused = SqliteStore::open(folder, &other).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("another key"), "{refused}");
        assert!(open(folder).verify().unwrap().is_sound());
    }
}

/// Whoever can write to the disk can neither put one document in another's place nor a key of one record in another's.
#[test]
fn hs4_nothing_stands_in_anothers_place() {
    for (statement, sign) in [
        (
            "UPDATE entry SET payload = (SELECT payload FROM entry AS other WHERE other.home = entry.home AND other.key != entry.key)
             WHERE id = 'o'",
            "its encrypted text is not what was written",
        ),
        (
            "UPDATE private SET content = (SELECT audit FROM commit_log WHERE sequence = 1)",
            "private document anna of account",
        ),
        ("UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE home = 0) WHERE home != 0", "does not open"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        write_secrets(&store);
        drop(store);
        let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
        assert!(database.execute(statement, []).unwrap() > 0, "{statement}");
        let faults = open(directory.path()).verify().unwrap().faults;
        assert!(faults.iter().any(|fault| fault.what.contains(sign)), "{statement}: {faults:?}");
    }
}

/// A content is read at any place, and one that was cut off or whose pieces change places is not read.
#[test]
fn hs4_contents_are_sealed_in_pieces() {
    use std::io::{Read, Seek, SeekFrom};
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let piece = 64 << 10;
    for length in [0, 1, piece - 1, piece, piece + 1, 3 * piece, 3 * piece + 7] {
        let content: Vec<u8> =
            (0..length).map(|at: usize| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect();
        let kept = take_in(store.blobs(), &mut content.as_slice()).unwrap();
        assert_eq!(kept.length, length as u64);
        assert_eq!(store.blobs().keep(&kept.hash).unwrap().unwrap().length, length as u64);
        for from in [0, length / 2, length.saturating_sub(1), length] {
            let mut reader = store.blobs().open(&kept.hash).unwrap();
            reader.seek(SeekFrom::Start(from as u64)).unwrap();
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            assert!(rest == content[from..], "{length} bytes from {from}");
        }
        let name = kept.hash.to_string();
        let path = directory.path().join("blobs").join(&name[..2]).join(&name[2..]);
        let whole = std::fs::read(&path).unwrap();
        let sealed = piece + 16;
        let mut swapped = whole.clone();
        if length >= 3 * piece {
            let (first, second) = (48..48 + sealed, 48 + sealed..48 + 2 * sealed);
            swapped.copy_within(second, 48);
            swapped[48 + sealed..48 + 2 * sealed].copy_from_slice(&whole[first]);
        }
        // Cut at the end of a piece, where every piece that is left is whole.
        let cut = whole[..48 + sealed.min(whole.len() - 48 - 1) / sealed * sealed].to_vec();
        for damaged in [cut, swapped].into_iter().filter(|damaged| *damaged != whole) {
            std::fs::write(&path, damaged).unwrap();
            let mut out = Vec::new();
            let read = store.blobs().open(&kept.hash).map(|mut reader| reader.read_to_end(&mut out));
            assert!(!matches!(read, Ok(Ok(_))), "{length} bytes");
        }
    }
}

#[test]
fn hs4_a_data_key_that_is_missing_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    write_secrets(&store);
    drop(store);
    let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
    database.execute("DELETE FROM data_key WHERE home != 0", []).unwrap();
    let read = open(directory.path()).read(&key("Patient/a"));
    assert!(matches!(&read, Err(StoreError::Damaged(what)) if what.contains("the data key")), "{read:?}");
}
