//! One run of the store on a simulated disk: random writes, faults, a crash, and the same again, held against the naive
//! model after each. All that is random comes from the seed.

use crate::differential::{random_batch, random_query};
use crate::random::Random;
use crate::sample::*;
use simulation::{Disk, Fault, Mounted, Planned};
use std::fmt::Debug;
use std::path::Path;
use store::{
    Batch, Committed, HistoryPage, HistoryScope, Maintain, MemoryStore, OpenOptions, PrivateChange,
    SqliteStore, Store, StoreError,
};

/// The space of the private documents that are written.
const SPACE: &str = "simulated";

const FAULTS: &[Fault] =
    &[Fault::Full, Fault::Write, Fault::Read, Fault::Sync, Fault::Crash, Fault::CrashInSync];

/// What went on in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub crashes: u64,
    pub acknowledged: u64,
    pub refused: u64,
    /// Writes that failed, so that nobody knows whether they will be there.
    pub unknown: u64,
    /// Of these, those that were there after the crash.
    pub survived: u64,
    /// Openings that failed, by a fault or a crash in them.
    pub failed_openings: u64,
    /// Searches that were answered as by the model.
    pub searches: u64,
    /// The fingerprint of all that was asked of the disks.
    pub trace: u64,
}

impl Told {
    pub fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.survived += other.survived;
        self.failed_openings += other.failed_openings;
        self.searches += other.searches;
        self.trace ^= other.trace;
    }
}

/// What is wrong with a run.
pub type Wrong = String;

/// How a store is opened here: its log is copied often.
pub fn options(log_pages: usize) -> OpenOptions {
    OpenOptions { log_reads: false, log_pages, ..open_options() }
}

/// A disk with an empty store on it that was closed in good order.
pub fn new_disk(directory: &Path, seed: u64) -> Disk {
    let disk = Disk::new(seed);
    let _mounted = disk.mount(directory);
    SqliteStore::open(directory, &options(64)).unwrap();
    disk
}

/// A run from its seed, on a disk that is given, in a directory that nobody else uses meanwhile.
pub fn run(seed: u64, disk: Disk, directory: &Path) -> Result<Told, Wrong> {
    let mut run = Run {
        random: Random::of(seed),
        model: MemoryStore::new(ports()),
        unknown: Vec::new(),
        disk,
        directory,
        time_ms: 0,
        told: Told::default(),
    };
    for _ in 0..2 + run.random.below(3) {
        run.life()?;
    }
    run.end()?;
    Ok(run.told)
}

struct Run<'a> {
    random: Random,
    model: MemoryStore,
    /// Writes that failed since the last that was acknowledged.
    unknown: Vec<Batch>,
    disk: Disk,
    directory: &'a Path,
    time_ms: i64,
    told: Told,
}

