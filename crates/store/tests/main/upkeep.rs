//! The care of a data directory: locks, checks, copies, reindexing.

use crate::sample::*;
use rusqlite::Connection;
use std::path::Path;
use store::{Maintain, OpenOptions, SqliteStore, Store, StoreError};

fn write_some(store: &SqliteStore) {
    for number in 0..40 {
        let observation = format!(
            r#"{{"resourceType":"Observation","id":"o{number}","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"718-7"}}]}},"subject":{{"reference":"Patient/p{}"}},"effectiveDateTime":"2020-03-{:02}","valueQuantity":{{"value":{number},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}}"#,
            number % 4,
            number % 28 + 1
        );
        let patient = patient(&format!("p{}", number % 4), &format!("Family{number}"));
        store.commit(batch(number, [put(&format!("Observation/o{number}"), &observation), patient])).unwrap();
    }
    store.commit(batch(100, [delete("Observation/o3")])).unwrap();
    store.log_read(b"somebody read something").unwrap();
}

fn faults(directory: &Path) -> Vec<String> {
    let found = open(directory).verify().unwrap();
    assert_eq!(found.is_sound(), found.faults.is_empty());
    found.faults.into_iter().map(|fault| format!("{}: {}", fault.place, fault.what)).collect()
}

#[test]
fn a_sound_store_has_no_faults() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    write_some(&store);
    let found = store.verify().unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
    assert_eq!((found.commits, found.versions, found.documents, found.reads), (41, 81, 43, 1));
    assert!(found.index_rows >= 43);
}

#[test]
fn a_second_opener_learns_who_has_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path());
    let second = SqliteStore::open(directory.path(), &open_options());
    let Err(StoreError::InUse(process)) = second.map(|_| ()) else { panic!("two have it") };
    assert_eq!(process, std::process::id().to_string());
    drop(first);
    open(directory.path());
}

#[test]
fn a_newer_schema_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
    database
        .execute_batch("UPDATE meta SET value = 99 WHERE name = 'schema'; PRAGMA user_version = 99")
        .unwrap();
    drop(database);
    let refused = SqliteStore::open(directory.path(), &open_options()).map(|_| ());
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 99, .. })), "{refused:?}");
}

#[test]
fn what_was_written_before_encryption_is_refused_with_advice() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
    database
        .execute_batch("UPDATE meta SET value = 3 WHERE name = 'schema'; PRAGMA user_version = 3")
        .unwrap();
    drop(database);
    let refused = SqliteStore::open(directory.path(), &open_options()).map(|_| ());
    assert!(matches!(refused, Err(StoreError::OlderSchema { found: 3 })), "{refused:?}");
}

/// Each tampering is done to a sound store of its own, and must be found.
#[test]
fn every_kind_of_damage_is_found() {
    for (statement, sign) in [
        ("UPDATE commit_log SET audit = x'00' WHERE sequence = 7", "commit 7: stored data is damaged"),
        ("UPDATE data_key SET home = home + 1 WHERE home != 0", "does not open"),
        ("UPDATE data_key SET made = made + 1 WHERE number > 1", "does not open"),
        ("DELETE FROM data_key WHERE home != 0", "is missing"),
        ("UPDATE commit_log SET time = time - 50 WHERE sequence = 41", "commit 41"),
        ("DELETE FROM commit_log WHERE sequence = 41", "table past"),
        ("DELETE FROM commit_log WHERE sequence >= 40", "names a commit that is not there"),
        ("DELETE FROM commit_log WHERE sequence = 5", "commit 6: does not follow"),
        (
            "UPDATE entry SET payload = substr(payload, 1, length(payload) - 1) WHERE rowid_like = 1",
            "its encrypted text is not what was written",
        ),
        (
            "UPDATE past SET payload = NULL WHERE version = 2 AND payload IS NOT NULL",
            "is not what was committed",
        ),
        ("DELETE FROM past WHERE version = 3", "is missing"),
        ("DELETE FROM token WHERE recency = (SELECT max(recency) FROM token)", "index row is missing"),
        (
            "INSERT INTO token SELECT parameter, hash + 1, recency, key, home FROM token LIMIT 1",
            "table token",
        ),
        ("DELETE FROM type_row WHERE key = 5", "the list of its type"),
        ("UPDATE directory SET recency = recency + 1 WHERE key = 5", "the directory does not lead"),
        ("UPDATE directory SET version = version + 1 WHERE key = 5", "the directory does not lead"),
        ("UPDATE type_count SET count = count + 1", "counts are wrong"),
        ("UPDATE entry SET signature = x'' WHERE key = 5", "Observation"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        write_some(&store);
        drop(store);
        let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
        let statement = statement.replace("rowid_like = 1", "key = 5");
        assert!(database.execute(&statement, []).unwrap() > 0, "{statement} does nothing");
        drop(database);
        let found = faults(directory.path());
        assert!(found.iter().any(|fault| fault.contains(sign)), "{statement}: {found:?}");
    }
}

#[test]
fn a_copy_is_the_data_of_one_moment() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("data"));
    write_some(&store);
    let copy = directory.path().join("copy");
    let made = store.backup(&copy).unwrap();
    assert_eq!(made.sequence, 41);
    assert!(made.files.iter().any(|(name, _)| name == "reads/reads-000001.log"), "{:?}", made.files);
    store.commit(batch(200, [patient("later", "Later")])).unwrap();
    assert!(store.backup(&copy).is_err(), "the copy is not written over");

    let restored = directory.path().join("restored");
    SqliteStore::restore(&copy, &restored).unwrap();
    assert!(SqliteStore::restore(&copy, &restored).is_err(), "data is not written over");
    let second = open(&restored);
    assert!(second.verify().unwrap().is_sound());
    assert_eq!(second.changes(0, usize::MAX).unwrap(), store.changes(0, usize::MAX).unwrap()[..41]);
    assert_eq!(second.read(&key("Patient/later")).unwrap(), None);
    assert_eq!(second.commit(batch(300, [patient("new", "New")])).unwrap().sequence, 42);
    assert_eq!(page(&second, &query("Patient?family=New")).0, ["Patient/new"]);
}

