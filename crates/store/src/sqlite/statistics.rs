//! How much is stored.

use super::failure::failed;
use super::snapshot::SqliteSnapshot;
use super::statements as sql;
use crate::error::StoreError;
use crate::maintain::{Statistics, TableStatistics};
use rusqlite::OptionalExtension;
use std::path::Path;

/// Counts the rows of each table.
pub(super) fn statistics(snapshot: &SqliteSnapshot, path: &Path) -> Result<Statistics, StoreError> {
    let failed = || failed("count what is stored");
    let mut statistics = Statistics::default();
    for table in sql::TABLES {
        let text = format!("SELECT count(*) FROM {table}");
        let rows: i64 = snapshot.connection.query_row(&text, [], |row| row.get(0)).map_err(failed())?;
        let rows = rows.cast_unsigned();
        statistics.tables.push(TableStatistics { name: (*table).to_owned(), rows });
    }
    let mut statement = snapshot.connection.prepare_cached(sql::COUNTS_READ).map_err(failed())?;
    let mut rows = statement.query([]).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let (number, count): (i64, i64) = row.try_into().map_err(failed())?;
        let name = snapshot.dictionary.type_of(number)?.name();
        statistics.resources.push((name.to_owned(), count.cast_unsigned()));
    }
    statistics.resources.sort_unstable();
    let last: Option<i64> =
        snapshot.connection.query_row(sql::COMMIT_LAST, [], |row| row.get(0)).optional().map_err(failed())?;
    statistics.sequence = last.unwrap_or(0).cast_unsigned();
    let log = path.with_extension("sqlite-wal");
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    statistics.file_bytes = length(path) + length(&log);
    Ok(statistics)
}
