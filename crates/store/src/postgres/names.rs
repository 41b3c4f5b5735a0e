//! The dictionary in its table. Every process keeps it in memory, and reads it again when the head tells of more names.

use super::connection::Connection;
use super::desk::PostgresDesk;
use super::statements as sql;
use crate::dictionary::{Dictionary, Name, SharedDictionary};
use crate::error::StoreError;
use crate::writer::Writer;
use fhir::schema::TypeId;
use std::sync::Arc;

/// Reads the names.
pub(super) fn read(connection: &Connection) -> Result<Dictionary, StoreError> {
    let mut dictionary = Dictionary::default();
    for row in connection.query("read the dictionary", sql::DICTIONARY_READ, &[])? {
        dictionary.take(&Name { kind: row.get(0), name: row.get(1), number: row.get(2) })?;
    }
    dictionary.check()?;
    Ok(dictionary)
}

/// The dictionary with as many names as the head of a transaction tells of.
pub(super) fn of(
    connection: &Connection,
    shared: &SharedDictionary,
    names: i64,
) -> Result<Arc<Dictionary>, StoreError> {
    let known = shared.now();
    if known.names() >= names {
        return Ok(known);
    }
    shared.set(read(connection)?);
    Ok(shared.now())
}

/// Adds the names that are missing, with the head held, and gives the whole dictionary.
pub(super) fn add(
    connection: &Connection,
    missing: impl FnOnce(&Dictionary) -> Vec<Name>,
) -> Result<Dictionary, StoreError> {
    let context = "add to the dictionary";
    let mut dictionary = read(connection)?;
    let names = missing(&dictionary);
    if names.is_empty() {
        return Ok(dictionary);
    }
    let kinds: Vec<i64> = names.iter().map(|name| name.kind).collect();
    let texts: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
    let numbers: Vec<i64> = names.iter().map(|name| name.number).collect();
    connection.query(context, sql::DICTIONARY_ADD, &[&kinds, &texts, &numbers])?;
    names.iter().try_for_each(|name| dictionary.take(name))?;
    connection.query(context, sql::NAMES_SET, &[&dictionary.names()])?;
    Ok(dictionary)
}

/// Gives numbers to parameters that have none yet, in a transaction of their own.
pub(super) fn add_parameters(
    writer: &Writer<PostgresDesk>,
    shared: &Arc<SharedDictionary>,
    parameters: Vec<(TypeId, &'static str)>,
) -> Result<(), StoreError> {
    let shared = Arc::clone(shared);
    writer.errand(move |desk| {
        let added = desk.transact(|connection| {
            add(connection, |dictionary| dictionary.missing_parameters(&parameters))
        })?;
        shared.set(added);
        Ok(())
    })
}
