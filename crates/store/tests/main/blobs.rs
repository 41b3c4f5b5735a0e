//! Contents kept outside the documents: kept once, whole or not at all, collected when nothing names them, checked and
//! copied with the rest.

use crate::sample::*;
use crate::server::{database, open_database};
use rusqlite::Connection;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::blob::{Form, MARK_PREFIX, Mark};
use store::{BlobHash, BlobStore, Change, KeptBlob, Maintain, SqliteStore, Store, StoreError};

fn keep(blobs: &dyn BlobStore, bytes: &[u8]) -> KeptBlob {
    let mut writer = blobs.writer().unwrap();
    bytes.chunks(1000).for_each(|piece| writer.write(piece).unwrap());
    writer.finish().unwrap()
}

fn read(blobs: &dyn BlobStore, hash: &BlobHash) -> Vec<u8> {
    let mut bytes = Vec::new();
    blobs.open(hash).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn naming(name: &str, kept: &KeptBlob) -> Change {
    let mark = Mark { form: Form::Bytes, length: kept.length, hash: kept.hash };
    let id = name.split_once('/').unwrap().1;
    let data = format!("{MARK_PREFIX}{}", mark.rest());
    put(
        name,
        &format!(r#"{{"resourceType":"Binary","id":"{id}","contentType":"text/plain","data":"{data}"}}"#),
    )
}

fn file(directory: &Path, hash: &BlobHash) -> PathBuf {
    let name = hash.to_string();
    directory.join("blobs").join(&name[..2]).join(&name[2..])
}

fn files(directory: &Path) -> usize {
    let folders = std::fs::read_dir(directory.join("blobs")).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|folder| std::fs::read_dir(folder).unwrap().count()).sum()
}

fn now(store: &SqliteStore) -> (u64, u64) {
    let collected = store.collect_blobs(Duration::ZERO).unwrap();
    (collected.blobs, collected.bytes)
}

#[test]
fn content_is_found_by_its_hash_and_read_from_anywhere() {
    on_every_backend(|store| {
        let blobs = store.blobs();
        let bytes: Vec<u8> = (0..10_000u32).flat_map(u32::to_le_bytes).collect();
        let kept = keep(blobs, &bytes);
        assert_eq!((kept.hash, kept.length), (BlobHash::of(&bytes), 40_000));
        assert_eq!(keep(blobs, &bytes).hash, kept.hash);
        assert_eq!(read(blobs, &kept.hash), bytes);
        let mut reader = blobs.open(&kept.hash).unwrap();
        let mut part = [0; 5];
        reader.seek(SeekFrom::Start(39_993)).unwrap();
        reader.read_exact(&mut part).unwrap();
        assert_eq!(part, bytes[39_993..39_998]);
        assert_eq!(read(blobs, &keep(blobs, b"").hash), b"");
        let other = BlobHash::of(b"never written");
        assert!(blobs.keep(&other).unwrap().is_none());
        assert!(matches!(blobs.open(&other), Err(StoreError::Damaged(_))));
    });
}

#[test]
fn content_that_does_not_come_to_its_end_was_never_there() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut given_up = store.blobs().writer().unwrap();
    given_up.write(b"half").unwrap();
    drop(given_up);
    assert_eq!(files(directory.path()), 0);
    let mut cut_off = store.blobs().writer().unwrap();
    cut_off.write(b"half").unwrap();
    // As when the process is killed.
    std::mem::forget(cut_off);
    assert_eq!(files(directory.path()), 1);
    drop(store);
    let store = open(directory.path());
    assert_eq!(files(directory.path()), 0);
    assert!(store.blobs().keep(&BlobHash::of(b"half")).unwrap().is_none());
}

#[test]
fn what_nothing_names_is_collected_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let [current, past, deleted] =
        [b"current", b"of past", b"deleted"].map(|bytes| keep(store.blobs(), bytes));
    let changes = [naming("Binary/1", &past), naming("Binary/2", &deleted), naming("Binary/3", &current)];
    store.commit(batch(1, changes)).unwrap();
    store.commit(batch(2, [naming("Binary/1", &current), delete("Binary/2")])).unwrap();
    let hashes = [current.hash, past.hash, deleted.hash];
    drop((current, past, deleted));
    let in_flight = keep(store.blobs(), b"in flight");
    drop(keep(store.blobs(), b"given up"));
    assert_eq!(store.collect_blobs(Duration::from_secs(3600)).unwrap().blobs, 0, "it is too new");
    assert_eq!(now(&store), (1, 8));
    store.commit(batch(3, [naming("Binary/4", &in_flight)])).unwrap();
    let named = in_flight.hash;
    drop(in_flight);
    assert_eq!(now(&store), (0, 0));
    for hash in hashes.into_iter().chain([named]) {
        assert!(store.blobs().keep(&hash).unwrap().is_some());
    }
    // After a crash nobody holds what was in flight, and it goes.
    std::mem::forget(keep(store.blobs(), b"in flight at the crash"));
    drop(store);
    let store = open(directory.path());
    assert_eq!(now(&store), (1, 22));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn in_a_database_too_only_what_nothing_names_is_collected() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_database(&database(), directory.path());
    let long: Vec<u8> = (0..700_000u32).flat_map(u32::to_le_bytes).collect();
    let [named, in_flight] = [&long[..], b"in flight"].map(|bytes| keep(store.blobs(), bytes));
    store.commit(batch(1, [naming("Binary/1", &named)])).unwrap();
    store.commit(batch(2, [delete("Binary/1")])).unwrap();
    drop(keep(store.blobs(), b"given up"));
    let hash = named.hash;
    drop(named);
    assert_eq!(store.collect_blobs(Duration::from_secs(3600)).unwrap().blobs, 0, "it is too new");
    let collected = store.collect_blobs(Duration::ZERO).unwrap();
    assert_eq!((collected.blobs, collected.bytes), (1, 8));
    assert_eq!(read(store.blobs(), &hash), long);
    assert!(store.blobs().keep(&in_flight.hash).unwrap().is_some());
    assert!(store.blobs().keep(&BlobHash::of(b"given up")).unwrap().is_none());
}

