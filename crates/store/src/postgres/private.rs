//! Private documents.

use super::connection::Connection;
use super::statements as sql;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::maintain::PrivateDocument;
use crate::private;
use tokio_postgres::Row;

/// One document.
pub(super) fn read(
    connection: &Connection,
    keys: &Keys,
    space: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let rows = connection.query("read a private document", sql::PRIVATE_READ, &[&space, &key])?;
    rows.first().map(|row| private::open(keys, space, key, row.get(0))).transpose()
}

/// Those of a space, by key.
pub(super) fn list(
    connection: &Connection,
    keys: &Keys,
    space: &str,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let rows = connection.query("list private documents", sql::PRIVATE_LIST, &[&space])?;
    let document = |row: &Row| {
        let key: String = row.get(0);
        let content = private::open(keys, space, &key, row.get(1))?;
        Ok((key, content))
    };
    rows.iter().map(document).collect()
}

/// All of them, or what is wrong with each.
pub(super) fn all(
    connection: &Connection,
    keys: &Keys,
) -> Result<Vec<Result<PrivateDocument, StoreError>>, StoreError> {
    let rows = connection.query("list private documents", sql::PRIVATE_ALL, &[])?;
    let document = |row: &Row| {
        let (space, key): (String, String) = (row.get(0), row.get(1));
        let content = private::open(keys, &space, &key, row.get(2))?;
        Ok(PrivateDocument { space, key, content })
    };
    Ok(rows.iter().map(document).collect())
}

/// Puts documents in place.
pub(super) fn put(
    connection: &Connection,
    keys: &Keys,
    documents: &[PrivateDocument],
) -> Result<(), StoreError> {
    let spaces: Vec<&str> = documents.iter().map(|document| document.space.as_str()).collect();
    let names: Vec<&str> = documents.iter().map(|document| document.key.as_str()).collect();
    let sealed: Vec<Vec<u8>> = documents
        .iter()
        .map(|document| private::seal(keys, &document.space, &document.key, &document.content))
        .collect::<Result<_, _>>()?;
    let context = "put private documents in place";
    connection.query(context, sql::PRIVATE_SET, &[&spaces, &names, &sealed]).map(|_| ())
}
