//! Private documents.

use super::failure::failed;
use super::statements as sql;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::maintain::PrivateDocument;
use crate::private;
use rusqlite::{Connection, OptionalExtension, params};

/// One document.
pub(super) fn read(
    connection: &Connection,
    keys: &Keys,
    space: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sealed: Option<Vec<u8>> = connection
        .prepare_cached(sql::PRIVATE_READ)
        .and_then(|mut statement| statement.query_row([space, key], |row| row.get(0)).optional())
        .map_err(failed("read a private document"))?;
    sealed.map(|sealed| private::open(keys, space, key, &sealed)).transpose()
}

/// Those of a space, by key.
pub(super) fn list(
    connection: &Connection,
    keys: &Keys,
    space: &str,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let failed = || failed("list private documents");
    let mut statement = connection.prepare_cached(sql::PRIVATE_LIST).map_err(failed())?;
    let mut rows = statement.query([space]).map_err(failed())?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next().map_err(failed())? {
        let (key, sealed): (String, Vec<u8>) = row.try_into().map_err(failed())?;
        let content = private::open(keys, space, &key, &sealed)?;
        documents.push((key, content));
    }
    Ok(documents)
}

/// All of them, or what is wrong with each.
pub(super) fn each(
    connection: &Connection,
    keys: &Keys,
    mut take: impl FnMut(Result<PrivateDocument, StoreError>),
) -> Result<(), StoreError> {
    let failed = || failed("list private documents");
    let mut statement = connection.prepare_cached(sql::PRIVATE_ALL).map_err(failed())?;
    let mut rows = statement.query([]).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let (space, key, sealed): (String, String, Vec<u8>) = row.try_into().map_err(failed())?;
        let content = private::open(keys, &space, &key, &sealed);
        take(content.map(|content| PrivateDocument { space, key, content }));
    }
    Ok(())
}

/// All of them.
pub(super) fn all(connection: &Connection, keys: &Keys) -> Result<Vec<PrivateDocument>, StoreError> {
    let mut documents = Vec::new();
    each(connection, keys, |document| documents.push(document))?;
    documents.into_iter().collect()
}

/// Puts documents in place.
pub(super) fn put(
    connection: &mut Connection,
    keys: &Keys,
    documents: &[PrivateDocument],
) -> Result<(), StoreError> {
    let failed = || failed("put private documents in place");
    let transaction = connection.transaction().map_err(failed())?;
    for PrivateDocument { space, key, content } in documents {
        let sealed = private::seal(keys, space, key, content)?;
        transaction.execute(sql::PRIVATE_SET, params![space, key, sealed]).map_err(failed())?;
    }
    transaction.commit().map_err(failed())
}
