//! The store on PostgreSQL: one database, and any number of processes that read and write it.

mod address;
mod blobs;
mod columns;
mod connection;
mod desk;
mod entries;
mod failure;
mod keeper;
mod keys;
mod memory;
mod moment;
mod names;
mod past;
mod private;
mod readers;
mod reindex;
mod schema;
mod snapshot;
mod statements;
mod statistics;
mod tls;
mod transaction;
mod verify;
mod walk;
mod words;
mod working_set;

use crate::batch::{Batch, Committed};
use crate::blob::{BlobStore, Collected};
use crate::chains::{self, Chains, CommitEnd, Held, ReadsEnd};
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::error::{StoreError, failed_io};
use crate::execute;
use crate::history::{self, Commits};
use crate::keys::{Keys, WrappingKey, now_ms};
use crate::lock::Lock;
use crate::maintain::{
    Backup, DataKeys, Maintain, OpenOptions, PrivateDocument, Reindexed, Shredded, Statistics, Verification,
};
use crate::prepare::{self, PreparedBatch};
use crate::read_log::{ReadPlace, Reads};
use crate::version::{ResourceKey, Version};
use crate::whole_commit::WholeCommit;
use crate::writer::Writer;
use crate::{CommitRecord, HistoryPage, HistoryScope, Hits, Store};
use address::Address;
use blobs::PostgresBlobs;
use connection::Connection;
use desk::PostgresDesk;
use keeper::Watch;
use memory::Memory;
use readers::Readers;
use search::query::Query;
use search::rows::{Home, INDEX_VERSION};
use statements as sql;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use words::WordIndex;

/// The folder of contents that come in, in a data directory.
const INCOMING: &str = "incoming";

/// To count further than this costs more here than a way that is a little longer.
const SPARSE_ROWS: usize = 512;

/// A database opened.
pub struct PostgresStore {
    writer: Writer<PostgresDesk>,
    _watch: Watch,
    _words: Option<WordIndex>,
    readers: Arc<Readers>,
    blobs: PostgresBlobs,
    dictionary: Arc<SharedDictionary>,
    keys: Arc<Keys>,
    reads: Reads,
    options: OpenOptions,
    _lock: Lock,
}

impl PostgresStore {
    /// Opens a database by its URL (`postgres://user:password@host/database`, with `?sslmode=verify-full&sslrootcert=file`
    /// to have connections encrypted), made into a store when it is empty, brought
    /// forward when it is of an older schema. `directory` is this process's own: the log of reads lies there.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has the directory, [`StoreError::Unavailable`] when the database does not
    /// answer, [`StoreError::NewerSchema`] when a newer program wrote it.
    pub fn open(url: &str, directory: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(failed_io("make the data directory"))?;
        let lock = Lock::take(directory)?;
        let replica = options.read_database.as_deref().map(Address::read).transpose()?;
        let mut address = Address::read(url)?;
        // By which the sessions of this process are told from those of others.
        address
            .config
            .application_name(format!("chiron {:016x}", RandomState::new().hash_one(Instant::now())));
        let connection = Connection::open(&address)?;
        schema::migrate(&connection)?;
        let keys = keys::open(&connection, &address, &options.wrapping_key, now_ms())?;
        let dictionary = Arc::new(SharedDictionary::new(begin(&connection)?));
        let memory = Arc::new(Memory::new(options.cache_bytes));
        let names = Arc::clone(&dictionary);
        let readers =
            Arc::new(Readers::new(&address, replica.as_ref(), names, Arc::clone(&keys), Arc::clone(&memory)));
        let blobs = PostgresBlobs::open(Arc::clone(&readers), Arc::clone(&keys), directory.join(INCOMING))?;
        let shared = desk::Shared {
            dictionary: Arc::clone(&dictionary),
            keys: Arc::clone(&keys),
            memory: Arc::clone(&memory),
        };
        let desk = PostgresDesk::new(address.clone(), connection, shared, options.clone());
        let writer = Writer::start(desk)?;
        let fill = || WordIndex::start(address.clone(), Arc::clone(&readers));
        let words = options.index_words.then(fill).transpose()?;
        let watch = Watch::start(address, memory, Arc::clone(&readers))?;
        let reads = Reads::open(directory, options.log_reads, Arc::clone(&keys))?;
        let mut options = options.clone();
        options.limits.sparse_rows = options.limits.sparse_rows.min(SPARSE_ROWS);
        Ok(Self {
            writer,
            _watch: watch,
            _words: words,
            readers,
            blobs,
            dictionary,
            keys,
            reads,
            options,
            _lock: lock,
        })
    }
}

