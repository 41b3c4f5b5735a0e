//! Current documents in the order of their table.

use super::connection::{Connection, Parameter};
use super::snapshot::{located, stored_id, version_number};
use super::statements as sql;
use crate::entry::{Entry, EntryPlace};
use crate::error::StoreError;
use crate::located::Target;
use crate::verify::CheckedEntry;
use tokio_postgres::Row;

/// Documents behind a place.
pub(super) fn behind(
    connection: &Connection,
    after: EntryPlace,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    rows(connection, sql::ENTRIES_BEHIND, after, limit)?.iter().map(entry).collect()
}

/// Documents behind a place, with what should lead to them.
pub(super) fn checked(
    connection: &Connection,
    after: EntryPlace,
    limit: usize,
) -> Result<Vec<CheckedEntry>, StoreError> {
    let checked = |row: &Row| CheckedEntry {
        place: (row.get(0), row.get(1), row.get(2), row.get(3)),
        entry: entry(row).map_err(|error| error.to_string()),
        located: row.get::<_, Option<i64>>(11).and_then(|_| located(row, 11).ok()),
        listed: row.get::<_, Option<i64>>(16).map(|home| (home, row.get(17))),
    };
    Ok(rows(connection, sql::ENTRIES_CHECKED, after, limit)?.iter().map(checked).collect())
}

fn rows(
    connection: &Connection,
    text: &str,
    after: EntryPlace,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let parameters: [Parameter; 5] = [&after.0, &after.1, &after.2, &after.3, &limit];
    connection.query("read the documents in order", text, &parameters)
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        target: Target { home: row.get(0), recency: row.get(2), key: row.get(3) },
        type_number: row.get(1),
        id: stored_id(row.get(4))?,
        version: version_number(row.get(5))?,
        updated: row.get(6),
        sequence: row.get(7),
        signature: row.get(8),
        rows: row.get(9),
        payload: row.get(10),
    })
}
