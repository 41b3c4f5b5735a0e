//! Read connections; each read sees one moment.

use super::failure::failed;
use super::open::keep_statements;
use crate::error::StoreError;
use crate::pool::{Pool, Reusable};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Page cache of each read connection, in kibibytes.
const CACHE_KIBIBYTES: i64 = 16 * 1024;

impl Reusable for Connection {
    fn is_reusable(&self) -> bool {
        self.is_autocommit()
    }
}

/// The connections.
pub(super) struct Readers(Pool<Connection>);

impl Readers {
    /// Connections to a database file.
    pub fn new(path: &Path) -> Self {
        let path = path.to_owned();
        Self(Pool::new(usize::MAX, move || connect_to_read(&path)))
    }

    /// Runs a read in a transaction: all it sees is of one moment.
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.0.lend()?;
        connection
            .prepare_cached("BEGIN DEFERRED")
            .and_then(|mut begin| begin.execute([]))
            .map_err(failed("begin a read"))?;
        let result = read(&connection);
        connection
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]))
            .map_err(failed("end a read"))?;
        result
    }
}

/// A connection that can only read.
pub(super) fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    let failed = || failed("open the database to read");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed())?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES).map_err(failed())?;
    keep_statements(&connection).map_err(failed())?;
    Ok(connection)
}
