//! The tables, how they are brought forward, and the gate against newer ones.

use super::connection::Connection;
use super::statements as sql;
use crate::error::StoreError;

/// The schema this program writes.
pub(super) const SCHEMA_VERSION: u32 = 4;

/// The lock that is held while tables are made: any number that no other program uses.
const LOCK: i64 = 0x6368_6972_6f6e;

/// The first schema that a release has; what there was before it was not encrypted.
const FIRST_SCHEMA: u32 = 4;

/// The steps from one schema to the next, forward only: the first makes [`FIRST_SCHEMA`].
const MIGRATIONS: &[&str] = &[sql::TABLES_FIRST];

/// Makes the tables, or brings them forward. Of several processes one does it, and the others wait.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let context = "migrate the database";
    begin_alone(connection, context)?;
    let found = version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION });
    }
    if (1..FIRST_SCHEMA).contains(&found) {
        return Err(StoreError::OlderSchema { found });
    }
    for (version, step) in (FIRST_SCHEMA..).zip(MIGRATIONS) {
        if version > found {
            connection.execute(context, step)?;
            connection.query(context, sql::META_WRITE, &[&"schema", &version.to_string()])?;
        }
    }
    connection.commit(context, Vec::new())
}

/// Begins a transaction that no other process is in at the same time.
pub(super) fn begin_alone(connection: &Connection, context: &'static str) -> Result<(), StoreError> {
    connection.begin(context, "BEGIN", &[])?;
    connection.query(context, "SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map(|_| ())
}

/// The schema of a database; 0 when it is empty.
fn version(connection: &Connection) -> Result<u32, StoreError> {
    let context = "read the schema's version";
    let made: bool = connection.query_one(context, "SELECT to_regclass('meta') IS NOT NULL", &[])?.get(0);
    if !made {
        return Ok(0);
    }
    let rows = connection.query(context, sql::META_READ, &[&"schema"])?;
    let Some(row) = rows.first() else { return Ok(0) };
    let text: String = row.get(0);
    text.parse().map_err(|_| StoreError::Damaged(format!("the schema's version is {text}")))
}