/// Writers that keep the same few contents and commit or give up, while the collection runs all the time.
#[test]
fn no_collection_takes_what_a_commit_names() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let collected: u64 = std::thread::scope(|scope| {
        let collector = scope.spawn(|| {
            let mut collected = 0;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                collected += now(&store).0;
            }
            collected
        });
        let writers: Vec<_> = (0..3u64)
            .map(|writer| {
                let store = &store;
                scope.spawn(move || {
                    let mut random = crate::random::Random::of(writer + 11);
                    for round in 0..120 {
                        let content = format!("content {}", random.next() % 40);
                        let kept = keep(store.blobs(), content.as_bytes());
                        if random.next().is_multiple_of(4) {
                            let name = format!("Binary/{writer}-{}", random.next() % 5);
                            store.commit(batch(round, [naming(&name, &kept)])).unwrap();
                        }
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        collector.join().unwrap()
    });
    assert!(collected > 0, "nothing was ever collected");
    let found = store.verify().unwrap();
    assert!(found.is_sound() && found.blobs > 0, "{:?}", found.faults);
}

/// Each damage is done to a sound store of its own, and is found by the name of the resource.
#[test]
fn damaged_content_is_named_with_its_resource() {
    type Damage = fn(&Path);
    let flip: Damage = |path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[3] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    let cases: [(Damage, &str); 4] = [
        (|path| std::fs::remove_file(path).unwrap(), "is missing (1 more versions name it)"),
        (|path| std::fs::write(path, b"cont").unwrap(), "is not as it was written"),
        (|path| std::fs::write(path, b"").unwrap(), "is not as it was written"),
        (flip, "is not as it was written"),
    ];
    for (damage, sign) in cases {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        let kept = keep(store.blobs(), b"content");
        store.commit(batch(1, [naming("Binary/1", &kept), naming("Binary/2", &kept)])).unwrap();
        assert_eq!(store.verify().unwrap().blobs, 1);
        damage(&file(directory.path(), &kept.hash));
        let faults = store.verify().unwrap().faults;
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].place, "Binary/1/_history/1");
        assert!(faults[0].what.contains(sign), "{faults:?}");
        assert!(store.backup(&directory.path().join("copy")).is_err(), "a copy of damaged content is none");
    }
}

#[test]
fn rows_of_use_are_checked() {
    for (statement, sign) in [
        ("DELETE FROM blob_use WHERE version = 1", "is not noted"),
        ("INSERT INTO blob_use VALUES (x'00', 1, 1)", "has 3 rows, and should have 2"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        for content in [b"1", b"2"] {
            store.commit(batch(1, [naming("Binary/1", &keep(store.blobs(), content))])).unwrap();
        }
        drop(store);
        Connection::open(directory.path().join("chiron.sqlite")).unwrap().execute(statement, []).unwrap();
        let faults = open(directory.path()).verify().unwrap().faults;
        assert!(faults.iter().any(|fault| fault.what.contains(sign)), "{faults:?}");
    }
}

#[test]
fn copies_have_the_contents_that_versions_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("data"));
    let [first, second] = [b"first", b"later"].map(|bytes| keep(store.blobs(), bytes));
    store.commit(batch(1, [naming("Binary/1", &first)])).unwrap();
    store.commit(batch(2, [naming("Binary/1", &second)])).unwrap();
    drop(keep(store.blobs(), b"named by nothing"));
    let (copy, restored) = (directory.path().join("copy"), directory.path().join("restored"));
    store.backup(&copy).unwrap();
    assert_eq!(files(&copy), 2);
    SqliteStore::restore(&copy, &restored).unwrap();
    let again = open(&restored);
    assert_eq!(read(again.blobs(), &first.hash), b"first");
    assert_eq!(read(again.blobs(), &second.hash), b"later");
    let found = again.verify().unwrap();
    assert!(found.is_sound() && found.blobs == 2, "{:?}", found.faults);
    std::fs::write(file(&copy, &first.hash), b"fIrst").unwrap();
    let refused = SqliteStore::restore(&copy, &directory.path().join("other"));
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
}
