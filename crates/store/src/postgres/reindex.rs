//! Index rows made anew in PostgreSQL. Several processes may be at it: what one did the other finds done.

use super::columns::{Statement, column, statement};
use super::connection::{Call, Connection, Parameter};
use super::desk::PostgresDesk;
use super::entries;
use super::names::add_parameters;
use super::snapshot::{id_bytes, ordinal};
use super::statements as sql;
use super::working_set::index_rows;
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::entry::EntryPlace;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::located::Target;
use crate::maintain::Reindexed;
use crate::reindex::{self, Renewal, STEP, Step};
use crate::row_set::RowSet;
use crate::writer::Writer;
use search::rows::INDEX_VERSION;
use std::sync::Arc;

const CONTEXT: &str = "reindex";
const PROGRESS: &str = "reindex_progress";

/// Forgets by which rules the rows were made.
pub(super) fn mark_stale(connection: &Connection) -> Result<(), StoreError> {
    connection.query(CONTEXT, sql::INDEX_VERSION_SET, &[&0i64])?;
    connection.query(CONTEXT, sql::META_REMOVE, &[&PROGRESS]).map(|_| ())
}

/// Reads the resources behind the last step, and makes their rows.
pub(super) fn read(
    connection: &Connection,
    dictionary: &Dictionary,
    keys: &Keys,
) -> Result<Step, StoreError> {
    let rows = connection.query(CONTEXT, sql::META_READ, &[&PROGRESS])?;
    let after = reindex::read_progress(rows.first().map(|row| row.get(0)))?;
    reindex::make(entries::behind(connection, after, STEP)?, dictionary, keys)
}

/// Writes a step.
pub(super) fn write(
    step: Step,
    writer: &Writer<PostgresDesk>,
    dictionary: &Arc<SharedDictionary>,
) -> Result<Reindexed, StoreError> {
    if !step.missing.is_empty() {
        add_parameters(writer, dictionary, step.missing.clone())?;
    }
    let (last, looked_at) = (step.last, step.looked_at);
    let renewals = step.renewals(&dictionary.now())?;
    writer.errand(move |desk| {
        let changed = desk.transact(|connection| {
            let changed = renew(connection, &renewals)?;
            note_progress(connection, last)?;
            Ok(changed)
        })?;
        Ok(Reindexed { looked_at, changed, done: last.is_none() })
    })
}

fn note_progress(connection: &Connection, last: Option<EntryPlace>) -> Result<(), StoreError> {
    match last {
        Some(last) => {
            let text = reindex::progress_text(last);
            connection.query(CONTEXT, sql::META_WRITE, &[&PROGRESS, &text]).map(|_| ())
        }
        None => connection.query(CONTEXT, sql::INDEX_VERSION_SET, &[&i64::from(INDEX_VERSION)]).map(|_| ()),
    }
}

/// Writes the new rows in place of the old ones, unless a document changed since it was read: then the write that changed
/// it made them. Gives how many were written.
fn renew(connection: &Connection, renewals: &[Renewal]) -> Result<u64, StoreError> {
    if renewals.is_empty() {
        return Ok(0);
    }
    let known = statement(sql::UNCHANGED, renewals, |rows| {
        vec![
            column(rows, |row| row.entry.target.home),
            column(rows, |row| row.entry.type_number),
            column(rows, |row| row.entry.target.recency),
            column(rows, |row| row.entry.target.key),
            column(rows, |row| i64::from(row.entry.version)),
        ]
    });
    let calls: Vec<Call> = known.iter().map(Statement::call).collect();
    let answers = connection.pipeline(CONTEXT, &calls)?;
    let unchanged: Vec<&Renewal> =
        answers.iter().flatten().filter_map(|row| renewals.get(ordinal(row))).collect();
    let statements = statements(&unchanged);
    let calls: Vec<Call> = statements.iter().map(Statement::call).collect();
    connection.pipeline(CONTEXT, &calls)?;
    Ok(unchanged.len() as u64)
}

fn statements<'s>(renewals: &[&'s Renewal]) -> Vec<Statement<'s>> {
    let old: Vec<(Target, RowSet)> = renewals.iter().map(|row| (row.entry.target, row.old.clone())).collect();
    let new: Vec<(Target, RowSet)> = renewals.iter().map(|row| (row.target, row.new.clone())).collect();
    let moved: Vec<&Renewal> =
        renewals.iter().copied().filter(|row| row.target.home != row.entry.target.home).collect();
    let mut out =
        index_rows(&old, [sql::TOKEN_REMOVE, sql::NUMBER_REMOVE, sql::TEXT_REMOVE, sql::DATE_REMOVE]);
    out.extend(statement(sql::TYPE_ROW_REMOVE, renewals, |rows| {
        vec![
            column(rows, |row| row.entry.target.home),
            column(rows, |row| row.entry.type_number),
            column(rows, |row| row.entry.target.recency),
            column(rows, |row| row.entry.target.key),
        ]
    }));
    out.extend(statement(sql::ENTRY_MOVE, renewals, |rows| {
        vec![
            column(rows, |row| row.entry.target.home),
            column(rows, |row| row.entry.type_number),
            column(rows, |row| row.entry.target.recency),
            column(rows, |row| row.entry.target.key),
            column(rows, |row| row.target.home),
            column(rows, |row| row.target.recency),
            column(rows, |row| row.signature.as_slice()),
            column(rows, |row| row.packed.as_slice()),
        ]
    }));
    out.extend(statement(sql::PAST_MOVE, &moved, |rows| {
        vec![
            column(rows, |row| row.entry.target.home),
            column(rows, |row| row.target.key),
            column(rows, |row| row.target.home),
        ]
    }));
    out.extend(statement(sql::TYPE_ROW_SET, renewals, |rows| {
        vec![
            column(rows, |row| row.target.home),
            column(rows, |row| row.entry.type_number),
            column(rows, |row| row.target.recency),
            column(rows, |row| row.target.key),
            column(rows, |row| row.signature.as_slice()),
        ]
    }));
    out.extend(statement(sql::DIRECTORY_MOVE, renewals, |rows| {
        vec![
            column(rows, |row| row.entry.type_number),
            column(rows, |row| id_bytes(&row.entry.id)),
            column(rows, |row| row.target.home),
            column(rows, |row| row.target.recency),
        ]
    }));
    out.extend(index_rows(&new, [sql::TOKEN_ADD, sql::NUMBER_ADD, sql::TEXT_ADD, sql::DATE_ADD]));
    out
}

/// Whether the rows are by this program's rules.
pub(super) fn is_current(connection: &Connection) -> Result<bool, StoreError> {
    let parameters: [Parameter; 0] = [];
    let row = connection.query_one(CONTEXT, sql::HEAD_READ, &parameters)?;
    Ok(row.get::<_, i64>(2) == i64::from(INDEX_VERSION))
}
