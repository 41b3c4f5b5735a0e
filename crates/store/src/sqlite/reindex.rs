//! Index rows made anew, some at a time, beside the work of the day.
//!
//! The version of the rules that made the rows is recorded. While it is not this program's, searches walk whole
//! types and let the matcher decide; every write makes rows by the new rules meanwhile.

use super::dictionary::add_parameters;
use super::failure::failed;
use super::index;
use super::statements as sql;
use super::writer::SqliteDesk;
use crate::codec;
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::error::StoreError;
use crate::located::Target;
use crate::maintain::Reindexed;
use crate::prepare::{missing_in, row_set};
use crate::row_set::{RowSet, pack_signature};
use crate::stored_id::StoredId;
use crate::writer::Writer;
use fhir::schema::TypeId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use search::rows::{INDEX_VERSION, IndexRows, index_rows};
use std::sync::Arc;

pub(super) const VERSION: &str = "index_version";
pub(super) const PROGRESS: &str = "reindex_progress";

/// Resources in one step.
const STEP: i64 = 256;

/// Where a step ended: the clustered key of `entry`.
type Progress = (i64, i64, i64, i64);

/// Before the first.
const START: Progress = (i64::MIN, i64::MIN, i64::MIN, i64::MIN);

/// Whether the rows are by this program's rules. A new database is.
pub(super) fn is_current(connection: &Connection) -> Result<bool, StoreError> {
    let version: Option<u32> = read_meta(connection, VERSION)?;
    if version.is_none() {
        let empty = connection.query_row(sql::COMMIT_LAST, [], |_| Ok(())).optional();
        if empty.map_err(failed("read the end of the commit log"))?.is_none() {
            write_meta(connection, VERSION, INDEX_VERSION)?;
            return Ok(true);
        }
    }
    Ok(version == Some(INDEX_VERSION))
}

/// Forgets by which rules the rows were made.
pub(super) fn mark_stale(connection: &Connection) -> Result<(), StoreError> {
    write_meta(connection, VERSION, 0)?;
    connection
        .execute("DELETE FROM meta WHERE name = ?1", [PROGRESS])
        .map(|_| ())
        .map_err(failed("begin to reindex"))
}

/// Some resources with their new rows.
pub(super) struct Step {
    made: Vec<(Stale, IndexRows)>,
    missing: Vec<(TypeId, &'static str)>,
    last: Option<Progress>,
}

/// Reads the resources behind the last step, and makes their rows.
pub(super) fn read(connection: &Connection, dictionary: &Dictionary) -> Result<Step, StoreError> {
    let entries = entries_behind(connection, progress(connection)?)?;
    let mut step = Step { last: entries.last().map(Stale::progress), made: Vec::new(), missing: Vec::new() };
    for entry in entries {
        let (body, _) = codec::open(&entry.payload)?;
        let document = fhir::Document::parse_with(body.as_bytes(), fhir::Limits::UNBOUNDED)
            .map_err(|_| StoreError::Damaged(format!("{} is no JSON", entry.id.text())))?;
        let rows = index_rows(&document);
        missing_in(&rows, dictionary.type_of(entry.type_number)?, dictionary, &mut step.missing);
        step.made.push((entry, rows));
    }
    Ok(step)
}

/// Writes a step.
pub(super) fn write(
    step: Step,
    writer: &Writer<SqliteDesk>,
    dictionary: &Arc<SharedDictionary>,
) -> Result<Reindexed, StoreError> {
    let Step { made, missing, last } = step;
    if !missing.is_empty() {
        add_parameters(writer, dictionary, missing)?;
    }
    let names = dictionary.now();
    let looked_at = made.len() as u64;
    writer.errand(move |desk| {
        let transaction = desk.connection.transaction().map_err(failed("reindex"))?;
        let mut changed = 0;
        for (entry, rows) in made {
            let set = row_set(&rows, names.type_of(entry.type_number)?, &names);
            changed += u64::from(entry.renew(&transaction, &rows, &set)?);
        }
        match last {
            Some(last) => write_progress(&transaction, last)?,
            None => write_meta(&transaction, VERSION, INDEX_VERSION)?,
        }
        transaction.commit().map_err(failed("reindex"))?;
        Ok(Reindexed { looked_at, changed, done: last.is_none() })
    })
}

/// An entry whose rows may be by other rules.
struct Stale {
    target: Target,
    type_number: i64,
    id: StoredId,
    rows: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    updated: i64,
}

impl Stale {
    fn read(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self {
            target: Target { home: row.get(0)?, recency: row.get(2)?, key: row.get(3)? },
            type_number: row.get(1)?,
            id: row.get(4)?,
            rows: row.get(5)?,
            payload: row.get(6)?,
            signature: row.get(7)?,
            updated: row.get(8)?,
        })
    }