#[test]
fn a_damaged_copy_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("data"));
    write_some(&store);
    let copy = directory.path().join("copy");
    store.backup(&copy).unwrap();
    let file = copy.join("chiron.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let restored = SqliteStore::restore(&copy, &directory.path().join("restored"));
    assert!(matches!(restored, Err(StoreError::Damaged(_))), "{restored:?}");
}

/// Makes of a database what a program with other rules might have left: no rows, and homes that mean nothing.
pub const OTHER_RULES: &[&str] = &[
    "DELETE FROM token",
    "DELETE FROM text",
    "DELETE FROM type_row",
    "UPDATE entry SET rows = x'00000000', home = 7, signature = x''",
    "UPDATE directory SET home = 7",
    "INSERT INTO type_row SELECT type, recency, key, home, signature FROM entry",
    "UPDATE meta SET value = 0 WHERE name = 'index_version'",
];

#[test]
fn reindexing_survives_restarts_and_searches_stay_right() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = open(directory.path());
    for start in (0..600).step_by(60) {
        let patients: Vec<_> = (start..start + 60)
            .map(|number| patient(&format!("p{number}"), &format!("F{number}x")))
            .collect();
        store.commit(batch(start, patients)).unwrap();
    }
    drop(store);
    let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
    database.execute_batch(&OTHER_RULES.join(";")).unwrap();
    drop(database);
    let mut steps = 0;
    let mut changed = 0;
    loop {
        store = open(directory.path());
        assert_eq!(page(&store, &query("Patient?family=F77x")).0, ["Patient/p77"], "after {steps} steps");
        store.commit(batch(9_000, [patient(&format!("p{steps}"), "Written meanwhile")])).unwrap();
        assert!(!store.is_index_current());
        let step = store.reindex_some().unwrap();
        steps += 1;
        changed += step.changed;
        if step.done {
            break;
        }
        drop(store);
    }
    assert!(steps >= 3 && changed >= 590, "{steps} {changed}");
    assert!(store.is_index_current());
    assert_eq!(page(&store, &query("Patient?family=F77x")).0, ["Patient/p77"]);
    let found = store.verify().unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let full = OpenOptions { greatest_bytes: Some(1 << 20), ..open_options() };
    let store = SqliteStore::open(directory.path(), &full).unwrap();
    let write = |store: &SqliteStore, number: u64| {
        // Not compressible, so that the space is used up soon.
        let mut random = crate::random::Random::of(number);
        let noise: String = (0..400).map(|_| format!("{:011x}", random.next())).collect();
        store.commit(batch(1, [patient(&format!("p{number}"), &noise)])).map(|_| ())
    };
    let written = (0..10_000).take_while(|number| write(&store, *number).is_ok()).count() as u64;
    assert!((10..9_000).contains(&written), "{written}");
    for number in written..written + 3 {
        assert!(matches!(write(&store, number), Err(StoreError::DiskFull)));
    }
    assert_eq!(store.changes(0, usize::MAX).unwrap().len() as u64, written);
    let last = key(&format!("Patient/p{}", written - 1));
    assert!(store.read(&last).unwrap().is_some());
    drop(store);
    let store = open(directory.path());
    assert!(store.verify().unwrap().is_sound());
    write(&store, written).unwrap();
    assert_eq!(store.changes(0, usize::MAX).unwrap().len() as u64, written + 1);
}

#[test]
fn statistics_count_what_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    write_some(&store);
    let statistics = store.statistics().unwrap();
    assert_eq!(statistics.resources, [("Observation".to_owned(), 39), ("Patient".to_owned(), 4)]);
    assert_eq!(statistics.sequence, 41);
    let rows = |name: &str| statistics.tables.iter().find(|table| table.name == name).unwrap().rows;
    assert_eq!((rows("directory"), rows("entry"), rows("past")), (44, 43, 38));
    assert!(statistics.file_bytes > 10_000);
}