impl PostgresStore {
    /// The dictionary with the names of all parameters of a batch.
    fn names_of(&self, batch: &Batch) -> Result<Arc<Dictionary>, StoreError> {
        let dictionary = self.dictionary.now();
        let missing = prepare::missing_parameters(batch, &dictionary);
        if missing.is_empty() {
            return Ok(dictionary);
        }
        names::add_parameters(&self.writer, &self.dictionary, missing)?;
        Ok(self.dictionary.now())
    }
}

/// Adds the types that have no number yet; an empty database is by this program's rules of index rows.
fn begin(connection: &Connection) -> Result<Dictionary, StoreError> {
    let context = "open the database";
    connection.begin(context, "BEGIN", &[])?;
    let head = connection.query_one(context, sql::HEAD_LOCK, &[])?;
    let (sequence, index_version): (i64, i64) = (head.get(0), head.get(5));
    if sequence == 0 && index_version == 0 {
        connection.query(context, sql::INDEX_VERSION_SET, &[&i64::from(INDEX_VERSION)])?;
    }
    let dictionary = names::add(connection, Dictionary::missing_types)?;
    connection.commit(context, Vec::new())?;
    Ok(dictionary)
}

impl Store for PostgresStore {
    fn read(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError> {
        self.readers.version(key, 0)
    }

    fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        match version {
            0 => Ok(None),
            version => self.readers.version(key, version),
        }
    }

    fn history(&self, scope: &HistoryScope, page: &HistoryPage) -> Result<Vec<Version>, StoreError> {
        self.readers.read(|snapshot| match scope {
            HistoryScope::Resource(key) => snapshot.resource_history(key, page),
            HistoryScope::Type(type_id) => history::wide_history(snapshot, Some(*type_id), page),
            HistoryScope::System => history::wide_history(snapshot, None, page),
        })
    }

    fn search(&self, query: &Query, ports: &dyn search::Ports) -> Result<Hits, StoreError> {
        self.readers.read(|snapshot| execute::search(snapshot, query, ports, &self.options.limits))
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let dictionary = self.names_of(&batch)?;
        let batch = prepare::prepare(batch, &dictionary, &self.keys)?;
        let keys = batch.key_names();
        let committed = self.writer.write(batch)?;
        self.keys.know_all(&keys);
        self.readers.know(committed.sequence.cast_signed());
        Ok(committed)
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.readers.read_written(|snapshot| history::changes(snapshot, after, limit))
    }

    fn newest_sequence(&self) -> Result<u64, StoreError> {
        match self.readers.newest_sequence() {
            Some(sequence) => Ok(sequence),
            None => self.readers.read_written(|snapshot| Ok(snapshot.last_commit()?.cast_unsigned())),
        }
    }

    fn commits_before(&self, before: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.readers.read_written(|snapshot| history::commits_before(snapshot, before, limit))
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
        self.readers.written(|connection| private::read(connection, &self.keys, space, key))
    }

    fn list_private(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.readers.written(|connection| private::list(connection, &self.keys, space))
    }
}

impl Chains for PostgresStore {
    fn newest_commit(&self) -> Result<CommitEnd, StoreError> {
        self.readers.read_written(|snapshot| chains::newest_commit(snapshot))
    }

    fn end_reads_with(&self, row: &[u8]) -> Result<Option<ReadsEnd>, StoreError> {
        self.reads.end_with(row)
    }

    fn holds_commit(&self, end: &CommitEnd) -> Result<bool, StoreError> {
        self.readers.read_written(|snapshot| chains::holds_commit(snapshot, end))
    }

    fn holds_reads(&self, end: &ReadsEnd) -> Result<Held, StoreError> {
        self.reads.holds(end)
    }
}

impl Maintain for PostgresStore {
    fn verify(&self) -> Result<Verification, StoreError> {
        let mut found = self.readers.read_written(|snapshot| {
            crate::verify::verify(snapshot, snapshot.moment.is_index_current, &self.keys, &self.blobs)
        })?;
        self.reads.verify(&mut found)?;
        Ok(found)
    }

