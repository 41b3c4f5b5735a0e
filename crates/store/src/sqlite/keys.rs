//! The table of data keys in SQLite.

use super::failure::failed;
use super::readers::Readers;
use super::statements as sql;
use crate::error::StoreError;
use crate::keys::{KeyRow, KeySource, Keys, WrappingKey, block_of, numbers_from, sealed_with};
use crate::maintain::still_there;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The table, read with connections of its own: who looks for a key may hold one of the others.
struct SqliteKeys {
    readers: Readers,
    /// The process that has the data directory gives all numbers.
    next: AtomicI64,
}

/// The keys of a database; the practice's first one is made when there is none.
pub(super) fn open(
    connection: &Connection,
    path: &Path,
    wrapping: &Arc<dyn WrappingKey>,
    now_ms: i64,
) -> Result<Arc<Keys>, StoreError> {
    let mut found = of_practice(connection)?;
    if found.is_empty() {
        add(connection, &KeyRow::of_practice(1, now_ms, &**wrapping)?)?;
        found = of_practice(connection)?;
    }
    let last: i64 = connection
        .query_row(sql::KEY_LAST, [], |row| row.get(0))
        .map_err(failed("find the last data key"))?;
    let source = SqliteKeys { readers: Readers::new(path), next: AtomicI64::new(last + 1) };
    Keys::new(Arc::clone(wrapping), Box::new(source), &found)
}

/// Stores a key.
pub(super) fn add(connection: &Connection, row: &KeyRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql::KEY_ADD)
        .and_then(|mut add| add.execute(params![row.number, row.home, row.made_ms, row.wrapped]))
        .map(|_| ())
        .map_err(failed("store a data key"))
}

/// The practice's keys.
pub(super) fn of_practice(connection: &Connection) -> Result<Vec<KeyRow>, StoreError> {
    rows(connection, sql::KEYS_OF_PRACTICE, &[])
}

/// All keys.
pub(super) fn all(connection: &Connection) -> Result<Vec<KeyRow>, StoreError> {
    rows(connection, sql::KEYS_ALL, &[])
}

fn rows(
    connection: &Connection,
    text: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<KeyRow>, StoreError> {
    connection
        .prepare_cached(text)
        .and_then(|mut statement| statement.query_map(values, key_row)?.collect())
        .map_err(failed("read data keys"))
}

fn key_row(row: &Row) -> rusqlite::Result<KeyRow> {
    Ok(KeyRow { number: row.get(0)?, home: row.get(1)?, made_ms: row.get(2)?, wrapped: row.get(3)? })
}

impl KeySource for SqliteKeys {
    fn block(&self, number: i64) -> Result<Vec<KeyRow>, StoreError> {
        let block = block_of(number);
        self.readers.read(|connection| rows(connection, sql::KEYS_BETWEEN, &[&block.start, &block.end]))
    }

    fn newest_of(&self, home: i64) -> Result<Option<KeyRow>, StoreError> {
        self.readers.read(|connection| {
            connection
                .prepare_cached(sql::KEY_NEWEST)
                .and_then(|mut statement| statement.query_row([home], key_row).optional())
                .map_err(failed("find the key of a record"))
        })
    }

    fn lease(&self) -> Result<Range<i64>, StoreError> {
        let numbers = numbers_from(0).end;
        Ok(numbers_from(self.next.fetch_add(numbers, Ordering::Relaxed)))
    }
}

/// Wraps keys anew, all or none.
pub(super) fn wrap(connection: &mut Connection, rows: &[KeyRow]) -> Result<(), StoreError> {
    let failed = || failed("wrap the data keys");
    overwriting(connection, |connection| {
        let transaction = connection.transaction().map_err(failed())?;
        for row in rows {
            transaction.execute(sql::KEY_WRAP, params![row.number, row.wrapped]).map_err(failed())?;
        }
        transaction.commit().map_err(failed())
    })
}

/// Destroys the keys of a record, and forgets the contents that its versions used. Gives the keys' numbers.
pub(super) fn destroy(connection: &mut Connection, home: i64) -> Result<(Vec<i64>, u64), StoreError> {
    let failed = || failed("destroy a record");
    overwriting(connection, |connection| {
        let transaction = connection.transaction().map_err(failed())?;
        let left: i64 = transaction.query_row(sql::HOME_COUNT, [home], |row| row.get(0)).map_err(failed())?;
        if left > 0 {
            return Err(still_there(left.cast_unsigned()));
        }
        let numbers: Vec<i64> = transaction
            .prepare(sql::KEYS_DESTROY)
            .and_then(|mut destroy| destroy.query_map([home], |row| row.get(0))?.collect())
            .map_err(failed())?;
        let mut contents = 0;
        for number in &numbers {
            contents +=
                transaction.execute(sql::BLOB_USES_FORGET, [sealed_with(*number)]).map_err(failed())? as u64;
        }
        transaction.commit().map_err(failed())?;
        Ok((numbers, contents))
    })
}

/// Does something after which what was there before is in the database's files no more: freed bytes are overwritten, and
/// the write-ahead log is copied and emptied.
fn overwriting<T>(
    connection: &mut Connection,
    act: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let failed = || failed("overwrite a data key");
    let secure = |connection: &Connection, is_on: bool| {
        connection.query_row(&format!("PRAGMA secure_delete = {is_on}"), [], |_| Ok(())).map_err(failed())
    };
    secure(connection, true)?;
    let done = act(connection);
    secure(connection, false)?;
    // What a reader still needs stays in the log until the next time.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed())?;
    done
}
