//! The check of what no commit's hash covers: private documents, settings, the tables themselves, and the directory's
//! rows of what is deleted.

use super::failure::failed;
use super::head::{LEASE, NEXT_LEASE};
use super::open::{self, SCHEMA};
use super::reindex::{PROGRESS, VERSION};
use super::{keys, private, statements as sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::maintain::Verification;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

const SETTINGS: [&str; 4] = [SCHEMA, NEXT_LEASE, VERSION, PROGRESS];

/// Notes what is wrong.
pub(super) fn verify(
    connection: &Connection,
    keys: &Keys,
    found: &mut Verification,
) -> Result<(), StoreError> {
    private::each(connection, keys, |document| {
        if let Err(error) = document {
            found.fault("table private", error.to_string());
        }
    })?;
    for what in keys.faults(&keys::all(connection)?) {
        found.fault("table data_key", what);
    }
    for (statement, place, what) in [
        (sql::TOMBSTONES_WRONG, "table directory", "rows of what is deleted are wrong"),
        (sql::COUNTS_MISSING, "table type_count", "types have no count"),
    ] {
        let wrong: i64 =
            connection.query_row(statement, [], |row| row.get(0)).map_err(failed("check what is deleted"))?;
        if wrong > 0 {
            found.fault(place, format!("{wrong} {what}"));
        }
    }
    tables(connection, found)?;
    settings(connection, found)
}

/// The tables are those that this program makes: SQLite itself believes only a part of what it keeps of them.
fn tables(connection: &Connection, found: &mut Verification) -> Result<(), StoreError> {
    let failed = || failed("check the tables");
    let as_made = open::new_in_memory()?;
    let columns = |row: &Row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
    let all = |connection: &Connection| -> rusqlite::Result<Vec<[Value; 4]>> {
        connection.prepare(sql::TABLES_MADE)?.query_map([], columns)?.collect()
    };
    if all(connection).map_err(failed())? != all(&as_made).map_err(failed())? {
        found.fault("table sqlite_schema", "the tables are not those that this program makes");
    }
    Ok(())
}

fn settings(connection: &Connection, found: &mut Verification) -> Result<(), StoreError> {
    let failed = || failed("check the settings");
    let mut statement = connection.prepare(sql::META_NAMES).map_err(failed())?;
    let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed())?;
    for name in names {
        let name = name.map_err(failed())?;
        if !SETTINGS.contains(&&*name) {
            found.fault("table meta", format!("has a setting {name}"));
        }
    }
    let (last, lease): (i64, i64) = connection
        .query_row(sql::KEYS_AND_LEASE, [NEXT_LEASE], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed())?;
    if last > 0 && !(last + 1..=last + LEASE).contains(&lease) {
        found.fault("table meta", format!("leases keys from {lease}, and {last} is the last"));
    }
    Ok(())
}