impl Run<'_> {
    /// From one start of the machine to the crash.
    fn life(&mut self) -> Result<(), Wrong> {
        if self.random.one_in(3) {
            self.fail_while_opening()?;
        }
        let mounted = self.disk.mount(self.directory);
        let store = self.open()?;
        self.recover(&store)?;
        self.plan(600);
        for _ in 0..4 + self.random.below(16) {
            self.step(&store)?;
        }
        self.crash(store, mounted);
        Ok(())
    }

    /// A machine that fails again while the store is opened after a crash.
    fn fail_while_opening(&mut self) -> Result<(), Wrong> {
        let mounted = self.disk.mount(self.directory);
        self.plan(60);
        match SqliteStore::open(self.directory, &options(16)) {
            Ok(store) => self.crash(store, mounted),
            Err(error) => {
                self.told.failed_openings += 1;
                expect_fault_of_the_world(&error)?;
                self.told.trace ^= self.disk.trace();
                self.disk = self.disk.after_crash();
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<SqliteStore, Wrong> {
        let usual = options(4 + self.random.below(40));
        // No document in memory, or all: what lies between depends on chance that is not of the seed.
        let cache_bytes = if self.random.one_in(2) { 0 } else { usual.cache_bytes };
        SqliteStore::open(self.directory, &OpenOptions { cache_bytes, ..usual })
            .map_err(|error| format!("the store does not open after a crash: {error}"))
    }

    /// Plans what goes wrong, within so many operations.
    fn plan(&mut self, within: usize) {
        let mut planned = Vec::new();
        for _ in 0..self.random.below(3) {
            let fault = FAULTS[self.random.below(FAULTS.len())];
            let from = self.disk.operations() + self.random.below(within) as u64;
            let lasts = if self.random.one_in(2) { 1 } else { 1 + self.random.below(within) as u64 };
            planned.push(Planned { fault, from, lasts });
        }
        self.disk.plan(planned);
    }

    fn crash(&mut self, store: SqliteStore, mounted: Mounted) {
        if self.random.one_in(4) {
            // Closed in good order, as far as the disk lets it.
            self.disk.plan([]);
            drop(store);
            self.told.trace ^= self.disk.trace();
            self.disk = self.disk.after_crash();
        } else {
            self.told.trace ^= self.disk.trace();
            let left = self.disk.after_crash();
            drop(store);
            self.disk = left;
        }
        drop(mounted);
        self.told.crashes += 1;
    }

    fn step(&mut self, store: &SqliteStore) -> Result<(), Wrong> {
        match self.random.below(12) {
            0 => {
                if store.mark_index_stale().is_err() {
                    self.told.unknown += 1;
                }
            }
            1 => {
                let step = store.reindex_some();
                step.map(|_| ()).or_else(|error| expect_fault_of_the_world(&error))?;
            }
            2 | 3 => self.search(store)?,
            4 | 5 => self.commit_together(store)?,
            _ => {
                let batch = self.batch();
                let result = store.commit(batch.clone());
                self.committed(batch, result)?;
            }
        }
        // The writer may still be copying its log; nobody else uses the disk meanwhile, so that runs can be repeated.
        store.settle().map_err(|error| format!("the writer is gone: {error}"))
    }

    fn batch(&mut self) -> Batch {
        self.time_ms += 100;
        let mut batch = random_batch(&mut self.random, self.time_ms);
        // Tells what survived.
        batch.audit = format!("write {}", self.time_ms).into_bytes();
        if self.random.one_in(6) {
            let key = self.random.below(4).to_string();
            let content = (!self.random.one_in(4)).then(|| batch.audit.clone());
            batch.private.push(PrivateChange { space: SPACE.into(), key, content });
        }
        batch
    }

    fn commit_together(&mut self, store: &SqliteStore) -> Result<(), Wrong> {
        let batches: Vec<Batch> = (0..2 + self.random.below(4))
            .map(|_| {
                self.time_ms += 1;
                self.batch()
            })
            .collect();
        match store.commit_together(batches.clone()) {
            Err(error) => {
                self.told.unknown += 1;
                expect_fault_of_the_world(&error)
            }
            Ok(results) => {
                same("answers to a group", &results.len(), &batches.len())?;
                batches.into_iter().zip(results).try_for_each(|(batch, result)| self.committed(batch, result))
            }
        }
    }

    /// Holds an answer against the model's.
    fn committed(&mut self, batch: Batch, result: Result<Committed, StoreError>) -> Result<(), Wrong> {
        match result {
            Ok(committed) => {
                self.told.acknowledged += 1;
                self.unknown.clear();
                let right =
                    self.model.commit(batch).map_err(|error| format!("{committed:?}, but {error}"))?;
                same("a commit", &committed, &right)
            }
            Err(error @ (StoreError::VersionConflict { .. } | StoreError::ConditionConflict { .. })) => {
                self.told.refused += 1;
                match self.model.commit(batch) {
                    Ok(right) => Err(format!("refused with {error}, but the model commits {right:?}")),
                    Err(right) => same("a refusal", &format!("{error:?}"), &format!("{right:?}")),
                }
            }
            Err(error) => {
                self.told.unknown += 1;
                self.unknown.push(batch);
                expect_fault_of_the_world(&error)
            }
        }
    }

    fn search(&mut self, store: &SqliteStore) -> Result<(), Wrong> {
        let (url, query) = random_query(&mut self.random);
        match store.search(&query, &Ports) {
            Ok(hits) => {
                let right = self.model.search(&query, &Ports).map_err(|error| error.to_string())?;
                self.told.searches += 1;
                same(&url, &hits.matches, &right.matches)
            }
            Err(error) => expect_fault_of_the_world(&error),
        }
    }

    /// After a crash: what was acknowledged is there, and what else is there was asked for, whole.
    fn recover(&mut self, store: &SqliteStore) -> Result<(), Wrong> {
        let known = self.model.changes(0, usize::MAX).map_err(|error| error.to_string())?.len() as u64;
        let found = store.changes(known, usize::MAX).map_err(|error| error.to_string())?;
        for record in found {
            let asked = self.unknown.iter().position(|batch| batch.audit == record.audit);
            let at = asked.ok_or_else(|| format!("nobody asked for {record:?}"))?;
            let batch = self.unknown.drain(..=at).next_back().expect("it is among them");
            let committed = self.model.commit(batch).map_err(|error| format!("{record:?} but {error}"))?;
            same("what survived", &committed.sequence, &record.sequence)?;
            self.told.survived += 1;
        }
        self.unknown.clear();
        self.compare(store)
    }

    /// Everything, in every way to ask for it.
    fn compare(&mut self, store: &SqliteStore) -> Result<(), Wrong> {
        let changes = |store: &dyn Store| store.changes(0, usize::MAX).map_err(|error| error.to_string());
        same("the commits", &changes(store)?, &changes(&self.model)?)?;
        let page = HistoryPage { since_ms: None, until_ms: None, count: usize::MAX, before: None };
        let history = |store: &dyn Store| {
            store.history(&HistoryScope::System, &page).map_err(|error| error.to_string())
        };
        let all = history(&self.model)?;
        same("all versions", &history(store)?, &all)?;
        for version in all.iter().take(20) {
            let read = |store: &dyn Store| store.read(&version.key).map_err(|error| error.to_string());
            same("a resource", &read(store)?, &read(&self.model)?)?;
        }
        let private = |store: &dyn Store| store.list_private(SPACE).map_err(|error| error.to_string());
        same("private documents", &private(store)?, &private(&self.model)?)?;
        let verified = store.verify().map_err(|error| error.to_string())?;
        same("faults", &verified.faults, &Vec::new())?;
        (0..4).try_for_each(|_| self.search(store))
    }

    /// The last machine works: the index is brought to its end, and all is there.
    fn end(&mut self) -> Result<(), Wrong> {
        let _mounted = self.disk.mount(self.directory);
        let store = self.open()?;
        self.recover(&store)?;
        while !store.reindex_some().map_err(|error| error.to_string())?.done {}
        let batch = self.batch();
        let result = store.commit(batch.clone());
        self.committed(batch, result)?;
        store.settle().map_err(|error| error.to_string())?;
        same("writes that failed without a fault", &self.unknown.len(), &0)?;
        self.compare(&store)?;
        drop(store);
        self.told.trace ^= self.disk.trace();
        Ok(())
    }
}

fn same<T: PartialEq + Debug>(what: &str, found: &T, right: &T) -> Result<(), Wrong> {
    if found == right { Ok(()) } else { Err(format!("{what}: {found:?}\n  should be {right:?}")) }
}

/// Faults of the disk are told as such: nothing is called damaged that is not.
fn expect_fault_of_the_world(error: &StoreError) -> Result<(), Wrong> {
    match error {
        StoreError::World { .. } | StoreError::DiskFull | StoreError::Busy => Ok(()),
        other => Err(format!("a fault of the disk is told as {other}")),
    }
}