    fn backup(&self, _: &Path) -> Result<Backup, StoreError> {
        Err(StoreError::World {
            context: "copy the database",
            source: "a database is copied by PostgreSQL's own tools (pg_dump, pg_basebackup), or into a data folder by \
                     `chiron copy`"
                .into(),
        })
    }

    fn collect_blobs(&self, grace: Duration) -> Result<Collected, StoreError> {
        self.blobs.collect(grace)
    }

    fn is_index_current(&self) -> bool {
        // A database that is away is asked again by whoever waits for the index.
        self.readers.written(reindex::is_current).unwrap_or(false)
    }

    fn reindex_some(&self) -> Result<Reindexed, StoreError> {
        if self.readers.written(reindex::is_current)? {
            return Ok(Reindexed { looked_at: 0, changed: 0, done: true });
        }
        let step = self.readers.read_written(|snapshot| {
            reindex::read(snapshot.connection, &snapshot.moment.dictionary, &self.keys)
        })?;
        reindex::write(step, &self.writer, &self.dictionary)
    }

    fn mark_index_stale(&self) -> Result<(), StoreError> {
        self.writer.errand(|desk| {
            desk.transact(|connection| {
                reindex::mark_stale(connection).and_then(|()| words::make_anew(connection))
            })
        })
    }

    fn whole_commits(&self, after: u64, limit: usize) -> Result<Vec<WholeCommit>, StoreError> {
        self.readers.read_written(|snapshot| history::whole_commits(snapshot, after, limit))
    }

    fn replay(&self, commits: &[WholeCommit]) -> Result<(), StoreError> {
        let again = prepare::prepare_again(commits, &self.keys, |batch| self.names_of(batch))?;
        let keys: Vec<_> = again.iter().flat_map(PreparedBatch::key_names).collect();
        self.writer.write_in_order(again)?;
        self.keys.know_all(&keys);
        Ok(())
    }

    fn private_documents(&self) -> Result<(u64, Vec<PrivateDocument>), StoreError> {
        self.readers.read_written(|snapshot| {
            let documents =
                private::all(snapshot.connection, snapshot.keys)?.into_iter().collect::<Result<_, _>>()?;
            Ok((snapshot.moment.sequence.cast_unsigned(), documents))
        })
    }

    fn put_private(&self, documents: Vec<PrivateDocument>) -> Result<(), StoreError> {
        let keys = Arc::clone(&self.keys);
        self.writer
            .errand(move |desk| desk.transact(|connection| private::put(connection, &keys, &documents)))
    }

    fn each_read(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.reads.each(each)
    }

    fn data_keys(&self) -> Result<DataKeys, StoreError> {
        self.readers.written(|connection| Ok(DataKeys::of(&keys::all(connection)?)))
    }

    fn renew_data_key(&self, now_ms: i64) -> Result<i64, StoreError> {
        let row = self.keys.new_practice_key(now_ms)?;
        let (number, stored) = (row.number, row.clone());
        self.writer.errand(move |desk| desk.transact(|connection| keys::add(connection, &stored)))?;
        self.keys.write_with(&row).map(|()| number)
    }

    fn wrap_data_keys(&self, by: Arc<dyn WrappingKey>) -> Result<u64, StoreError> {
        let (data_keys, with) = (Arc::clone(&self.keys), Arc::clone(&by));
        let count = self.writer.errand(move |desk| {
            desk.transact(|connection| {
                let rows = data_keys.wrapped_anew(&keys::of_practice(connection)?, &*with)?;
                keys::wrap(connection, &rows).map(|()| rows.len() as u64)
            })
        })?;
        self.keys.wrap_with(by);
        Ok(count)
    }

    fn shred(&self, patient_id: &str) -> Result<Shredded, StoreError> {
        let home = Home::of_patient(patient_id).0;
        let data_keys = Arc::clone(&self.keys);
        self.writer.errand(move |desk| {
            let (numbers, contents) = desk.transact(|connection| keys::destroy(connection, home))?;
            data_keys.forget(home, &numbers);
            Ok(Shredded { keys: numbers.len() as u64, contents })
        })
    }

    fn statistics(&self) -> Result<Statistics, StoreError> {
        self.readers.read_written(statistics::statistics)
    }
}
