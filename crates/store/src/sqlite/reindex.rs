//! Index rows made anew in SQLite.

use super::dictionary::add_parameters;
use super::entries;
use super::failure::failed;
use super::index;
use super::statements as sql;
use super::writer::SqliteDesk;
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::entry::EntryPlace;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::maintain::Reindexed;
use crate::reindex::{self, Renewal, STEP, Step};
use crate::writer::Writer;
use rusqlite::{Connection, OptionalExtension, params};
use search::rows::INDEX_VERSION;
use std::sync::Arc;

pub(super) const VERSION: &str = "index_version";
pub(super) const PROGRESS: &str = "reindex_progress";

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

/// Reads the resources behind the last step, and makes their rows.
pub(super) fn read(
    connection: &Connection,
    dictionary: &Dictionary,
    keys: &Keys,
) -> Result<Step, StoreError> {
    let progress: Option<String> = read_meta(connection, PROGRESS)?;
    let after = reindex::read_progress(progress.as_deref())?;
    reindex::make(entries::behind(connection, after, STEP)?, dictionary, keys)
}

/// Writes a step.
pub(super) fn write(
    step: Step,
    writer: &Writer<SqliteDesk>,
    dictionary: &Arc<SharedDictionary>,
) -> Result<Reindexed, StoreError> {
    if !step.missing.is_empty() {
        add_parameters(writer, dictionary, step.missing.clone())?;
    }
    let (last, looked_at) = (step.last, step.looked_at);
    let renewals = step.renewals(&dictionary.now())?;
    writer.errand(move |desk| {
        let transaction = desk.connection.transaction().map_err(failed("reindex"))?;
        let mut changed = 0;
        for renewal in renewals {
            changed += u64::from(renew(&transaction, &renewal)?);
        }
        match last {
            Some(last) => write_progress(&transaction, last)?,
            None => write_meta(&transaction, VERSION, INDEX_VERSION)?,
        }
        transaction.commit().map_err(failed("reindex"))?;
        Ok(Reindexed { looked_at, changed, done: last.is_none() })
    })
}

/// Writes the new rows in place of the old ones, unless the document changed since it was read: then the write that
/// changed it made them. True when something was written.
fn renew(connection: &Connection, renewal: &Renewal) -> Result<bool, StoreError> {
    let failed = || failed("reindex a resource");
    let Renewal { entry, old, new, target, signature, packed } = renewal;
    let (home, of_type, recency, key) = entry.place();
    let found: Option<Vec<u8>> = connection
        .prepare_cached(sql::ENTRY_PAYLOAD)
        .and_then(|mut statement| {
            statement.query_row(params![home, of_type, recency, key], |row| row.get(0)).optional()
        })
        .map_err(failed())?;
    if found.as_ref() != Some(&entry.payload) {
        return Ok(false);
    }
    index::remove(connection, old, entry.target)?;
    let run = |text: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(text).and_then(|mut statement| statement.execute(values)).map_err(failed())
    };
    run(sql::TYPE_ROW_REMOVE, params![of_type, recency, key])?;
    run(
        sql::ENTRY_MOVE,
        params![home, of_type, recency, key, target.home, target.recency, signature, packed],
    )?;
    run(sql::TYPE_ROW_ADD, params![of_type, target.recency, key, target.home, signature])?;
    run(sql::DIRECTORY_MOVE, params![of_type, entry.id, target.home, target.recency])?;
    index::add(connection, new, *target)?;
    Ok(true)
}

fn write_progress(connection: &Connection, at: EntryPlace) -> Result<(), StoreError> {
    write_meta(connection, PROGRESS, reindex::progress_text(at))
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
