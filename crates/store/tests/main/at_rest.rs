//! What lies on disk is encrypted (HS4): nothing that was written can be read without the wrapping key, and nothing can
//! stand in another's place.

use crate::sample::{batch, delete, key, open, open_options, patient, put};
use crate::server;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::blob::{Form, MARK_PREFIX, Mark, take_in};
use store::{
    Batch, HistoryPage, HistoryScope, LocalKey, Maintain, OpenOptions, PostgresStore, PrivateChange,
    SqliteStore, Store, StoreError, WrappingKey,
};

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

/// Every backend with keys, with the URL of its database when it has one.
fn on_both(
    test: impl Fn(&dyn Maintain, &dyn Fn(Arc<dyn WrappingKey>) -> Result<Box<dyn Maintain>, StoreError>),
) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let again = |key| {
        let options = OpenOptions::new(open_options().ports, key);
        SqliteStore::open(&directory.path().join("data"), &options)
            .map(|store| Box::new(store) as Box<dyn Maintain>)
    };
    let store = open(&data);
    test(&store, &|key| {
        // The directory is locked: what another opening sees is a copy.
        let copy = directory.path().join("copy");
        let _ = std::fs::remove_dir_all(&copy);
        open_copy(&data, &copy, key)
    });
    drop(store);
    assert!(again(Arc::new(LocalKey::new(&[9; LocalKey::BYTES]))).is_ok());
    let url = server::database();
    let folder = tempfile::tempdir().unwrap();
    let store = server::open_database(&url, folder.path());
    test(&store, &|key| {
        let other = tempfile::tempdir().unwrap();
        let options = OpenOptions::new(open_options().ports, key);
        PostgresStore::open(&url, other.path(), &options).map(|store| Box::new(store) as Box<dyn Maintain>)
    });
}

fn open_copy(data: &Path, copy: &Path, key: Arc<dyn WrappingKey>) -> Result<Box<dyn Maintain>, StoreError> {
    std::fs::create_dir_all(copy.join("blobs")).unwrap();
    for name in ["chiron.sqlite", "chiron.sqlite-wal"] {
        if data.join(name).exists() {
            std::fs::copy(data.join(name), copy.join(name)).unwrap();
        }
    }
    let options = OpenOptions::new(open_options().ports, key);
    SqliteStore::open(copy, &options).map(|store| Box::new(store) as Box<dyn Maintain>)
}

