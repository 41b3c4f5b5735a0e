//! Index rows in and out of their tables.

use super::failure::failed;
use super::statements as sql;
use crate::error::StoreError;
use crate::located::Target;
use crate::row_set::{RowSet, date_span};
use rusqlite::{Connection, params};

/// Adds rows.
pub(super) fn add(connection: &Connection, rows: &RowSet, target: Target) -> Result<(), StoreError> {
    add_rows(connection, rows, target).map_err(failed("write index rows"))
}

fn add_rows(connection: &Connection, rows: &RowSet, target: Target) -> rusqlite::Result<()> {
    let Target { home, recency, key } = target;
    if !rows.tokens.is_empty() {
        let mut statement = connection.prepare_cached(sql::TOKEN_ADD)?;
        for (parameter, hash) in &rows.tokens {
            statement.execute(params![parameter, hash, recency, key, home])?;
        }
    }
    if !rows.numbers.is_empty() {
        let mut statement = connection.prepare_cached(sql::NUMBER_ADD)?;
        for (parameter, unit, value) in &rows.numbers {
            statement.execute(params![parameter, unit, value, recency, key, home])?;
        }
    }
    if !rows.texts.is_empty() {
        let mut statement = connection.prepare_cached(sql::TEXT_ADD)?;
        for (parameter, text) in &rows.texts {
            statement.execute(params![parameter, text, recency, key, home])?;
        }
    }
    if !rows.dates.is_empty() {
        let mut statement = connection.prepare_cached(sql::DATE_ADD)?;
        for (parameter, low, high) in &rows.dates {
            statement.execute(params![parameter, date_span(*low, *high), low, high, recency, key, home])?;
        }
    }
    Ok(())
}

/// Takes rows away. One that is missing already is no reason to refuse a write: verification reports it.
pub(super) fn remove(connection: &Connection, rows: &RowSet, target: Target) -> Result<(), StoreError> {
    remove_rows(connection, rows, target).map_err(failed("remove index rows"))
}

fn remove_rows(connection: &Connection, rows: &RowSet, target: Target) -> rusqlite::Result<()> {
    let Target { recency, key, .. } = target;
    for (parameter, hash) in &rows.tokens {
        connection.prepare_cached(sql::TOKEN_REMOVE)?.execute(params![parameter, hash, recency, key])?;
    }
    for (parameter, unit, value) in &rows.numbers {
        connection
            .prepare_cached(sql::NUMBER_REMOVE)?
            .execute(params![parameter, unit, value, recency, key])?;
    }
    for (parameter, text) in &rows.texts {
        connection.prepare_cached(sql::TEXT_REMOVE)?.execute(params![parameter, text, recency, key])?;
    }
    for (parameter, low, high) in &rows.dates {
        let span = date_span(*low, *high);
        connection
            .prepare_cached(sql::DATE_REMOVE)?
            .execute(params![parameter, span, low, high, recency, key])?;
    }
    Ok(())
}
