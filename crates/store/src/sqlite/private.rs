//! Private documents.

use super::failure::failed;
use super::statements as sql;
use crate::error::StoreError;
use crate::maintain::PrivateDocument;
use rusqlite::{Connection, OptionalExtension, params};

/// One document.
pub(super) fn read(connection: &Connection, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    connection
        .prepare_cached(sql::PRIVATE_READ)
        .and_then(|mut statement| statement.query_row([space, key], |row| row.get(0)).optional())
        .map_err(failed("read a private document"))
}

/// Those of a space, by key.
pub(super) fn list(connection: &Connection, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    connection
        .prepare_cached(sql::PRIVATE_LIST)
        .and_then(|mut statement| {
            statement.query_map([space], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(failed("list private documents"))
}

/// All of them.
pub(super) fn all(connection: &Connection) -> Result<Vec<PrivateDocument>, StoreError> {
    connection
        .prepare_cached(sql::PRIVATE_ALL)
        .and_then(|mut statement| {
            let document = |row: &rusqlite::Row| {
                Ok(PrivateDocument { space: row.get(0)?, key: row.get(1)?, content: row.get(2)? })
            };
            statement.query_map([], document)?.collect()
        })
        .map_err(failed("list private documents"))
}

/// Puts documents in place.
pub(super) fn put(connection: &mut Connection, documents: &[PrivateDocument]) -> Result<(), StoreError> {
    let failed = || failed("put private documents in place");
    let transaction = connection.transaction().map_err(failed())?;
    for PrivateDocument { space, key, content } in documents {
        transaction.execute(sql::PRIVATE_SET, params![space, key, content]).map_err(failed())?;
    }
    transaction.commit().map_err(failed())
}