/// AD06: keys are changed while the store is at work, and nothing that was written is lost by it.
#[test]
fn ad06_keys_are_changed_while_the_store_is_at_work() {
    on_both(|store, again| {
        write_secrets(store);
        let first = store.data_keys().unwrap();
        assert_eq!((first.practice.len(), first.records, first.destroyed), (1, 1, 0));
        let number = store.renew_data_key(1_000).unwrap();
        assert_eq!(store.data_keys().unwrap().practice[1], (number, 1_000));
        store
            .commit(batch(
                5,
                [patient("later", "Later"), put("Basic/later", r#"{"resourceType":"Basic","id":"later"}"#)],
            ))
            .unwrap();
        let other: Arc<dyn WrappingKey> = Arc::new(LocalKey::new(&[9; LocalKey::BYTES]));
        assert_eq!(store.wrap_data_keys(Arc::clone(&other)).unwrap(), 2);
        store.commit(batch(6, [patient("last", "Last")])).unwrap();
        // The old wrapping key opens nothing any more, and the new one all of it.
        let refused = again(open_options().wrapping_key).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("another key"), "{refused}");
        let opened = again(other).unwrap();
        for id in ["Patient/a", "Patient/later", "Patient/last", "Observation/o", "Basic/later"] {
            assert!(opened.read(&key(id)).unwrap().is_some_and(|version| !version.is_deleted()), "{id}");
        }
        assert!(store.verify().unwrap().is_sound());
    });
}

/// AD06: a record that is destroyed is gone with all its versions and contents, and no other record.
#[test]
fn ad06_a_record_is_destroyed_by_its_key() {
    let wrapping = Arc::new(LocalKey::new(&[9; LocalKey::BYTES]));
    on_both(|store, _| {
        store.wrap_data_keys(Arc::clone(&wrapping) as Arc<dyn WrappingKey>).unwrap();
        write_secrets(store);
        let kept = take_in(store.blobs(), &mut [7; 100_000].as_slice()).unwrap();
        let mark = Mark { form: Form::Bytes, length: kept.length, hash: kept.hash };
        let scan = format!(
            r#"{{"resourceType":"DocumentReference","id":"d","status":"current","subject":{{"reference":"Patient/a"}},"content":[{{"attachment":{{"data":"{MARK_PREFIX}{}"}}}}]}}"#,
            mark.rest()
        );
        let content = kept.hash;
        store.commit(batch(5, [put("DocumentReference/d", &scan), patient("other", "Other")])).unwrap();
        drop(kept);
        let refused = store.shred("a").unwrap_err();
        assert!(refused.to_string().contains("4 resources in the record are not deleted"), "{refused}");
        assert!(store.read_version(&key("Observation/o"), 1).unwrap().unwrap().text().contains(SECRET));

        store
            .commit(batch(6, ["Observation/o", "DocumentReference/d", "Basic/b", "Patient/a"].map(delete)))
            .unwrap();
        let shredded = store.shred("a").unwrap();
        assert_eq!((shredded.keys, shredded.contents), (1, 1));
        let version = store.read_version(&key("Observation/o"), 1).unwrap().unwrap();
        assert!(version.body.is_none() && version.is_shredded);
        let history = store
            .history(&HistoryScope::System, &HistoryPage { count: 100, ..HistoryPage::default() })
            .unwrap();
        assert!(history.iter().filter(|version| version.is_shredded).count() >= 4, "{history:?}");
        assert_eq!(
            store.collect_blobs(Duration::ZERO).unwrap().blobs,
            2,
            "the content, and the one that nothing names"
        );
        assert!(store.blobs().open(&content).is_err());
        // What others have is whole, and the patient may come again.
        let found = store.verify().unwrap();
        assert!(found.is_sound() && found.shredded >= 4, "{found:?}");
        assert!(store.read(&key("Patient/other")).unwrap().is_some());
        store.commit(batch(7, [patient("a", "Again")])).unwrap();
        assert!(store.read(&key("Patient/a")).unwrap().unwrap().text().contains("Again"));
        assert_eq!(store.data_keys().unwrap().destroyed, 1);
        assert!(matches!(store.whole_commits(0, 100), Err(StoreError::Shredded)));
        assert!(store.verify().unwrap().is_sound());
    });
}

/// What is sealed with a key that is destroyed before it is written is refused, and not lost.
#[test]
fn ad06_what_is_written_while_a_record_is_destroyed_is_not_lost() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.commit(batch(1, [patient("a", "Aye")])).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0.. {
                let text = format!(r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"{number}"}},"subject":{{"reference":"Patient/a"}}}}"#);
                match store.commit(batch(2, [put("Observation/o", &text)])) {
                    Ok(_) => {
                        let read = store.read(&key("Observation/o")).unwrap().unwrap();
                        assert!(!read.is_shredded, "{number} was acknowledged and cannot be read");
                        // Deleted at once, so that the record can be destroyed.
                        store.commit(batch(3, [delete("Observation/o")])).unwrap();
                    }
                    Err(StoreError::Busy) => {}
                    Err(error) => panic!("{error}"),
                }
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        store.commit(batch(4, [delete("Patient/a")])).unwrap();
        let destroyed = (0..400).filter(|_| store.shred("a").is_ok_and(|shredded| shredded.keys > 0)).count();
        is_over.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        assert!(destroyed > 1, "{destroyed}");
    });
    assert!(store.verify().unwrap().is_sound());
}
