//! What the program opens, checks and copies a store with; `record` sees none of it.

use crate::SearchLimits;
use crate::Store;
use crate::blob::Collected;
use crate::chains::Chains;
use crate::error::StoreError;
use crate::keys::{KeyRow, WrappingKey};
use crate::whole_commit::WholeCommit;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How a data directory is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// Serve the conditions of writes.
    pub ports: Arc<dyn search::Ports>,
    /// Wraps the keys that the data is encrypted with.
    pub wrapping_key: Arc<dyn WrappingKey>,
    /// Whether reads are logged. Off only to measure what the log costs.
    pub log_reads: bool,
    /// Greatest length of the database file in bytes; writes beyond it are refused as on a full disk.
    pub greatest_bytes: Option<u64>,
    /// How much a search may look at.
    pub limits: SearchLimits,
    /// The URL of a PostgreSQL database that follows the one that is written: reads go there as long as it has all that this
    /// process wrote or saw.
    pub read_database: Option<String>,
    /// Memory for current documents that were read lately, in bytes.
    pub cache_bytes: usize,
    /// Pages in SQLite's write-ahead log from which it is copied into the database file between two writes; when it has
    /// grown to eight times as many, the copying waits for the readers, so that the log begins anew.
    pub log_pages: usize,
    /// Whether words are indexed beside the data, by a thread that follows the commits. Without it, searches for words
    /// read documents.
    pub index_words: bool,
}

/// Memory for documents, unless it is said otherwise: some tens of thousands of resources.
const CACHE_BYTES: usize = 64 << 20;

/// Pages in the log before it is copied, unless it is said otherwise: 32 MiB.
const LOG_PAGES: usize = 4_096;

impl OpenOptions {
    /// The options of a server.
    pub fn new(ports: Arc<dyn search::Ports>, wrapping_key: Arc<dyn WrappingKey>) -> Self {
        Self {
            ports,
            wrapping_key,
            log_reads: true,
            greatest_bytes: None,
            limits: SearchLimits::default(),
            read_database: None,
            cache_bytes: CACHE_BYTES,
            log_pages: LOG_PAGES,
            index_words: false,
        }
    }
}

/// The care of a store's data.
pub trait Maintain: Store + Chains {
    /// Checks all that is stored: each document against its hash and the commit that made it, the contents kept outside
    /// against their names, the index against the documents, the chains of commits and reads. Reads go on meanwhile, and
    /// so do writes, which it does not look at.
    fn verify(&self) -> Result<Verification, StoreError>;

    /// Copies the data as of one moment into a new directory, and checks the copy. Reads and writes go on meanwhile.
    fn backup(&self, to: &Path) -> Result<Backup, StoreError>;

    /// Removes contents that no version names, current or past, and that have been there for `grace`: those of writes that
    /// were refused or given up. What a commit in flight names stays, for its writer keeps it (see [`crate::KeptBlob`]).
    fn collect_blobs(&self, grace: Duration) -> Result<Collected, StoreError>;

    /// True when all index rows are by this program's rules; when false, searches are right but slow until
    /// [`Maintain::reindex_some`] came to its end.
    fn is_index_current(&self) -> bool;

    /// Makes the index rows of some resources anew, where the last call ended. Survives restarts; called again and again
    /// beside the work of the day until it is done.
    fn reindex_some(&self) -> Result<Reindexed, StoreError>;

    /// Makes all index rows anew, whatever they are: [`Maintain::reindex_some`] begins from the first resource.
    fn mark_index_stale(&self) -> Result<(), StoreError>;

    /// The commits behind a cursor with the versions that they made, at most `limit` changes, but whole commits.
    fn whole_commits(&self, after: u64, limit: usize) -> Result<Vec<WholeCommit>, StoreError>;

    /// Writes commits of another store again, exactly as they were: they follow the last one here as they did there. Many
    /// share a sync.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when one does not follow, or when its content does not make its hash: what was written ends
    /// before it.
    fn replay(&self, commits: &[WholeCommit]) -> Result<(), StoreError>;

    /// All private documents, by space and key, and the last commit at the moment that they are of.
    fn private_documents(&self) -> Result<(u64, Vec<PrivateDocument>), StoreError>;

    /// Puts private documents in place, without a commit: they were committed in the store that they come from.
    fn put_private(&self, documents: Vec<PrivateDocument>) -> Result<(), StoreError>;

