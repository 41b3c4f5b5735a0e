//! The store on SQLite: one file, one writer, many readers.

mod apply;
mod backup;
mod dictionary;
mod entries;
mod failure;
mod head;
mod index;
mod keys;
mod open;
mod past;
mod private;
mod readers;
mod reindex;
mod snapshot;
mod statements;
mod statistics;
mod unchained;
mod verify;
mod walk;
mod word_index;
mod writer;

use crate::batch::{Batch, Committed};
use crate::blob::{BlobStore, Collected, DirectoryBlobs};
use crate::cache::Cache;
use crate::chains::{self, Chains, CommitEnd, Held, ReadsEnd};
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::error::{StoreError, failed_io};
use crate::execute::{self, SearchLimits};
use crate::history::{self, Commits};
use crate::keys::{Keys, WrappingKey, now_ms};
use crate::lock::Lock;
use crate::maintain::{
    Backup, DataKeys, Maintain, OpenOptions, PrivateDocument, Reindexed, Shredded, Statistics, Verification,
};
use crate::newest_commit::NewestCommit;
use crate::prepare::{self, PreparedBatch};
use crate::read_log::{self, ReadPlace, Reads};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use crate::whole_commit::WholeCommit;
use crate::writer::Writer;
use crate::{CommitRecord, HistoryPage, HistoryScope, Hits, Store};
use head::Head;
use readers::Readers;
use rusqlite::Connection;
use search::query::Query;
use search::rows::Home;
use snapshot::SqliteSnapshot;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use word_index::WordIndex;
use writer::SqliteDesk;

/// The name of the database file in a data directory.
const DATABASE: &str = "chiron.sqlite";

/// The folder of contents kept outside the documents in a data directory.
const BLOBS: &str = "blobs";

/// A data directory opened.
pub struct SqliteStore {
    // Dropped in this order: the writer copies its log into the file while the directory is still ours.
    writer: Writer<SqliteDesk>,
    // Before the readers that it reads with.
    words: Option<WordIndex>,
    readers: Arc<Readers>,
    dictionary: Arc<SharedDictionary>,
    keys: Arc<Keys>,
    cache: Arc<Cache>,
    newest: Arc<NewestCommit>,
    is_index_current: Arc<AtomicBool>,
    reads: Reads,
    blobs: DirectoryBlobs,
    directory: PathBuf,
    limits: SearchLimits,
    _lock: Lock,
}

impl SqliteStore {
    /// Opens a data directory, made when it is missing, brought forward when it is of an older schema.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it, [`StoreError::NewerSchema`] when a newer program wrote it.
    pub fn open(directory: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(failed_io("make the data directory"))?;
        let lock = Lock::take(directory)?;
        let path = directory.join(DATABASE);
        let connection = open::connect_to_write(&path, options.greatest_bytes)?;
        let dictionary = Arc::new(SharedDictionary::new(dictionary::open(&connection)?));
        let keys = keys::open(&connection, &path, &options.wrapping_key, now_ms())?;
        let is_index_current = Arc::new(AtomicBool::new(reindex::is_current(&connection)?));
        let head = Head::read(&connection)?;
        let cache = Arc::new(Cache::new(options.cache_bytes, head.sequence.cast_unsigned()));
        let newest = Arc::new(NewestCommit::at(head.sequence.cast_unsigned()));
        let shared = writer::Shared {
            dictionary: Arc::clone(&dictionary),
            keys: Arc::clone(&keys),
            cache: Arc::clone(&cache),
            newest: Arc::clone(&newest),
            is_index_current: Arc::clone(&is_index_current),
        };
        let writer = Writer::start(SqliteDesk::new(connection, head, shared, options.clone())?)?;
        let reads = Reads::open(directory, options.log_reads, Arc::clone(&keys))?;
        let readers = Arc::new(Readers::new(&path));
        let source = word_index::Source {
            readers: Arc::clone(&readers),
            dictionary: Arc::clone(&dictionary),
            keys: Arc::clone(&keys),
            newest: Arc::clone(&newest),
        };
        let words = options.index_words.then(|| WordIndex::start(directory, source)).transpose()?;
        Ok(Self {
            writer,
            words,
            readers,
            dictionary,
            keys: Arc::clone(&keys),
            cache,
            newest,
            is_index_current,
            reads,
            blobs: DirectoryBlobs::open(directory.join(BLOBS), keys)?,
            directory: directory.to_owned(),
            limits: options.limits,
            _lock: lock,
        })
    }

    /// Makes a data directory of a copy that [`Maintain::backup`] made, after checking the copy. The directory must be
    /// new or empty.
    pub fn restore(from: &Path, to: &Path) -> Result<Backup, StoreError> {
        backup::restore(from, to)
    }

    /// Calls `each` with the encrypted rows of the log of reads of a data directory, oldest first; gives its faults.
    pub fn read_log_rows(directory: &Path, each: impl FnMut(&[u8])) -> Result<Vec<String>, StoreError> {
        read_log::read_rows(&Reads::folder(directory), each)
    }

