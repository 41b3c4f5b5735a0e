//! The table of data keys in PostgreSQL. Every process makes keys, with numbers of leases of its own.

use super::address::Address;
use super::connection::{Connection, Parameter};
use super::schema;
use super::statements as sql;
use crate::error::StoreError;
use crate::keys::{KeyRow, KeySource, Keys, WrappingKey, block_of, numbers_from, sealed_with};
use crate::maintain::still_there;
use crate::pool::Pool;
use std::ops::Range;
use std::sync::Arc;
use tokio_postgres::Row;

const CONTEXT: &str = "read data keys";

/// Connections to look for keys with: who looks for one may hold one of the others.
const MOST: usize = 2;

struct PostgresKeys(Pool<Connection>);

/// The keys of a database; the practice's first one is made when there is none. Of several processes one does it, and the
/// others wait.
pub(super) fn open(
    connection: &Connection,
    address: &Address,
    wrapping: &Arc<dyn WrappingKey>,
    now_ms: i64,
) -> Result<Arc<Keys>, StoreError> {
    schema::begin_alone(connection, CONTEXT)?;
    let mut found = of_practice(connection)?;
    if found.is_empty() {
        add(connection, &KeyRow::of_practice(1, now_ms, &**wrapping)?)?;
        found = of_practice(connection)?;
    }
    connection.commit(CONTEXT, Vec::new())?;
    let address = address.clone();
    let source = PostgresKeys(Pool::new(MOST, move || Connection::open(&address)));
    Keys::new(Arc::clone(wrapping), Box::new(source), &found)
}

/// Stores a key.
pub(super) fn add(connection: &Connection, row: &KeyRow) -> Result<(), StoreError> {
    let (numbers, homes, made, wrapped) = ([row.number], [row.home], [row.made_ms], [&*row.wrapped]);
    let values: [Parameter; 4] = [&&numbers[..], &&homes[..], &&made[..], &&wrapped[..]];
    connection.query("store a data key", sql::KEYS_ADD, &values).map(|_| ())
}

/// The practice's keys.
pub(super) fn of_practice(connection: &Connection) -> Result<Vec<KeyRow>, StoreError> {
    rows(connection, sql::KEYS_OF_PRACTICE, &[])
}

/// All keys.
pub(super) fn all(connection: &Connection) -> Result<Vec<KeyRow>, StoreError> {
    rows(connection, sql::KEYS_ALL, &[])
}

fn rows(connection: &Connection, text: &str, values: &[Parameter]) -> Result<Vec<KeyRow>, StoreError> {
    Ok(connection.query(CONTEXT, text, values)?.iter().map(key_row).collect())
}

fn key_row(row: &Row) -> KeyRow {
    KeyRow { number: row.get(0), home: row.get(1), made_ms: row.get(2), wrapped: row.get(3) }
}

impl PostgresKeys {
    /// Asks; on a new connection when the last one was lost since it was used.
    fn ask<T>(&self, ask: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self.0.lend().and_then(|connection| ask(&connection)) {
            Err(StoreError::Unavailable { .. }) => {
                self.0.close_idle();
                ask(&*self.0.lend()?)
            }
            answer => answer,
        }
    }
}

impl KeySource for PostgresKeys {
    fn block(&self, number: i64) -> Result<Vec<KeyRow>, StoreError> {
        let block = block_of(number);
        self.ask(|connection| rows(connection, sql::KEYS_BETWEEN, &[&block.start, &block.end]))
    }

    fn newest_of(&self, home: i64) -> Result<Option<KeyRow>, StoreError> {
        self.ask(|connection| Ok(rows(connection, sql::KEY_NEWEST, &[&home])?.pop()))
    }

    fn lease(&self) -> Result<Range<i64>, StoreError> {
        self.ask(|connection| {
            let count = numbers_from(0).end;
            let row = connection.query_one("lease numbers of data keys", sql::KEY_LEASE, &[&count])?;
            Ok(numbers_from(row.get(0)))
        })
    }
}

/// Wraps keys anew.
pub(super) fn wrap(connection: &Connection, rows: &[KeyRow]) -> Result<(), StoreError> {
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let wrapped: Vec<&[u8]> = rows.iter().map(|row| row.wrapped.as_slice()).collect();
    connection.query("wrap the data keys", sql::KEYS_WRAP, &[&numbers, &wrapped]).map(|_| ())
}

/// Destroys the keys of a record, and forgets the contents that its versions used. Gives the keys' numbers.
pub(super) fn destroy(connection: &Connection, home: i64) -> Result<(Vec<i64>, u64), StoreError> {
    let context = "destroy a record";
    // They have the keys in memory, and would go on to write with them.
    let others: i64 = connection.query_one(context, sql::OTHERS, &[])?.get(0);
    if others > 0 {
        let source = "other servers have the database open; stop them first".into();
        return Err(StoreError::World { context, source });
    }
    let left: i64 = connection.query_one(context, sql::HOME_COUNT, &[&home])?.get(0);
    if left > 0 {
        return Err(still_there(left.cast_unsigned()));
    }
    let destroyed = connection.query(context, sql::KEYS_DESTROY, &[&home])?;
    let numbers: Vec<i64> = destroyed.iter().map(|row| row.get(0)).collect();
    let mut contents = 0;
    for number in &numbers {
        contents += connection.query(context, sql::BLOB_USES_FORGET, &[&sealed_with(*number)])?.len() as u64;
    }
    Ok((numbers, contents))
}
