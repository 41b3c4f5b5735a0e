//! Versioned documents and the index rows that find them, behind one narrow trait.
//!
//! The store knows no clinical meaning: type, id, version, bytes, rows. [`Store`] is what `record` reads and writes
//! through; [`Maintain`] is what the program opens, checks and copies with. Both are synchronous.

pub mod batch;
pub mod blob;
mod body;
mod cache;
mod chains;
mod codec;
mod commit_log;
pub mod copy;
mod dictionary;
mod entry;
pub mod error;
mod execute;
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod keys;
mod located;
mod lock;
pub mod maintain;
pub mod memory;
mod newest_commit;
mod pack;
mod pool;
pub mod postgres;
mod prepare;
mod private;
pub mod read_log;
mod reindex;
mod row_set;
mod snapshot;
pub mod sqlite;
mod stored_id;
mod verify;
pub mod version;
pub mod whole_commit;
mod words;
mod writer;

pub use batch::{Action, Batch, Change, Committed, Expect, Precondition, PrivateChange};
pub use blob::{BlobHash, BlobStore, KeptBlob};
pub use body::Body;
pub use chains::{Chains, CommitEnd, Held, ReadsEnd};
pub use error::StoreError;
pub use execute::SearchLimits;
pub use keys::{LocalKey, Unwrapped, WrappingKey};
pub use maintain::{Maintain, OpenOptions, PrivateDocument};
pub use memory::MemoryStore;
pub use postgres::PostgresStore;
pub use read_log::ReadPlace;
pub use sqlite::SqliteStore;
pub use version::{ResourceKey, Version};
pub use whole_commit::{WholeChange, WholeCommit};

use fhir::schema::TypeId;
use search::query::{Clause, Query};
use std::time::{Duration, Instant};

/// Versioned documents and the rows that find them. Every read sees all commits that were
/// acknowledged before it began.
pub trait Store: Send + Sync {
    /// The current version, a tombstone included; `None` when there never was one.
    fn read(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError>;

    /// A version by number, a tombstone included; `None` when there is no such version.
    fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError>;

    /// Past and current versions in a scope, newest first.
    fn history(&self, scope: &HistoryScope, page: &HistoryPage) -> Result<Vec<Version>, StoreError>;

    /// The resources that match a query, in its order. `ports` answers what lies outside the data.
    fn search(&self, query: &Query, ports: &dyn search::Ports) -> Result<Hits, StoreError>;

    /// Writes a batch: all or nothing. Returns when it is durable.
    fn commit(&self, batch: Batch) -> Result<Committed, StoreError>;

    /// The commits behind a cursor in commit order, at most `limit` changes (but whole commits).
    fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError>;

    /// The sequence of the newest commit, as soon as it is behind `after` or when the patience is at its end: how a
    /// reader of the feed sleeps. This one looks again and again; a backend that knows when it commits overrides it.
    fn wait_for_commit(&self, after: u64, patience: Duration) -> Result<u64, StoreError> {
        let begun = Instant::now();
        loop {
            let newest = self.commits_before(u64::MAX, 1)?.first().map_or(0, |commit| commit.sequence);
            if newest > after || begun.elapsed() >= patience {
                return Ok(newest);
            }
            std::thread::sleep(POLL);
        }
    }

    /// The sequence of the newest commit now; 0 before the first. Cheap where it is known without asking.
    fn newest_sequence(&self) -> Result<u64, StoreError> {
        self.wait_for_commit(u64::MAX, Duration::ZERO)
    }

    /// Has those who wait in [`Store::wait_for_commit`] return soon, because something else is to be done.
    fn wake(&self) {}

    /// The commits before a place in commit order, newest first, at most `limit`.
    fn commits_before(&self, before: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError>;

    /// The rows of the log of reads before a place, newest first, at most `limit`, each with its place.
    fn reads_before(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError>;

    /// Appends a row to the log of reads, and returns when the operating system has it.
    fn log_read(&self, row: &[u8]) -> Result<(), StoreError>;

    /// Content that documents name by a [`blob::Mark`].
    fn blobs(&self) -> &dyn BlobStore;

    /// A private document (accounts, drafts, settings): never found by search or history.
    fn read_private(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The private documents of a space, by key.
    fn list_private(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError>;
}

/// How often a backend that is not told of commits looks for new ones.
const POLL: Duration = Duration::from_millis(100);

/// What history is asked of.
#[derive(Clone, Debug)]
pub enum HistoryScope {
    /// One resource.
    Resource(ResourceKey),
    /// All resources of a type.
    Type(TypeId),
    /// Everything.
    System,
}

/// Which part of a history.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// Only versions made at or after this time (`_since`), in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only versions made at or before this time (for `_at` and `_before`), in milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// At most this many.
    pub count: usize,
    /// Continue behind this place: commit sequence and position in the commit of the last version seen.
    pub before: Option<(u64, u32)>,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// The matches of this page.
    pub matches: Vec<Version>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
    /// How many match in all, when that was asked for.
    pub total: Option<u64>,
}

/// One commit in the change feed.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitRecord {
    /// Its place in commit order; the cursor for what follows.
    pub sequence: u64,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// What changed, in order.
    pub changes: Vec<(ResourceKey, u32)>,
    /// The audit row that was committed with it.
    pub audit: Vec<u8>,
}

/// Whether a clause holds for the newest version of a resource: for rules that look at one resource.
pub fn clause_holds(clause: &Clause, document: &fhir::Document, ports: &dyn search::Ports) -> bool {
    search::matcher::matches(clause, document, &search::matcher::NoReferences, ports)
}