    /// Writes batches with one sync, each of them all or nothing for itself: what callers that write at the same time
    /// get by chance. Their results, in order.
    pub fn commit_together(
        &self,
        batches: Vec<Batch>,
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let prepare = |batch: Batch| {
            let dictionary = self.names_of(&batch)?;
            prepare::prepare(batch, &dictionary, &self.keys)
        };
        let prepared: Vec<_> = batches.into_iter().map(prepare).collect::<Result<_, StoreError>>()?;
        self.writer.write_together(prepared)
    }

    /// Waits until the writer has nothing left to do, the copying of its log included.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.writer.errand(|_| Ok(()))
    }

    /// The dictionary with the names of all parameters of a batch.
    fn names_of(&self, batch: &Batch) -> Result<Arc<Dictionary>, StoreError> {
        let dictionary = self.dictionary.now();
        let missing = prepare::missing_parameters(batch, &dictionary);
        if missing.is_empty() {
            return Ok(dictionary);
        }
        dictionary::add_parameters(&self.writer, &self.dictionary, missing)?;
        Ok(self.dictionary.now())
    }

    fn snapshot<'a>(&'a self, connection: &'a Connection, dictionary: &'a Dictionary) -> SqliteSnapshot<'a> {
        let is_index_current = self.is_index_current.load(Ordering::Acquire);
        let (keys, words) = (&*self.keys, self.words.as_ref());
        SqliteSnapshot { connection, dictionary, keys, is_index_current, cache: None, words }
    }

    fn read_with<T>(
        &self,
        read: impl FnOnce(&SqliteSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Before the read begins: see the cache's rules.
        let seen = self.cache.seen();
        self.readers.read(|connection| {
            let dictionary = self.dictionary.now();
            read(&SqliteSnapshot {
                cache: Some((&self.cache, seen)),
                ..self.snapshot(connection, &dictionary)
            })
        })
    }

    /// A read of what is in the file, whatever is in memory.
    fn read_file_with<T>(
        &self,
        read: impl FnOnce(&SqliteSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.read(|connection| {
            let dictionary = self.dictionary.now();
            read(&self.snapshot(connection, &dictionary))
        })
    }
}

impl Store for SqliteStore {
    fn read(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError> {
        let type_number = self.dictionary.now().type_number(key.type_id);
        match self.cache.named(type_number, &StoredId::new(&key.id), self.cache.seen()) {
            None => self.read_with(|snapshot| snapshot.newest(key)),
            found => Ok(found),
        }
    }

    fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        self.read_with(|snapshot| snapshot.version(key, version))
    }

    fn history(&self, scope: &HistoryScope, page: &HistoryPage) -> Result<Vec<Version>, StoreError> {
        self.read_with(|snapshot| match scope {
            HistoryScope::Resource(key) => snapshot.resource_history(key, page),
            HistoryScope::Type(type_id) => history::wide_history(snapshot, Some(*type_id), page),
            HistoryScope::System => history::wide_history(snapshot, None, page),
        })
    }

    fn search(&self, query: &Query, ports: &dyn search::Ports) -> Result<Hits, StoreError> {
        self.read_with(|snapshot| execute::search(snapshot, query, ports, &self.limits))
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let dictionary = self.names_of(&batch)?;
        let batch = prepare::prepare(batch, &dictionary, &self.keys)?;
        let keys = batch.key_names();
        let committed = self.writer.write(batch)?;
        self.keys.know_all(&keys);
        Ok(committed)
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.read_with(|snapshot| history::changes(snapshot, after, limit))
    }

    fn wait_for_commit(&self, after: u64, patience: Duration) -> Result<u64, StoreError> {
        Ok(self.newest.wait(after, patience))
    }

    fn newest_sequence(&self) -> Result<u64, StoreError> {
        Ok(self.newest.now())
    }

    fn wake(&self) {
        self.newest.wake();
    }

    fn commits_before(&self, before: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.read_with(|snapshot| history::commits_before(snapshot, before, limit))
    }

    fn reads_before(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError> {
        self.reads.before(before, limit)
    }

    fn log_read(&self, row: &[u8]) -> Result<(), StoreError> {
        self.reads.append(row)
    }

    fn blobs(&self) -> &dyn BlobStore {
        &self.blobs
    }

    fn read_private(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.read(|connection| private::read(connection, &self.keys, space, key))
    }

    fn list_private(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.readers.read(|connection| private::list(connection, &self.keys, space))
    }
}

impl Chains for SqliteStore {
    fn newest_commit(&self) -> Result<CommitEnd, StoreError> {
        self.read_file_with(|snapshot| chains::newest_commit(snapshot))
    }

    fn end_reads_with(&self, row: &[u8]) -> Result<Option<ReadsEnd>, StoreError> {
        self.reads.end_with(row)
    }

    fn holds_commit(&self, end: &CommitEnd) -> Result<bool, StoreError> {
        self.read_file_with(|snapshot| chains::holds_commit(snapshot, end))
    }

    fn holds_reads(&self, end: &ReadsEnd) -> Result<Held, StoreError> {
        self.reads.holds(end)
    }
}

impl Maintain for SqliteStore {
    fn verify(&self) -> Result<Verification, StoreError> {
        let mut found = self.read_file_with(|snapshot| {
            crate::verify::verify(snapshot, snapshot.is_index_current, &self.keys, &self.blobs)
        })?;
        self.reads.verify(&mut found)?;
        Ok(found)
    }

    fn backup(&self, to: &Path) -> Result<Backup, StoreError> {
        backup::backup(&self.directory, &self.blobs, self.reads.synced(), to)
    }

    fn collect_blobs(&self, grace: Duration) -> Result<Collected, StoreError> {
        let before = SystemTime::now().checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH);
        self.blobs.collect(before, |hash| {
            self.readers.read(|connection| {
                let statement = connection.prepare_cached(statements::BLOB_USED);
                statement
                    .and_then(|mut statement| statement.exists([hash.0]))
                    .map_err(failure::failed("look for a use of content"))
            })
        })
    }

    fn is_index_current(&self) -> bool {
        self.is_index_current.load(Ordering::Acquire)
    }

    fn reindex_some(&self) -> Result<Reindexed, StoreError> {
        if self.is_index_current() {
            return Ok(Reindexed { looked_at: 0, changed: 0, done: true });
        }
        let step =
            self.readers.read(|connection| reindex::read(connection, &self.dictionary.now(), &self.keys))?;
        let done = reindex::write(step, &self.writer, &self.dictionary)?;
        if done.done {
            self.is_index_current.store(true, Ordering::Release);
        }
        Ok(done)
    }

    fn mark_index_stale(&self) -> Result<(), StoreError> {
        self.is_index_current.store(false, Ordering::Release);
        if let Some(words) = &self.words {
            words.make_anew();
        }
        self.writer.errand(|desk| reindex::mark_stale(&desk.connection))
    }

    fn whole_commits(&self, after: u64, limit: usize) -> Result<Vec<WholeCommit>, StoreError> {
        self.read_file_with(|snapshot| history::whole_commits(snapshot, after, limit))
    }

    fn replay(&self, commits: &[WholeCommit]) -> Result<(), StoreError> {
        let again = prepare::prepare_again(commits, &self.keys, |batch| self.names_of(batch))?;
        let keys: Vec<_> = again.iter().flat_map(PreparedBatch::key_names).collect();
        self.writer.write_in_order(again)?;
        self.keys.know_all(&keys);
        Ok(())
    }

    fn private_documents(&self) -> Result<(u64, Vec<PrivateDocument>), StoreError> {
        self.read_file_with(|snapshot| {
            Ok((snapshot.last_commit()?.cast_unsigned(), private::all(snapshot.connection, snapshot.keys)?))
        })
    }

    fn put_private(&self, documents: Vec<PrivateDocument>) -> Result<(), StoreError> {
        let keys = Arc::clone(&self.keys);
        self.writer.errand(move |desk| private::put(&mut desk.connection, &keys, &documents))
    }

    fn each_read(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.reads.each(each)
    }

    fn data_keys(&self) -> Result<DataKeys, StoreError> {
        self.readers.read(|connection| Ok(DataKeys::of(&keys::all(connection)?)))
    }

    fn renew_data_key(&self, now_ms: i64) -> Result<i64, StoreError> {
        let row = self.keys.new_practice_key(now_ms)?;
        let (number, stored) = (row.number, row.clone());
        self.writer.errand(move |desk| keys::add(&desk.connection, &stored))?;
        self.keys.write_with(&row).map(|()| number)
    }

    fn wrap_data_keys(&self, by: Arc<dyn WrappingKey>) -> Result<u64, StoreError> {
        let (data_keys, with) = (Arc::clone(&self.keys), Arc::clone(&by));
        let count = self.writer.errand(move |desk| {
            let rows = data_keys.wrapped_anew(&keys::of_practice(&desk.connection)?, &*with)?;
            keys::wrap(&mut desk.connection, &rows).map(|()| rows.len() as u64)
        })?;
        self.keys.wrap_with(by);
        Ok(count)
    }

    fn shred(&self, patient_id: &str) -> Result<Shredded, StoreError> {
        let home = Home::of_patient(patient_id).0;
        let data_keys = Arc::clone(&self.keys);
        self.writer.errand(move |desk| {
            let (numbers, contents) = keys::destroy(&mut desk.connection, home)?;
            data_keys.forget(home, &numbers);
            Ok(Shredded { keys: numbers.len() as u64, contents })
        })
    }

    fn statistics(&self) -> Result<Statistics, StoreError> {
        let path = self.directory.join(DATABASE);
        self.read_file_with(|snapshot| statistics::statistics(snapshot, &path))
    }
}
