//! What the check of all that is stored asks of SQLite.

use super::entries;
use super::failure::failed;
use super::snapshot::SqliteSnapshot;
use super::statements as sql;
use super::unchained;
use crate::blob::BlobUse;
use crate::entry::EntryPlace;
use crate::error::StoreError;
use crate::located::Target;
use crate::maintain::Verification;
use crate::row_set::{RowSet, date_span};
use crate::verify::{Checked, CheckedEntry};
use rusqlite::params;
use rusqlite::types::Value;

impl Checked for SqliteSnapshot<'_> {
    /// SQLite's own check of its pages, and what no commit covers.
    fn check_backend(&self, found: &mut Verification) -> Result<(), StoreError> {
        let failed = || failed("check the pages");
        let mut statement = self.connection.prepare("PRAGMA quick_check").map_err(failed())?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed())?;
        for line in lines {
            let line = line.map_err(failed())?;
            if line != "ok" {
                found.fault("database file", line);
            }
        }
        unchained::verify(self.connection, self.keys, found)
    }

    fn checked_entries(&self, behind: EntryPlace, limit: usize) -> Result<Vec<CheckedEntry>, StoreError> {
        entries::checked(self.connection, behind, limit)
    }

    fn missing_rows(&self, sets: &[(Target, RowSet)]) -> Result<Vec<i64>, StoreError> {
        let mut missing = Vec::new();
        for (target, set) in sets {
            for (text, values) in row_probes(set, *target) {
                let is_there = self
                    .connection
                    .prepare_cached(text)
                    .and_then(|mut statement| statement.exists(rusqlite::params_from_iter(values)))
                    .map_err(failed("check an index row"))?;
                if !is_there {
                    missing.push(target.key);
                }
            }
        }
        Ok(missing)
    }

    fn missing_uses(&self, uses: &[BlobUse]) -> Result<Vec<usize>, StoreError> {
        let mut missing = Vec::new();
        for (at, of) in uses.iter().enumerate() {
            let is_there = self
                .connection
                .prepare_cached(sql::BLOB_USE_PROBE)
                .and_then(|mut statement| statement.exists(params![of.hash.0, of.key, of.version]))
                .map_err(failed("check the use of content"))?;
            if !is_there {
                missing.push(at);
            }
        }
        Ok(missing)
    }

    fn number(&self, statement: &str) -> Result<u64, StoreError> {
        let number: i64 =
            self.connection.query_row(statement, [], |row| row.get(0)).map_err(failed("count rows"))?;
        Ok(number.cast_unsigned())
    }

    fn wrong_counts(&self) -> Result<u64, StoreError> {
        self.number(sql::COUNTS_WRONG)
    }
}

/// The statements that look for each row of a set.
fn row_probes(set: &RowSet, target: Target) -> impl Iterator<Item = (&'static str, Vec<Value>)> {
    let Target { home, recency, key } = target;
    let at: [Value; 3] = [recency.into(), key.into(), home.into()];
    let with = move |values: Vec<Value>| values.into_iter().chain(at.clone()).collect::<Vec<_>>();
    let tokens = set.tokens.iter().map(|row| (sql::TOKEN_PROBE, vec![row.0.into(), row.1.into()]));
    let numbers =
        set.numbers.iter().map(|row| (sql::NUMBER_PROBE, vec![row.0.into(), row.1.into(), row.2.into()]));
    let texts = set.texts.iter().map(|row| (sql::TEXT_PROBE, vec![row.0.into(), row.1.to_string().into()]));
    let dates = set.dates.iter().map(|row| {
        let span = date_span(row.1, row.2);
        (sql::DATE_PROBE, vec![row.0.into(), span.into(), row.1.into(), row.2.into()])
    });
    tokens.chain(numbers).chain(texts).chain(dates).map(move |(text, values)| (text, with(values)))
}
