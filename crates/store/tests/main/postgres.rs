//! What only a database server can do: several processes at once, being away, keys that carry their distribution column,
//! damage, and a practice moved from one engine to the other.

use crate::random::Random;
use crate::sample::*;
use crate::server::{PrivatePostgres, connect, database, open_database};
use std::time::{Duration, Instant};
use store::copy::copy;
use store::{
    Batch, Change, Expect, Maintain, OpenOptions, PostgresStore, Precondition, PrivateChange, Store,
    StoreError,
};

/// Two stores on one database, as two processes have them.
fn two(directory: &std::path::Path) -> [PostgresStore; 2] {
    let url = database();
    ["one", "two"].map(|name| open_database(&url, &directory.join(name)))
}

#[test]
fn of_conditional_creates_in_two_processes_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let stores = two(directory.path());
    for round in 0..20 {
        let create = |process: usize, thread: usize| {
            let condition = query(&format!("Patient?family=Round{round}"));
            let one = patient(&format!("r{round}-{process}-{thread}"), &format!("Round{round}"));
            let batch = Batch { preconditions: vec![Precondition::NoMatch(condition)], ..batch(1, [one]) };
            match stores[process].commit(batch) {
                Ok(_) => 1,
                Err(StoreError::ConditionConflict { .. }) => 0,
                Err(error) => panic!("{error}"),
            }
        };
        let created: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|number| scope.spawn(move || create(number % 2, number / 2))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(created, 1);
        for store in &stores {
            assert_eq!(page(store, &query(&format!("Patient?family=Round{round}"))).0.len(), 1);
        }
    }
    assert!(stores[0].verify().unwrap().is_sound());
}

