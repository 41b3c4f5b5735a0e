//! The check of what no commit's hash covers: private documents, settings, and the directory's rows of what is deleted.

use super::failure::failed;
use super::head::{LEASE, NEXT_LEASE};
use super::open::SCHEMA;
use super::reindex::{PROGRESS, VERSION};
use super::{private, statements as sql};
use crate::error::StoreError;
use crate::maintain::Verification;
use rusqlite::Connection;

const SETTINGS: [&str; 4] = [SCHEMA, NEXT_LEASE, VERSION, PROGRESS];

/// Notes what is wrong.
pub(super) fn verify(connection: &Connection, found: &mut Verification) -> Result<(), StoreError> {
    private::each(connection, |document| {
        if let Err(error) = document {
            found.fault("table private", error.to_string());
        }
    })?;
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
    settings(connection, found)
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
