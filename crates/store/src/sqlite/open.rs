//! Opening the database file: settings, schema, and the gate against newer schemas.

use super::failure::failed;
use super::statements as sql;
use crate::error::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, params};
use std::path::Path;
use std::time::Duration;

/// The schema this program writes.
pub(super) const SCHEMA_VERSION: u32 = 4;

pub(super) const SCHEMA: &str = "schema";

/// The second place of the schema's version, in the file's header.
const USER_VERSION: &str = "user_version";

/// Page size in bytes: a page holds about a dozen compressed documents.
const PAGE_BYTES: i64 = 8192;

/// Page cache of the write connection, in kibibytes.
const CACHE_KIBIBYTES: i64 = 64 * 1024;

/// Prepared statements kept by each connection.
const STATEMENTS: usize = 64;

/// How long a connection waits for a lock: only a backup or a check of the file ever holds one for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The first schema that a release has; what there was before it was not encrypted.
const FIRST_SCHEMA: u32 = 4;

/// The steps from one schema to the next, forward only: the first makes [`FIRST_SCHEMA`].
const MIGRATIONS: &[fn(&Transaction) -> rusqlite::Result<()>] =
    &[|transaction| transaction.execute_batch(sql::TABLES_FIRST)];

/// Opens the database to write, made or brought forward as needed.
pub(super) fn connect_to_write(path: &Path, greatest_bytes: Option<u64>) -> Result<Connection, StoreError> {
    let failed = || failed("open the database");
    let mut connection = Connection::open(path).map_err(failed())?;
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(failed())?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)).map_err(failed())?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed())?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES).map_err(failed())?;
    // The writer copies the log into the file itself, between groups.
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed())?;
    connection.pragma_update(None, "journal_size_limit", 256 << 20).map_err(failed())?;
    keep_statements(&connection).map_err(failed())?;
    if let Some(bytes) = greatest_bytes {
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / PAGE_BYTES;
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).map_err(failed())?;
    }
    migrate(&mut connection)?;
    Ok(connection)
}

/// An empty database in memory, as this program makes one.
pub(super) fn new_in_memory() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory().map_err(failed("make a database in memory"))?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// What every connection has: statements stay prepared, and are not planned anew when a bound value changes. Every
/// statement has one plan, by a key (see [`super::statements`]).
pub(super) fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let failed = || failed("migrate the database");
    let found = schema_version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION });
    }
    if (1..FIRST_SCHEMA).contains(&found) {
        return Err(StoreError::OlderSchema { found });
    }
    for (version, step) in (FIRST_SCHEMA..).zip(MIGRATIONS) {
        if version > found {
            let transaction = connection.transaction().map_err(failed())?;
            step(&transaction).map_err(failed())?;
            transaction.execute(sql::META_WRITE, params![SCHEMA, version]).map_err(failed())?;
            transaction.pragma_update(None, USER_VERSION, version).map_err(failed())?;
            transaction.commit().map_err(failed())?;
        }
    }
    Ok(())
}

/// The schema of a database; 0 when it is empty.
pub(super) fn schema_version(connection: &Connection) -> Result<u32, StoreError> {
    let failed = || failed("read the schema's version");
    let made: bool = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", [], |row| row.get(0))
        .map_err(failed())?;
    if !made {
        return Ok(0);
    }
    let version: u32 = connection.query_row(sql::META_READ, [SCHEMA], |row| row.get(0)).map_err(failed())?;
    let header: u32 = connection.pragma_query_value(None, USER_VERSION, |row| row.get(0)).map_err(failed())?;
    let newest = version.max(header);
    // Of a newer schema this program knows nothing but that it is newer.
    if version != header && newest <= SCHEMA_VERSION {
        return Err(StoreError::Damaged(format!("the schema is {version}, or {header}")));
    }
    Ok(newest)
}
