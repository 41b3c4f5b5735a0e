//! The store on SQLite: one file, one writer, many readers.

mod apply;
mod dictionary;
mod failure;
mod head;
mod history;
mod index;
mod open;
mod prepare;
mod readers;
mod snapshot;
mod statements;
mod writer;

use crate::batch::{Batch, Committed};
use crate::error::{StoreError, failed_io};
use crate::execute;
use crate::read_log::ReadLog;
use crate::version::{ResourceKey, Version};
use crate::{CommitRecord, HistoryPage, HistoryScope, Hits, Store};
use dictionary::{Dictionary, SharedDictionary};
use failure::failed;
use readers::Readers;
use rusqlite::OptionalExtension;
use search::query::Query;
use snapshot::SqliteSnapshot;
use statements as sql;
use std::path::Path;
use std::sync::Arc;
use writer::Writer;

/// The name of the database file in a data directory.
const DATABASE: &str = "chiron.sqlite";

/// The folder of the log of reads in a data directory.
const READ_LOG: &str = "reads";

/// A data directory opened.
pub struct SqliteStore {
    // Dropped first, so that the log is copied into the file while it is still ours.
    writer: Writer,
    readers: Readers,
    dictionary: Arc<SharedDictionary>,
    read_log: ReadLog,
}

impl SqliteStore {
    /// Opens a data directory, made when it is missing. `ports` serve the conditions of writes.
    pub fn open(directory: &Path, ports: Arc<dyn search::Ports>) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(failed_io("make the data directory"))?;
        let path = directory.join(DATABASE);
        let connection = open::connect_to_write(&path)?;
        let dictionary = Arc::new(SharedDictionary::new(Dictionary::open(&connection)?));
        let writer = Writer::start(connection, Arc::clone(&dictionary), ports)?;
        let read_log = ReadLog::open(&directory.join(READ_LOG))?;
        Ok(Self { writer, readers: Readers::new(&path), dictionary, read_log })
    }

    fn read_with<T>(
        &self,
        read: impl FnOnce(&SqliteSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.read(|connection| {
            let dictionary = self.dictionary.now();
            read(&SqliteSnapshot { connection, dictionary: &dictionary })
        })
    }
}

impl Store for SqliteStore {
    fn read(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError> {
        self.read_with(|snapshot| snapshot.newest(key))
    }

    fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        self.read_with(|snapshot| snapshot.version(key, version))
    }

    fn history(&self, scope: &HistoryScope, page: &HistoryPage) -> Result<Vec<Version>, StoreError> {
        self.read_with(|snapshot| match scope {
            HistoryScope::Resource(key) => snapshot.resource_history(key, page),
            HistoryScope::Type(type_id) => snapshot.wide_history(Some(*type_id), page),
            HistoryScope::System => snapshot.wide_history(None, page),
        })
    }

    fn search(&self, query: &Query, ports: &dyn search::Ports) -> Result<Hits, StoreError> {
        self.read_with(|snapshot| execute::search(snapshot, query, ports))
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let mut dictionary = self.dictionary.now();
        let missing = prepare::missing_parameters(&batch, &dictionary);
        if !missing.is_empty() {
            writer::add_parameters(&self.writer, &self.dictionary, missing)?;
            dictionary = self.dictionary.now();
        }
        self.writer.write(prepare::prepare(batch, &dictionary))
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        self.read_with(|snapshot| snapshot.changes(after, limit))
    }

    fn log_read(&self, row: &[u8]) -> Result<(), StoreError> {
        self.read_log.append(row)
    }

    fn read_private(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(sql::PRIVATE_READ)
                .and_then(|mut statement| statement.query_row([space, key], |row| row.get(0)).optional())
                .map_err(failed("read a private document"))
        })
    }

    fn list_private(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(sql::PRIVATE_LIST)
                .and_then(|mut statement| {
                    statement.query_map([space], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
                })
                .map_err(failed("list private documents"))
        })
    }
}