    /// Calls `each` with all rows of the log of reads, oldest first.
    fn each_read(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError>;

    /// The keys that the data is encrypted with.
    fn data_keys(&self) -> Result<DataKeys, StoreError>;

    /// Makes a new key of the practice, and writes with it from now on; what is there keeps the key that it has. Gives its
    /// number.
    fn renew_data_key(&self, now_ms: i64) -> Result<i64, StoreError>;

    /// Wraps the practice's keys with another key, all or none; gives how many. The data opens with that one alone from now
    /// on.
    fn wrap_data_keys(&self, by: Arc<dyn WrappingKey>) -> Result<u64, StoreError>;

    /// Destroys the keys of a patient's record, and with them all versions of what lies in it. None of it may be current:
    /// it was deleted before.
    ///
    /// # Errors
    /// When something in the record is not deleted; then nothing was destroyed.
    fn shred(&self, patient_id: &str) -> Result<Shredded, StoreError>;

    /// How much is stored.
    fn statistics(&self) -> Result<Statistics, StoreError>;
}

/// The keys that the data is encrypted with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataKeys {
    /// The practice's, oldest first: number, and when it was made in milliseconds since 1970.
    pub practice: Vec<(i64, i64)>,
    /// How many records have keys.
    pub records: u64,
    /// Keys that were destroyed.
    pub destroyed: u64,
}

impl DataKeys {
    pub(crate) fn of(rows: &[KeyRow]) -> Self {
        let records = || rows.iter().filter(|row| row.home != 0);
        let kept: HashSet<i64> = records().filter(|row| !row.is_destroyed()).map(|row| row.home).collect();
        Self {
            practice: rows.iter().filter(|row| row.home == 0).map(|row| (row.number, row.made_ms)).collect(),
            records: kept.len() as u64,
            destroyed: records().filter(|row| row.is_destroyed()).count() as u64,
        }
    }
}

/// What was destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shredded {
    /// Keys.
    pub keys: u64,
    /// Uses of contents kept outside, which are gone with the next collection when nothing else uses them.
    pub contents: u64,
}

/// Why a record is not destroyed.
pub(crate) fn still_there(count: u64) -> StoreError {
    let what = format!("{count} resources in the record are not deleted");
    StoreError::World { context: "destroy a record", source: what.into() }
}

/// A private document with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateDocument {
    /// The key space.
    pub space: String,
    /// The key in it.
    pub key: String,
    /// The content.
    pub content: Vec<u8>,
}

/// The outcome of a check.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Commits checked.
    pub commits: u64,
    /// Versions checked, deletions among them.
    pub versions: u64,
    /// Versions among them that were destroyed with the key of their record: they are not there to be checked.
    pub shredded: u64,
    /// Current documents checked.
    pub documents: u64,
    /// Index rows checked.
    pub index_rows: u64,
    /// Contents kept outside the documents checked.
    pub blobs: u64,
    /// Rows of the log of reads checked.
    pub reads: u64,
    /// Bytes that were cut off the log of reads when it was opened: a last row that a crash tore, or that was changed.
    pub reads_cut_bytes: u64,
    /// What is wrong, by place; the first [`Verification::FAULTS_KEPT`].
    pub faults: Vec<Fault>,
    /// How many faults there were in all.
    pub fault_count: u64,
}

impl Verification {
    /// Faults described at most.
    pub const FAULTS_KEPT: usize = 1_000;

    /// True when nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    /// Notes that something is wrong.
    pub fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.fault_count += 1;
        if self.faults.len() < Self::FAULTS_KEPT {
            self.faults.push(Fault { place: place.into(), what: what.into() });
        }
    }
}

/// Something wrong in the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a resource, a commit, a table, a file.
    pub place: String,
    /// What.
    pub what: String,
}

/// A copy made.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The last commit in it.
    pub sequence: u64,
    /// Its files with their lengths in bytes, by name.
    pub files: Vec<(String, u64)>,
}

/// A step of making index rows anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reindexed {
    /// Resources looked at in this step.
    pub looked_at: u64,
    /// Resources whose rows changed.
    pub changed: u64,
    /// True when there is nothing left to do.
    pub done: bool,
}

/// How much is stored.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// The tables with their rows.
    pub tables: Vec<TableStatistics>,
    /// Bytes of the database file and its log.
    pub file_bytes: u64,
    /// Current resources by type name.
    pub resources: Vec<(String, u64)>,
    /// The last commit.
    pub sequence: u64,
}

/// How much is in a table.
#[derive(Clone, Debug)]
pub struct TableStatistics {
    /// The table.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}
