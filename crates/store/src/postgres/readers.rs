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
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_postgres::Config;

const CONTEXT: &str = "read";

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The connections.
pub(super) struct Readers {
    pool: Pool<Connection>,
    /// A copy that follows the database.
    replica: Option<Pool<Connection>>,
    /// The last commit that this process wrote or saw: no read shows less.
    known: AtomicI64,
    dictionary: Arc<SharedDictionary>,
}

impl Readers {
    /// Connections to a database, and to a copy that follows it.
    pub fn new(config: Config, replica: Option<Config>, dictionary: Arc<SharedDictionary>) -> Self {
        let pool = |config: Config| Pool::new(move || Connection::open(&config));
        let known = AtomicI64::new(0);
        Self { pool: pool(config), replica: replica.map(pool), known, dictionary }
    }

    /// Notes a commit that this process wrote.
    pub fn know(&self, sequence: i64) {
        self.known.fetch_max(sequence, Ordering::AcqRel);
    }

    /// A version of a resource, 0 for the newest, in one statement.
    pub fn version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        let type_number = self.dictionary.now().type_number(key.type_id);
        let id = id_bytes(&StoredId::new(&key.id));
        let number = i64::from(version);
        let parameters: [Parameter; 3] = [&type_number, &id, &number];
        self.near(|connection, least| {
            let row = connection.query_one(CONTEXT, sql::VERSION, &parameters)?;
            let sequence = row.get(0);
            Ok(match sequence < least {
                true => None,
                false => Some((sequence, found_version(&row, key, version)?)),
            })
        })
    }

    /// Runs a read in a transaction, on the copy when it has all that this process knows of: all it sees is of one moment.
    pub fn read<T>(
        &self,
        read: impl Fn(&PostgresSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.near(|connection, least| self.snapshot(connection, least, &read))
    }

    /// Runs a read in a transaction on the database that is written.
    pub fn read_written<T>(
        &self,
        read: impl Fn(&PostgresSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let found = self.written(|connection| self.snapshot(connection, i64::MIN, &read))?;
        found.map(|(_, found)| found).ok_or_else(no_head)
    }

    /// One moment, with its last commit; `None` when that is before the least.
    fn snapshot<T>(
        &self,
        connection: &Connection,
        least: i64,
        read: impl Fn(&PostgresSnapshot) -> Result<T, StoreError>,
    ) -> Result<Option<(i64, T)>, StoreError> {
        let calls = [Call::new(sql::HEAD_READ, []), Call::new(sql::COUNTS_READ, [])];
        let begun = connection.begin(CONTEXT, BEGIN, &calls)?;
        let head = begun[0].first().ok_or_else(no_head)?;
        let sequence = head.get(0);
        if sequence < least {
            connection.roll_back()?;
            return Ok(None);
        }
        let snapshot = PostgresSnapshot {
            connection,
            dictionary: names::of(connection, &self.dictionary, head.get(1))?,
            is_index_current: head.get::<_, i64>(2) == i64::from(INDEX_VERSION),
            counts: counts(&begun[1]),
            sequence,
        };
        let result = read(&snapshot);
        connection.roll_back()?;
        result.map(|found| Some((sequence, found)))
    }

    /// Runs a read on the copy, unless it is away or behind what this process knows: then on the database that is written.
    /// `read` is told which commit it must see at least.
    fn near<T>(
        &self,
        read: impl Fn(&Connection, i64) -> Result<Option<(i64, T)>, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(replica) = &self.replica {
            let known = self.known.load(Ordering::Acquire);
            match replica.lend().and_then(|connection| read(&connection, known)) {
                Ok(Some((sequence, found))) => {
                    self.know(sequence);
                    return Ok(found);
                }
                Err(error @ (StoreError::TooCostly { .. } | StoreError::BadCursor)) => return Err(error),
                Err(StoreError::Unavailable { .. }) => replica.close_idle(),
                // Behind, or disturbed by what it follows.
                Ok(None) | Err(_) => {}
            }
        }
        let (sequence, found) = self.written(|connection| read(connection, i64::MIN))?.ok_or_else(no_head)?;
        self.know(sequence);
        Ok(found)
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

fn no_head() -> StoreError {
    StoreError::Damaged("the end of the commit log is not there".into())
}