/// Two writes of different resources, each fine as long as the other is not done: the skew that snapshots let through.
#[test]
fn of_two_processes_neither_writes_what_the_other_made_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let stores = two(directory.path());
    for round in 0..20 {
        let (here, away) = (format!("Here{round}"), format!("Away{round}"));
        stores[0].commit(batch(1, ["a", "b", "c", "d"].map(|id| patient(id, &here)))).unwrap();
        let leave = |process: usize, id: &str| {
            let condition = Precondition::NoMatch(query(&format!("Patient?family={away}")));
            let batch = Batch { preconditions: vec![condition], ..batch(1, [patient(id, &away)]) };
            match stores[process].commit(batch) {
                Ok(_) => 1,
                Err(StoreError::ConditionConflict { .. }) => 0,
                Err(error) => panic!("{error}"),
            }
        };
        let leave = &leave;
        let gone: usize = std::thread::scope(|scope| {
            let people = [(0, "a"), (1, "b"), (0, "c"), (1, "d")];
            let threads = people.map(|(process, id)| scope.spawn(move || leave(process, id)));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(gone, 1, "round {round}");
    }
}

#[test]
fn no_update_of_two_processes_is_lost_and_the_feed_has_no_gap() {
    const EACH: usize = 25;
    let directory = tempfile::tempdir().unwrap();
    let stores = two(directory.path());
    stores[0].commit(batch(1, [patient("a", "0")])).unwrap();
    let increment = |store: &PostgresStore| loop {
        let current = store.read(&key("Patient/a")).unwrap().unwrap();
        let text = current.text();
        let from = text.find("family\":\"").unwrap() + 9;
        let number: usize = text[from..].split('"').next().unwrap().parse().unwrap();
        let change =
            Change { expect: Expect::Version(current.version), ..patient("a", &(number + 1).to_string()) };
        match store.commit(batch(2, [change])) {
            Ok(_) => return,
            Err(StoreError::VersionConflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    // A reader of the feed sees every commit once and in order, while both write.
    let total = 1 + 4 * EACH as u64;
    std::thread::scope(|scope| {
        for number in 0..4 {
            let store = &stores[number % 2];
            scope.spawn(move || (0..EACH).for_each(|_| increment(store)));
        }
        let mut seen = 0;
        let begun = Instant::now();
        while seen < total {
            assert!(begun.elapsed() < Duration::from_secs(60), "{seen} of {total} commits were seen");
            for commit in stores[1].changes(seen, 7).unwrap() {
                assert_eq!(commit.sequence, seen + 1);
                seen = commit.sequence;
            }
        }
    });
    let last = stores[1].read(&key("Patient/a")).unwrap().unwrap();
    assert!(last.text().contains(&format!("\"{}\"", 4 * EACH)), "{}", last.text());
    assert_eq!(last.version as u64, total);
    assert!(stores[1].verify().unwrap().is_sound());
}

/// What one process wrote, the other sees at once, with parameters that it never met.
#[test]
fn a_process_sees_what_another_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let stores = two(directory.path());
    let mut random = Random::seeded();
    for round in 0..60 {
        let (writer, reader) = (&stores[round % 2], &stores[1 - round % 2]);
        let batch = crate::differential::random_batch(&mut random, i64::try_from(round).unwrap() * 100);
        let keys: Vec<_> = batch.changes.iter().map(|change| change.key.clone()).collect();
        let _ = writer.commit(batch);
        for key in keys {
            assert_eq!(reader.read(&key).unwrap(), writer.read(&key).unwrap());
        }
        let (url, query) = crate::differential::random_query(&mut random);
        assert_eq!(all(reader, &query), all(writer, &query), "{url}");
    }
}

#[test]
fn a_database_that_goes_away_is_told_and_found_again() {
    let server = PrivatePostgres::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let store = open_database(&server.database(), directory.path());
    store.commit(batch(1, [patient("a", "A")])).unwrap();
    for crash in [false, true] {
        if crash {
            server.crash();
        } else {
            server.stop();
        }
        // What is in memory may be answered for a second.
        std::thread::sleep(Duration::from_millis(1_100));
        let is_away = |error: StoreError| matches!(error, StoreError::Unavailable { .. });
        assert!(store.read(&key("Patient/a")).is_err_and(is_away));
        assert!(store.search(&query("Patient?family=A"), &Ports).is_err_and(is_away));
        assert!(store.commit(batch(2, [patient("b", "B")])).is_err_and(is_away));
        server.start_again();
        assert_eq!(page(&store, &query("Patient?family=A")).0, ["Patient/a"]);
        store.commit(batch(3, [patient("c", if crash { "C2" } else { "C1" })])).unwrap();
    }
    assert!(store.read(&key("Patient/b")).unwrap().is_none());
    assert!(store.verify().unwrap().is_sound());
}

/// The copy is asked as long as it has all that this process knows of; it may be behind, or away.
#[test]
fn reads_of_a_replica_show_no_less_than_was_written_or_seen() {
    let server = PrivatePostgres::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let url = server.database();
    drop(open_database(&url, &directory.path().join("first")));
    let follower = server.follower();
    let options = OpenOptions { read_database: Some(follower.url_here(&url)), ..open_options() };
    let store = PostgresStore::open(&url, &directory.path().join("data"), &options).unwrap();
    let other = open_database(&url, &directory.path().join("other"));
    let is_seen = |family: &str| {
        let found = page(&store, &query(&format!("Patient?family={family}"))).0 == ["Patient/a"];
        found && store.read(&key("Patient/a")).unwrap().unwrap().text().contains(family)
    };
    for round in 0..100 {
        let family = format!("Round{round}x");
        store.commit(batch(1, [patient("a", &family)])).unwrap();
        assert!(is_seen(&family), "what this process wrote in round {round}");
    }
    let copy = connect(&follower.url_here(&url));
    copy.execute("SELECT pg_wal_replay_pause()");
    store.commit(batch(2, [patient("a", "Paused")])).unwrap();
    assert!(is_seen("Paused"), "the copy is behind");
    copy.execute("SELECT pg_wal_replay_resume()");
    // What another process wrote is seen when the copy has it, and never again unseen.
    other.commit(batch(3, [patient("a", "Other")])).unwrap();
    let last = store.commits_before(u64::MAX, 1).unwrap()[0].sequence.to_string();
    let begun = Instant::now();
    while copy.rows("SELECT 'head', sequence::text FROM head")[0][1] != last {
        assert!(begun.elapsed() < Duration::from_secs(20), "the copy does not follow");
    }
    assert!((0..50).all(|_| is_seen("Other")));
    // It is the copy that answers: reads go on while the database is away, and the other way round.
    server.stop();
    assert!(is_seen("Other"));
    server.start_again();
    follower.stop();
    assert!(is_seen("Other"));
    store.commit(batch(4, [patient("a", "Alone")])).unwrap();
    assert!(is_seen("Alone"));
}

/// On a cluster each table is distributed by one column, and a unique key that lacks it could not be kept.
#[test]
fn every_unique_key_carries_its_distribution_column() {
    const BY: [(&str, &str); 15] = [
        ("entry", "home"),
        ("type_row", "home"),
        ("past", "home"),
        ("token", "home"),
        ("number", "home"),
        ("text", "home"),
        ("date", "home"),
        ("directory", "id"),
        ("private", "key"),
        ("blob", "hash"),
        ("blob_chunk", "hash"),
        ("blob_use", "hash"),
        ("commit_log", "sequence"),
        ("words", "id"),
        ("data_key", "number"),
    ];
    /// Small, and the same everywhere.
    const REFERENCE: [&str; 5] = ["meta", "dictionary", "head", "type_count", "words_place"];
    let directory = tempfile::tempdir().unwrap();
    let url = database();
    drop(open_database(&url, directory.path()));
    let keys = connect(&url).rows(
        "SELECT c.relname, string_agg(a.attname, ',') FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
         WHERE i.indisunique GROUP BY c.relname, i.indexrelid",
    );
    assert!(keys.len() >= BY.len() + REFERENCE.len(), "{keys:?}");
    for [table, columns] in &keys {
        match BY.iter().find(|(name, _)| name == table) {
            Some((_, column)) => assert!(columns.split(',').any(|one| one == *column), "{table}: {columns}"),
            None => assert!(REFERENCE.contains(&table.as_str()), "{table} is in no list"),
        }
    }
    let counted = connect(&url).rows(
        "SELECT 'others', count(*)::text FROM pg_constraint WHERE contype = 'f'
         UNION ALL SELECT 'others', count(*)::text FROM pg_class WHERE relkind = 'S'",
    );
    assert!(counted.iter().all(|[_, count]| count == "0"), "foreign keys and sequences: {counted:?}");
}

#[test]
fn damage_in_the_database_is_found() {
    for (statement, sign) in [
        ("UPDATE commit_log SET audit = '\\x00' WHERE sequence = 1", "commit 1: stored data is damaged"),
        ("UPDATE commit_log SET time = time + 1 WHERE sequence = 1", "commit 1: its hash differs"),
        ("UPDATE data_key SET home = home + 1 WHERE home <> 0", "does not open"),
        ("DELETE FROM data_key WHERE home <> 0", "is missing"),
        (
            "UPDATE entry SET payload = (SELECT payload FROM entry LIMIT 1)",
            "its encrypted text is not what was written",
        ),
        ("DELETE FROM past", "is missing"),
        ("DELETE FROM text WHERE ctid = (SELECT min(ctid) FROM text)", "an index row is missing"),
        ("UPDATE directory SET version = version + 1", "the directory does not lead to it"),
        ("UPDATE type_row SET signature = ''", "the list of its type does not agree"),
        ("UPDATE type_count SET count = count + 1", "counts are wrong"),
        ("UPDATE private SET content = content || '\\x00'", "private document"),
        ("DELETE FROM blob_use", "is not noted"),
        ("UPDATE blob_chunk SET bytes = bytes || '\\x00'", "is not as it was written"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let url = database();
        let store = open_database(&url, directory.path());
        write_some(&store);
        assert!(store.verify().unwrap().is_sound());
        connect(&url).execute(statement);
        let faults = store.verify().unwrap().faults;
        let is_told = faults.iter().any(|fault| format!("{}: {}", fault.place, fault.what).contains(sign));
        assert!(is_told, "{statement}: {faults:?}");
    }
}

/// Versions, a deletion, a private document and a content.
fn write_some(store: &dyn Store) {
    let mut writer = store.blobs().writer().unwrap();
    writer.write(b"content").unwrap();
    let kept = writer.finish().unwrap();
    let mark = store::blob::Mark { form: store::blob::Form::Bytes, length: kept.length, hash: kept.hash };
    let data = format!("{}{}", store::blob::MARK_PREFIX, mark.rest());
    let binary =
        format!(r#"{{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"{data}"}}"#);
    let private = vec![PrivateChange {
        space: "account".into(),
        key: "anna".into(),
        content: Some(b"reader".to_vec()),
    }];
    let first = [patient("a", "A"), patient("gone", "G"), put("Binary/b", &binary)];
    store.commit(Batch { private, ..batch(10, first) }).unwrap();
    store.commit(batch(20, [patient("a", "A2"), delete("Patient/gone")])).unwrap();
    store.log_read(b"a look").unwrap();
}

#[test]
fn a_practice_moves_from_one_engine_to_the_other_and_back() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(&directory.path().join("first"));
    write_some(&first);
    let mut random = Random::seeded();
    for round in 1..120i64 {
        let _ = first.commit(crate::differential::random_batch(&mut random, round * 100));
    }
    let database = open_database(&database(), &directory.path().join("database"));
    let copied = copy(&first, &database, None, &mut |_, _| {}).unwrap();
    assert_eq!((copied.blobs, copied.private, copied.reads), (1, 1, 1));
    let back = open(&directory.path().join("back"));
    copy(&database, &back, None, &mut |_, _| {}).unwrap();
    let everything = first.whole_commits(0, usize::MAX).unwrap();
    for store in [&database as &dyn Maintain, &back] {
        assert!(
            store.whole_commits(0, usize::MAX).unwrap() == everything,
            "hashes and internal keys included"
        );
        assert_eq!(store.private_documents().unwrap(), first.private_documents().unwrap());
        let found = store.verify().unwrap();
        assert!(found.is_sound() && found.blobs == 1 && found.reads == 1, "{:?}", found.faults);
        assert!(copy(&first, store, None, &mut |_, _| {}).is_err(), "a target that holds data is refused");
    }
    let looked_at = open(&directory.path().join("looked at"));
    looked_at.log_read(b"a look").unwrap();
    assert!(
        copy(&first, &looked_at, None, &mut |_, _| {}).is_err(),
        "a target with a log of reads is refused"
    );
    let next = batch(1_000_000, [patient("d", "D")]);
    assert_eq!(database.commit(next.clone()).unwrap(), first.commit(next).unwrap());
}

#[test]
fn a_newer_schema_in_a_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let url = database();
    drop(open_database(&url, directory.path()));
    connect(&url).execute("UPDATE meta SET value = '99' WHERE name = 'schema'");
    let opened = PostgresStore::open(&url, directory.path(), &open_options());
    assert!(matches!(opened, Err(StoreError::NewerSchema { found: 99, .. })));
}
