//! What the check of all that is stored asks of PostgreSQL.

use super::columns::{column, statement};
use super::connection::Call;
use super::snapshot::{PostgresSnapshot, ordinal};
use super::statements as sql;
use super::working_set::index_rows;
use super::{entries, keys, private};
use crate::blob::BlobUse;
use crate::entry::EntryPlace;
use crate::error::StoreError;
use crate::located::Target;
use crate::maintain::Verification;
use crate::row_set::RowSet;
use crate::verify::{Checked, CheckedEntry};

/// The statements that give what is missing, by table.
const MISSING: [&str; 4] =
    [sql::TOKENS_MISSING, sql::NUMBERS_MISSING, sql::TEXTS_MISSING, sql::DATES_MISSING];

impl Checked for PostgresSnapshot<'_> {
    /// PostgreSQL's pages are its own: with data checksums it refuses to read one that is damaged, and the check ends
    /// with what it says. No commit covers private documents and the directory's rows of what is deleted.
    fn check_backend(&self, found: &mut Verification) -> Result<(), StoreError> {
        for document in private::all(self.connection, self.keys)? {
            if let Err(error) = document {
                found.fault("table private", error.to_string());
            }
        }
        for what in self.keys.faults(&keys::all(self.connection)?) {
            found.fault("table data_key", what);
        }
        let wrong = self.number(sql::TOMBSTONES_WRONG)?;
        if wrong > 0 {
            found.fault("table directory", format!("{wrong} rows of what is deleted are wrong"));
        }
        let missing = self.number(sql::COUNTS_MISSING)?;
        if missing > 0 {
            found.fault("table type_count", format!("{missing} types have no count"));
        }
        Ok(())
    }

    fn checked_entries(&self, behind: EntryPlace, limit: usize) -> Result<Vec<CheckedEntry>, StoreError> {
        entries::checked(self.connection, behind, limit)
    }

    fn missing_rows(&self, sets: &[(Target, RowSet)]) -> Result<Vec<i64>, StoreError> {
        let statements = index_rows(sets, MISSING);
        let calls: Vec<Call> = statements.iter().map(|statement| statement.call()).collect();
        let answers = self.connection.pipeline("check index rows", &calls)?;
        Ok(answers.iter().flatten().map(|row| row.get(0)).collect())
    }

    fn missing_uses(&self, uses: &[BlobUse]) -> Result<Vec<usize>, StoreError> {
        let probe = statement(sql::BLOB_USES_MISSING, uses, |rows| {
            vec![
                column(rows, |row| row.hash.0.to_vec()),
                column(rows, |row| row.key),
                column(rows, |row| i64::from(row.version)),
            ]
        });
        let calls: Vec<Call> = probe.iter().map(|statement| statement.call()).collect();
        let answers = self.connection.pipeline("check the uses of contents", &calls)?;
        Ok(answers.iter().flatten().map(ordinal).collect())
    }

    fn number(&self, statement: &str) -> Result<u64, StoreError> {
        let row = self.connection.query_one("count rows", statement, &[])?;
        Ok(row.get::<_, i64>(0).cast_unsigned())
    }

    fn wrong_counts(&self) -> Result<u64, StoreError> {
        self.number(sql::COUNTS_WRONG)
    }
}
