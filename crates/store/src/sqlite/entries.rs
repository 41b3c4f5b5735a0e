//! Current documents in the order of their table.

use super::failure::failed;
use super::statements as sql;
use crate::entry::{Entry, EntryPlace};
use crate::error::StoreError;
use crate::located::{Located, Target};
use crate::verify::CheckedEntry;
use rusqlite::{Connection, Row, params};

/// Documents behind a place.
pub(super) fn behind(
    connection: &Connection,
    after: EntryPlace,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    rows(connection, sql::ENTRIES_BEHIND, after, limit, entry)
}

/// Documents behind a place, with what should lead to them.
pub(super) fn checked(
    connection: &Connection,
    after: EntryPlace,
    limit: usize,
) -> Result<Vec<CheckedEntry>, StoreError> {
    rows(connection, sql::ENTRIES_CHECKED, after, limit, |row| {
        Ok(CheckedEntry {
            place: (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
            entry: entry(row).map_err(|error| error.to_string()),
            located: located(row, 11).ok(),
            listed: row.get(16).and_then(|home| Ok((home, row.get(17)?))).ok(),
        })
    })
}

fn rows<T>(
    connection: &Connection,
    text: &str,
    after: EntryPlace,
    limit: usize,
    of: impl Fn(&Row) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(text)
        .and_then(|mut statement| {
            statement.query_map(params![after.0, after.1, after.2, after.3, limit], |row| of(row))?.collect()
        })
        .map_err(failed("read the documents in order"))
}

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    Ok(Entry {
        target: Target { home: row.get(0)?, recency: row.get(2)?, key: row.get(3)? },
        type_number: row.get(1)?,
        id: row.get(4)?,
        version: row.get(5)?,
        updated: row.get(6)?,
        sequence: row.get(7)?,
        signature: row.get(8)?,
        rows: row.get(9)?,
        payload: row.get(10)?,
    })
}

fn located(row: &Row, from: usize) -> rusqlite::Result<Located> {
    Ok(Located {
        key: row.get(from)?,
        home: row.get(from + 1)?,
        recency: row.get(from + 2)?,
        version: row.get(from + 3)?,
        deleted: row.get(from + 4)?,
    })
}
