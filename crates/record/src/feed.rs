//! The feed of changes inside the process: one reader of the store for all who follow it.
//!
//! The reader keeps the last commits in memory and announces the newest. Each follower has a cursor of its own and takes
//! what lies behind it when it is ready: from memory when it is near, from the store when it fell behind. So nothing is
//! lost, no follower waits for another, and a writer waits for none of them.

mod narrowed;

pub use narrowed::{SeenCommit, Step};

use crate::error::Error;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use store::{CommitRecord, ResourceKey, Store};
use tokio::sync::watch;

/// Changes that are kept in memory.
const RECENT_CHANGES: usize = 8_192;
/// Changes that the reader takes from the store in one step.
const STEP_CHANGES: usize = 1_024;
/// How long the reader has to notice that the feed is closed before it is woken again.
const WAKING: Duration = Duration::from_millis(1);

/// How long the reader sleeps at most before it looks whether it should end, and after the store failed.
const PATIENCE: Duration = Duration::from_millis(200);

/// A commit as the feed has it.
#[derive(Debug)]
pub struct Commit {
    /// Its place in commit order: the cursor for what follows.
    pub sequence: u64,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// What it changed, in order.
    pub changes: Vec<Change>,
}

/// A change as the feed has it.
#[derive(Debug)]
pub struct Change {
    /// Which resource.
    pub key: ResourceKey,
    /// The version made.
    pub version: u32,
    /// The patients it is about, found when the first follower asks.
    patients: OnceLock<BTreeSet<String>>,
}

/// The running feed.
pub struct Feed {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
    newest: watch::Receiver<u64>,
    reader: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    recent: Mutex<Recent>,
    is_closed: AtomicBool,
}

/// The last commits, and the cursor that they lie behind.
#[derive(Default)]
struct Recent {
    behind: u64,
    commits: VecDeque<Arc<Commit>>,
    changes: usize,
}

impl Feed {
    /// Begins to read a store's feed behind its newest commit.
    pub(crate) fn start(store: Arc<dyn Store>) -> Result<Self, Error> {
        let cursor = store.wait_for_commit(u64::MAX, Duration::ZERO)?;
        let shared = Arc::new(Shared::default());
        shared.recent().behind = cursor;
        let (announce, newest) = watch::channel(cursor);
        let (source, kept) = (Arc::clone(&store), Arc::clone(&shared));
        let reader = std::thread::Builder::new().name("feed".to_owned());
        let reader = reader
            .spawn(move || read(&*source, &kept, cursor, &announce))
            .map_err(|error| store::StoreError::World { context: "follow the feed", source: error.into() })?;
        Ok(Self { store, shared, newest, reader: Mutex::new(Some(reader)) })
    }

    /// The newest commit that is announced.
    pub fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Tells of each newest commit; its sender is gone when the feed is closed.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    /// The commits behind a cursor, in order: at most `limit` changes, but whole commits.
    pub(crate) fn after(&self, cursor: u64, limit: usize) -> Result<Vec<Arc<Commit>>, Error> {
        match self.shared.recent().after(cursor, limit) {
            Some(commits) => Ok(commits),
            None => {
                let commits = self.store.changes(cursor, limit)?;
                Ok(commits.into_iter().map(|commit| Arc::new(Commit::from(commit))).collect())
            }
        }
    }

    /// Ends the reader: those who watch are told that nothing comes any more.
    pub fn close(&self) {
        self.shared.is_closed.store(true, Ordering::Release);
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = reader {
            // It may be about to wait, and is woken until it noticed.
            while !reader.is_finished() {
                self.store.wake();
                std::thread::sleep(WAKING);
            }
            // Its panic was reported where it happened.
            let _ = reader.join();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.close();
    }
}

fn read(store: &dyn Store, shared: &Shared, mut cursor: u64, announce: &watch::Sender<u64>) {
    while !shared.is_closed.load(Ordering::Acquire) {
        let commits = match store.wait_for_commit(cursor, PATIENCE) {
            Ok(newest) if newest > cursor => store.changes(cursor, STEP_CHANGES),
            Ok(_) => continue,
            Err(error) => Err(error),
        };
        match commits {
            Ok(commits) => {
                cursor = commits.last().map_or(cursor, |commit| commit.sequence);
                shared.recent().keep(commits);
                announce.send_replace(cursor);
            }
            // The world's fault: it may be better in a moment.
            Err(_) => std::thread::sleep(PATIENCE),
        }
    }
}

impl Shared {
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn keep(&mut self, commits: Vec<CommitRecord>) {
        for commit in commits {
            self.changes += commit.changes.len().max(1);
            self.commits.push_back(Arc::new(commit.into()));
        }
        while self.changes > RECENT_CHANGES
            && let Some(oldest) = self.commits.pop_front()
        {
            self.changes -= oldest.changes.len().max(1);
            self.behind = oldest.sequence;
        }
    }

    /// The commits behind a cursor; `None` when some of them are not kept any more.
    fn after(&self, cursor: u64, limit: usize) -> Option<Vec<Arc<Commit>>> {
        if cursor < self.behind {
            return None;
        }
        let from = self.commits.partition_point(|commit| commit.sequence <= cursor);
        let mut room = limit;
        let fits = |commit: &&Arc<Commit>| {
            let fits = room > 0;
            room = room.saturating_sub(commit.changes.len().max(1));
            fits
        };
        Some(self.commits.range(from..).take_while(fits).cloned().collect())
    }
}

impl From<CommitRecord> for Commit {
    fn from(record: CommitRecord) -> Self {
        let change = |(key, version)| Change { key, version, patients: OnceLock::new() };
        let changes = record.changes.into_iter().map(change).collect();
        Self { sequence: record.sequence, time_ms: record.time_ms, changes }
    }
}
