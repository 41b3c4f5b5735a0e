//! The store on PostgreSQL: one database, and any number of processes that read and write it.

mod blobs;
mod columns;
mod connection;
mod desk;
mod failure;
mod names;
mod past;
mod readers;
mod schema;
mod snapshot;
mod statements;
mod walk;
mod working_set;

use crate::batch::{Batch, Committed};
use crate::blob::{BlobStore, Collected};
use crate::dictionary::SharedDictionary;
use crate::error::StoreError;
use crate::execute;
use crate::history;
use crate::maintain::OpenOptions;
use crate::prepare;
use crate::private;
use crate::read_log::{Backwards, ReadLog, ReadPlace};
use crate::version::{ResourceKey, Version};
use crate::writer::Writer;
use crate::{CommitRecord, HistoryPage, HistoryScope, Hits, Store};
use blobs::PostgresBlobs;
use connection::Connection;
use desk::PostgresDesk;
use readers::Readers;
use search::query::Query;
use search::rows::INDEX_VERSION;
use statements as sql;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::{Config, Row};

/// The folder of the log of reads in a data directory.
const READ_LOG: &str = "reads";

/// The folder of contents that come in, in a data directory.
const INCOMING: &str = "incoming";

/// A database opened.
pub struct PostgresStore {
    writer: Writer<PostgresDesk>,
    readers: Arc<Readers>,
    blobs: PostgresBlobs,
    dictionary: Arc<SharedDictionary>,
    read_log: Option<ReadLog>,
    reads_backwards: Backwards,
    options: OpenOptions,
}

impl PostgresStore {
    /// Opens a database by its URL (`postgres://user:password@host/database`), made into a store when it is empty, brought
    /// forward when it is of an older schema. `directory` is this process's own: the log of reads lies there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not answer, [`StoreError::NewerSchema`] when a newer program wrote it.
    pub fn open(url: &str, directory: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let config = config(url)?;
        let connection = Connection::open(&config)?;
        schema::migrate(&connection)?;
        let dictionary = Arc::new(SharedDictionary::new(begin(&connection)?));
        let readers = Arc::new(Readers::new(config.clone(), Arc::clone(&dictionary)));
        let blobs = PostgresBlobs::open(Arc::clone(&readers), directory.join(INCOMING))?;
        let names = Arc::clone(&dictionary);
        let writer = Writer::start(PostgresDesk::new(config, connection, names, options.clone()))?;
        let reads = directory.join(READ_LOG);
        let read_log = options.log_reads.then(|| ReadLog::open(&reads)).transpose()?;
        let reads_backwards = Backwards::new(reads);
        Ok(Self { writer, readers, blobs, dictionary, read_log, reads_backwards, options: options.clone() })
    }
}

impl PostgresStore {
    /// Removes contents that no version names, current or past, and that nobody kept for `grace`.
    pub fn collect_blobs(&self, grace: Duration) -> Result<Collected, StoreError> {
        self.blobs.collect(grace)
    }
}

fn config(url: &str) -> Result<Config, StoreError> {
    url.parse().map_err(|error: tokio_postgres::Error| StoreError::World {
        context: "read the database's address",
        source: Box::new(error),
    })
}

/// Adds the types that have no number yet; an empty database is by this program's rules of index rows.
fn begin(connection: &Connection) -> Result<crate::dictionary::Dictionary, StoreError> {
    let context = "open the database";
    connection.begin(context, "BEGIN", &[])?;
    let head = connection.query_one(context, sql::HEAD_LOCK, &[])?;
    let (sequence, index_version): (i64, i64) = (head.get(0), head.get(5));
    if sequence == 0 && index_version == 0 {
        connection.query(context, sql::INDEX_VERSION_SET, &[&i64::from(INDEX_VERSION)])?;
    }
    let dictionary = names::add(connection, crate::dictionary::Dictionary::missing_types)?;
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
        let mut dictionary = self.dictionary.now();
        let missing = prepare::missing_parameters(&batch, &dictionary);
        if !missing.is_empty() {
            names::add_parameters(&self.writer, &self.dictionary, missing)?;
            dictionary = self.dictionary.now();
        }
        self.writer.write(prepare::prepare(batch, &dictionary))
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.readers.read(|snapshot| history::changes(snapshot, after, limit))
    }

    fn commits_before(&self, before: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.readers.read(|snapshot| history::commits_before(snapshot, before, limit))
    }

    fn reads_before(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError> {
        if self.read_log.is_none() {
            return Ok(Vec::new());
        }
        self.reads_backwards.rows(before, limit)
    }

    fn log_read(&self, row: &[u8]) -> Result<(), StoreError> {
        self.read_log.as_ref().map_or(Ok(()), |log| log.append(row))
    }

    fn blobs(&self) -> &dyn BlobStore {
        &self.blobs
    }

    fn read_private(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.written(|connection| {
            let rows = connection.query("read a private document", sql::PRIVATE_READ, &[&space, &key])?;
            rows.first().map(|row| private::open(space, key, row.get(0))).transpose()
        })
    }

    fn list_private(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.readers.written(|connection| {
            let rows = connection.query("list private documents", sql::PRIVATE_LIST, &[&space])?;
            let document = |row: &Row| {
                let key: String = row.get(0);
                let content = private::open(space, &key, row.get(1))?;
                Ok((key, content))
            };
            rows.iter().map(document).collect()
        })
    }
}