    fn progress(&self) -> Progress {
        (self.target.home, self.type_number, self.target.recency, self.target.key)
    }

    /// Writes the new rows in place of the old ones, unless the document changed since it was read: then the write that
    /// changed it made them. True when something was written.
    fn renew(&self, connection: &Connection, rows: &IndexRows, set: &RowSet) -> Result<bool, StoreError> {
        let failed = || failed("reindex a resource");
        let Target { home, recency, key } = self.target;
        let found: Option<Vec<u8>> = connection
            .prepare_cached(sql::ENTRY_PAYLOAD)
            .and_then(|mut statement| {
                statement
                    .query_row(params![home, self.type_number, recency, key], |row| row.get(0))
                    .optional()
            })
            .map_err(failed())?;
        let signature = pack_signature(&rows.signature);
        let new = Target { home: rows.home.0, recency: rows.recency_ms.unwrap_or(self.updated), key };
        let packed = set.pack();
        let is_same = new == self.target && packed == self.rows && signature == self.signature;
        if is_same || found.as_ref() != Some(&self.payload) {
            return Ok(false);
        }
        index::remove(connection, &RowSet::unpack(&self.rows)?, self.target)?;
        let run = |text: &str, values: &[&dyn rusqlite::ToSql]| {
            connection
                .prepare_cached(text)
                .and_then(|mut statement| statement.execute(values))
                .map_err(failed())
        };
        run(sql::TYPE_ROW_REMOVE, params![self.type_number, recency, key])?;
        let moved = params![home, self.type_number, recency, key, new.home, new.recency, signature, packed];
        run(sql::ENTRY_MOVE, moved)?;
        run(sql::TYPE_ROW_ADD, params![self.type_number, new.recency, key, new.home, signature])?;
        run(sql::DIRECTORY_MOVE, params![self.type_number, self.id, new.home, new.recency])?;
        index::add(connection, set, new)?;
        Ok(true)
    }
}

fn entries_behind(connection: &Connection, after: Progress) -> Result<Vec<Stale>, StoreError> {
    let failed = || failed("read resources to reindex");
    let mut statement = connection.prepare_cached(sql::ENTRIES_BEHIND).map_err(failed())?;
    let rows = statement
        .query_map(params![after.0, after.1, after.2, after.3, STEP], Stale::read)
        .map_err(failed())?;
    rows.collect::<rusqlite::Result<_>>().map_err(failed())
}

fn progress(connection: &Connection) -> Result<Progress, StoreError> {
    let text: Option<String> = read_meta(connection, PROGRESS)?;
    let Some(text) = text else { return Ok(START) };
    let numbers: Vec<i64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [version, a, b, c, d] if version == i64::from(INDEX_VERSION) => Ok((a, b, c, d)),
        [_, _, _, _, _] => Ok(START),
        _ => Err(StoreError::Damaged(format!("progress of the reindexing: {text}"))),
    }
}

fn write_progress(connection: &Connection, at: Progress) -> Result<(), StoreError> {
    write_meta(connection, PROGRESS, format!("{INDEX_VERSION} {} {} {} {}", at.0, at.1, at.2, at.3))
}

fn read_meta<T: rusqlite::types::FromSql>(
    connection: &Connection,
    name: &str,
) -> Result<Option<T>, StoreError> {
    connection
        .query_row(sql::META_READ, [name], |row| row.get(0))
        .optional()
        .map_err(failed("read a setting"))
}

fn write_meta(connection: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), StoreError> {
    connection.execute(sql::META_WRITE, params![name, value]).map(|_| ()).map_err(failed("write a setting"))
}
