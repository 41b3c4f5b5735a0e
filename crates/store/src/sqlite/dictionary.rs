//! The dictionary in its table.

use super::failure::failed;
use super::statements as sql;
use super::writer::SqliteDesk;
use crate::dictionary::{Dictionary, Name, SharedDictionary};
use crate::error::StoreError;
use crate::writer::Writer;
use fhir::schema::TypeId;
use rusqlite::{Connection, params};
use std::sync::Arc;

/// Reads the names, and adds the types that are missing.
pub(super) fn open(connection: &Connection) -> Result<Dictionary, StoreError> {
    let mut dictionary = read(connection)?;
    let missing = dictionary.missing_types();
    add(connection, &mut dictionary, &missing)?;
    Ok(dictionary)
}

fn read(connection: &Connection) -> Result<Dictionary, StoreError> {
    let failed = || failed("read the dictionary");
    let mut dictionary = Dictionary::default();
    let mut statement = connection.prepare(sql::DICTIONARY_READ).map_err(failed())?;
    let mut rows = statement.query([]).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let (kind, name, number): (i64, String, i64) = row.try_into().map_err(failed())?;
        dictionary.take(&Name { kind, name, number })?;
    }
    dictionary.check()?;
    Ok(dictionary)
}

fn add(connection: &Connection, dictionary: &mut Dictionary, names: &[Name]) -> Result<(), StoreError> {
    let failed = || failed("add to the dictionary");
    let transaction = connection.unchecked_transaction().map_err(failed())?;
    for row in names {
        transaction.execute(sql::DICTIONARY_ADD, params![row.kind, row.name, row.number]).map_err(failed())?;
        dictionary.take(row)?;
    }
    transaction.commit().map_err(failed())
}

/// Gives numbers to parameters that have none yet, in a transaction of their own.
pub(super) fn add_parameters(
    writer: &Writer<SqliteDesk>,
    dictionary: &Arc<SharedDictionary>,
    parameters: Vec<(TypeId, &'static str)>,
) -> Result<(), StoreError> {
    let dictionary = Arc::clone(dictionary);
    writer.errand(move |desk| {
        let mut changed = Dictionary::clone(&dictionary.now());
        let missing = changed.missing_parameters(&parameters);
        add(&desk.connection, &mut changed, &missing)?;
        dictionary.set(changed);
        Ok(())
    })
}
