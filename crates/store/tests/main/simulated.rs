//! The store on a disk that crashes, tears what it writes, runs full and fails: thousands of runs from seeds.
//!
//! `CHIRON_SIMULATIONS` sets how many, `CHIRON_SEED` where they begin; a run that goes wrong tells its seed, and is run
//! again alone with `CHIRON_SEED=… CHIRON_SIMULATIONS=1`.

use crate::random::Random;
use crate::sample::*;
use crate::simulated_run::{Told, new_disk, options, run};
use crate::upkeep::OTHER_RULES;
use rusqlite::Connection;
use simulation::{Disk, Fault, Planned};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Maintain, SqliteStore, Store};

fn runs(unless_told: u64) -> u64 {
    std::env::var("CHIRON_SIMULATIONS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(unless_told)
}

fn first_seed() -> u64 {
    match std::env::var("CHIRON_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed,
        None => Random::seeded().next() >> 20,
    }
}

/// One run of a seed. One in eight begins on an empty disk, so that the store is also made under faults.
fn run_of(seed: u64, prepared: &Disk, directory: &Path) -> Result<Told, String> {
    let disk = if seed.is_multiple_of(8) { Disk::new(seed) } else { prepared.copy(seed) };
    run(seed, disk, directory)
}

#[test]
fn no_acknowledged_write_is_lost_whatever_the_disk_does() {
    let (first, count) = (first_seed(), runs(3_000));
    let next = AtomicU64::new(first);
    let told = Mutex::new(Told::default());
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    std::thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            scope.spawn(|| {
                let directory = tempfile::tempdir().unwrap();
                let prepared = new_disk(directory.path(), 0);
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    match run_of(seed, &prepared, directory.path()) {
                        Ok(one) => told.lock().unwrap().add(&one),
                        Err(wrong) => panic!("CHIRON_SEED={seed} CHIRON_SIMULATIONS=1: {wrong}"),
                    }
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    println!("{count} runs from seed {first}: {told:?}");
    assert!(told.crashes >= count && told.acknowledged > 4 * count, "{told:?}");
    assert!(count < 100 || (told.unknown > 0 && told.survived > 0 && told.failed_openings > 0), "{told:?}");
}

#[test]
fn a_seed_makes_the_same_run_again() {
    let directory = tempfile::tempdir().unwrap();
    let prepared = new_disk(directory.path(), 0);
    let first = first_seed();
    for seed in first..first + 24 {
        let again =
            || run_of(seed, &prepared, directory.path()).unwrap_or_else(|wrong| panic!("{seed}: {wrong}"));
        assert_eq!(again(), again(), "seed {seed}");
    }
}

/// The runs see what they look for: a machine that does not sync loses what it acknowledged, and they tell.
#[test]
fn a_disk_that_does_not_sync_is_caught() {
    let directory = tempfile::tempdir().unwrap();
    let prepared = new_disk(directory.path(), 0);
    let caught = (1..40).find_map(|seed| {
        let disk = prepared.copy(seed);
        disk.lie_about_syncs();
        run(seed, disk, directory.path()).err()
    });
    assert!(caught.is_some(), "nothing was lost in forty runs without a sync");
}

/// Opens the store on a disk that crashes at one operation after the other, until one opening comes through; gives how
/// many did not.
fn crash_while_opening(directory: &Path, disk: impl Fn(u64) -> Disk, then: impl Fn(&SqliteStore)) -> u64 {
    for at in 0.. {
        let whole = disk(at);
        let from = whole.operations() + at;
        whole.plan([Planned { fault: Fault::Crash, from, lasts: 1 }]);
        let mounted = whole.mount(directory);
        let opened = SqliteStore::open(directory, &options(64));
        let left = whole.after_crash();
        let came_through = opened.is_ok() && from > whole.operations();
        drop((opened, mounted));
        if came_through {
            return at;
        }
        let _mounted = left.mount(directory);
        then(
            &SqliteStore::open(directory, &options(64))
                .unwrap_or_else(|error| panic!("operation {at}: {error}")),
        );
    }
    unreachable!("an opening ends")
}

#[test]
fn a_migration_that_is_interrupted_anywhere_is_done_by_the_next_opening() {
    let directory = tempfile::tempdir().unwrap();
    let interrupted = crash_while_opening(directory.path(), Disk::new, |store| {
        store.commit(batch(1, [patient("a", "Aye")])).unwrap();
        assert_eq!(page(store, &query("Patient?family=Aye")).0, ["Patient/a"]);
        assert!(store.verify().unwrap().is_sound());
    });
    assert!(interrupted > 40, "{interrupted} operations");
}

#[test]
fn a_reindexing_that_is_interrupted_anywhere_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let disk = new_disk(directory, 0);
    {
        let _mounted = disk.mount(directory);
        let store = SqliteStore::open(directory, &options(64)).unwrap();
        let patients: Vec<_> =
            (0..600).map(|number| patient(&format!("p{number}"), &format!("F{number}x"))).collect();
        store.commit(batch(1, patients)).unwrap();
        drop(store);
        let database = Connection::open(directory.join("chiron.sqlite")).unwrap();
        database.execute_batch(&OTHER_RULES.join(";")).unwrap();
    }
    let mut random = Random::seeded();
    let mut crashes = 0;
    let mut left = disk.copy(random.next());
    // Each machine gets a little further than the one before, until one comes to the end.
    for further in 0.. {
        let mounted = left.mount(directory);
        let store = SqliteStore::open(directory, &options(8)).unwrap();
        assert_eq!(page(&store, &query("Patient?family=F77x")).0, ["Patient/p77"], "machine {further}");
        assert!(store.verify().unwrap().is_sound());
        let from = left.operations() + further + random.below(20) as u64;
        left.plan([Planned { fault: Fault::Crash, from, lasts: 1 }]);
        let done = loop {
            match store.reindex_some() {
                Ok(step) if step.done => break true,
                Ok(_) => store.settle().unwrap(),
                Err(_) => break false,
            }
        };
        let next = left.after_crash();
        drop((store, mounted));
        left = next;
        if done {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 5, "{crashes}");
    let _mounted = left.mount(directory);
    let store = SqliteStore::open(directory, &options(64)).unwrap();
    assert!(store.is_index_current());
    assert_eq!(page(&store, &query("Patient?family=F77x")).0, ["Patient/p77"]);
    assert!(store.verify().unwrap().is_sound());
}
