//! The process that answers from memory, and those that write meanwhile.

use crate::sample::*;
use crate::server::{PrivatePostgres, connect, database, open_database};
use std::time::{Duration, Instant};
use store::{Maintain, PostgresStore, Store};

/// How long a lease holds: see `postgres/keeper.rs`.
const LEASE: Duration = Duration::from_secs(1);

fn keeper(url: &str) -> i64 {
    connect(url).rows("SELECT keeper::text, '' FROM head")[0][0].parse().unwrap()
}

/// Waits until the only process in a database may answer from memory. Who asks the database is company there.
fn wait_until_kept(url: &str) {
    let begun = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(600));
        if keeper(url) > 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody answers from memory");
    }
}

fn family_of(store: &PostgresStore) -> String {
    let text = store.read(&key("Patient/a")).unwrap().unwrap().text().to_owned();
    let from = text.find("family\":\"").unwrap() + 9;
    text[from..].split('"').next().unwrap().to_owned()
}

/// The second process writes before the first could know that it is there.
#[test]
fn who_answers_from_memory_shows_what_another_process_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let url = database();
    let keeping = open_database(&url, &directory.path().join("keeping"));
    let mut longest = Duration::ZERO;
    for round in 0..6 {
        keeping.commit(batch(1, [patient("a", &format!("Own{round}"))])).unwrap();
        assert_eq!(family_of(&keeping), format!("Own{round}"));
        wait_until_kept(&url);
        let other = open_database(&url, &directory.path().join("other"));
        for write in 0..20 {
            let family = format!("Other{round}x{write}");
            let begun = Instant::now();
            other.commit(batch(2, [patient("a", &family)])).unwrap();
            longest = longest.max(begun.elapsed());
            assert_eq!(family_of(&keeping), family);
            assert_eq!(page(&keeping, &query(&format!("Patient?family={family}"))).0, ["Patient/a"]);
            assert_eq!(family_of(&keeping), family, "also from memory");
        }
    }
    assert!(longest >= LEASE, "no write met a lease: {longest:?}");
}

/// What it read is there while the database is away, for as long as nobody else can have written: it was not asked.
#[test]
fn a_process_alone_reads_from_memory() {
    let server = PrivatePostgres::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let url = server.database();
    let store = open_database(&url, directory.path());
    store.commit(batch(1, [patient("a", "A")])).unwrap();
    assert_eq!(family_of(&store), "A");
    wait_until_kept(&url);
    std::thread::sleep(Duration::from_millis(600));
    // The quickest of some rounds: others work on the machine too.
    let reads = 1_000;
    let round = |_| {
        let begun = Instant::now();
        (0..reads).for_each(|_| assert_eq!(family_of(&store), "A"));
        begun.elapsed() / reads
    };
    let each = (0..20).map(round).min().unwrap();
    assert!(each < Duration::from_micros(25), "{each:?} each is no reading from memory");
    server.crash();
    std::thread::sleep(LEASE + Duration::from_millis(300));
    assert!(store.read(&key("Patient/a")).is_err(), "a lease ends by itself");
    server.start_again();
    assert_eq!(family_of(&store), "A");
}

#[test]
fn a_write_waits_for_the_lease_of_a_process_that_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let url = database();
    let store = open_database(&url, directory.path());
    store.commit(batch(1, [patient("a", "A")])).unwrap();
    let company = connect(&url);
    std::thread::sleep(Duration::from_millis(600));
    for name in ["77", "-77"] {
        company.execute(&format!("UPDATE head SET keeper = {name}"));
        let begun = Instant::now();
        store.commit(batch(1, [patient("a", "B")])).unwrap();
        assert!(begun.elapsed() >= LEASE, "{:?}", begun.elapsed());
        assert_eq!(keeper(&url), 0);
    }
    drop(company);
    assert!(store.verify().unwrap().is_sound());
}
