//! How much is stored.

use super::snapshot::PostgresSnapshot;
use super::statements as sql;
use crate::error::StoreError;
use crate::maintain::{Statistics, TableStatistics};

/// Counts the rows of each table.
pub(super) fn statistics(snapshot: &PostgresSnapshot) -> Result<Statistics, StoreError> {
    let context = "count what is stored";
    let number = |text: &str| -> Result<u64, StoreError> {
        Ok(snapshot.connection.query_one(context, text, &[])?.get::<_, i64>(0).cast_unsigned())
    };
    let mut statistics =
        Statistics { sequence: snapshot.moment.sequence.cast_unsigned(), ..Statistics::default() };
    for table in sql::TABLES {
        let rows = number(&format!("SELECT count(*) FROM {table}"))?;
        statistics.tables.push(TableStatistics { name: (*table).to_owned(), rows });
    }
    for (of_type, count) in snapshot.moment.counts.iter() {
        let name = snapshot.moment.dictionary.type_of(*of_type)?.name();
        statistics.resources.push((name.to_owned(), count.cast_unsigned()));
    }
    statistics.resources.sort_unstable();
    statistics.file_bytes = number("SELECT pg_database_size(current_database())")?;
    Ok(statistics)
}
