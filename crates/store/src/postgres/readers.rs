//! Reads: each sees one moment, on a connection of the pool.

use super::connection::{Call, Connection, Parameter};
use super::desk::counts;
use super::names;
use super::snapshot::{PostgresSnapshot, found_version, id_bytes};
use super::statements as sql;
use crate::dictionary::SharedDictionary;
use crate::error::StoreError;
use crate::pool::Pool;
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use search::rows::INDEX_VERSION;
use std::sync::Arc;
use tokio_postgres::Config;

const CONTEXT: &str = "read";

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The connections.
pub(super) struct Readers {
    pool: Pool<Connection>,
    dictionary: Arc<SharedDictionary>,
}

impl Readers {
    /// Connections to a database.
    pub fn new(config: Config, dictionary: Arc<SharedDictionary>) -> Self {
        Self { pool: Pool::new(move || Connection::open(&config)), dictionary }
    }

    /// A version of a resource, 0 for the newest, in one statement.
    pub fn version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        let type_number = self.dictionary.now().type_number(key.type_id);
        let id = id_bytes(&StoredId::new(&key.id));
        let number = i64::from(version);
        let parameters: [Parameter; 3] = [&type_number, &id, &number];
        self.written(|connection| {
            let row = connection.query_one(CONTEXT, sql::VERSION, &parameters)?;
            found_version(&row, key, version)
        })
    }

    /// Runs a read in a transaction: all it sees is of one moment.
    pub fn read<T>(
        &self,
        read: impl Fn(&PostgresSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.written(|connection| {
            let calls = [Call::new(sql::HEAD_READ, []), Call::new(sql::COUNTS_READ, [])];
            let begun = connection.begin(CONTEXT, BEGIN, &calls)?;
            let no_head = || StoreError::Damaged("the end of the commit log is not there".into());
            let head = begun[0].first().ok_or_else(no_head)?;
            let snapshot = PostgresSnapshot {
                connection,
                dictionary: names::of(connection, &self.dictionary, head.get(1))?,
                is_index_current: head.get::<_, i64>(2) == i64::from(INDEX_VERSION),
                counts: counts(&begun[1]),
                sequence: head.get(0),
            };
            let result = read(&snapshot);
            connection.roll_back()?;
            result
        })
    }

    /// Runs a read on a connection of the database that is written. When the connection was lost since it was last used,
    /// the read is done again on a new one.
    pub fn written<T>(&self, read: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.pool.lend()?;
        match read(&connection) {
            Err(StoreError::Unavailable { .. }) => {
                drop(connection);
                self.pool.close_idle();
                read(&*self.pool.lend()?)
            }
            result => result,
        }
    }
}
