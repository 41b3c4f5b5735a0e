//! History and the change feed.

use super::apply::Located;
use super::failure::failed;
use super::snapshot::{SqliteSnapshot, locate, version_of};
use super::statements as sql;
use crate::commit_log::{LoggedChange, unpack_changes};
use crate::error::StoreError;
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use crate::{CommitRecord, HistoryPage};
use fhir::schema::TypeId;
use rusqlite::{OptionalExtension, Row, params};

/// A place in commit order.
type Before = (i64, i64);

impl SqliteSnapshot<'_> {
    /// The history of one resource.
    pub fn resource_history(
        &self,
        key: &ResourceKey,
        page: &HistoryPage,
    ) -> Result<Vec<Version>, StoreError> {
        let type_number = self.dictionary.type_number(key.type_id);
        let Some(located) = locate(self.connection, type_number, &StoredId::new(&key.id))? else {
            return Ok(Vec::new());
        };
        let mut versions = Vec::new();
        if !located.deleted {
            let current = self.current(&located, key)?;
            if page.count > 0 && is_on(page, &current) {
                versions.push(current);
            }
        }
        self.past_history(&located, key, page, &mut versions)?;
        Ok(versions)
    }

    fn past_history(
        &self,
        located: &Located,
        key: &ResourceKey,
        page: &HistoryPage,
        versions: &mut Vec<Version>,
    ) -> Result<(), StoreError> {
        let failed = || failed("read a history");
        let (sequence, position) = before_of(page);
        let since = page.since_ms.unwrap_or(i64::MIN);
        let until = page.until_ms.unwrap_or(i64::MAX);
        let limit = i64::try_from(page.count.saturating_sub(versions.len())).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql::PAST_WALK).map_err(failed())?;
        let mut rows = statement
            .query(params![located.key, sequence, position, since, until, limit])
            .map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            let version = row.get(0).map_err(failed())?;
            versions.push(version_of(row, 1, version, key.clone())?);
        }
        Ok(())
    }

    /// The history of a type, or of everything.
    pub fn wide_history(
        &self,
        type_id: Option<TypeId>,
        page: &HistoryPage,
    ) -> Result<Vec<Version>, StoreError> {
        let failed = || failed("read a history");
        let wanted = type_id.map(|type_id| self.dictionary.type_number(type_id));
        let before = before_of(page);
        let first = before.0.min(self.last_commit_until(page.until_ms)?);
        let mut statement = self.connection.prepare_cached(sql::COMMITS_BACKWARDS).map_err(failed())?;
        let mut rows = statement.query([first]).map_err(failed())?;
        let mut versions = Vec::new();
        while versions.len() < page.count {
            let Some(row) = rows.next().map_err(failed())? else { break };
            let (sequence, time): (i64, i64) = (row.get(0).map_err(failed())?, row.get(1).map_err(failed())?);
            if page.since_ms.is_some_and(|since| time < since) {
                break;
            }
            let changes = unpack_changes(row.get_ref(2).map_err(failed())?.as_blob().unwrap_or_default())?;
            let numbered: Vec<_> = (0i64..).zip(&changes).collect();
            for (position, change) in numbered.into_iter().rev() {
                let is_wanted = wanted.is_none_or(|wanted| wanted == change.type_number);
                if is_wanted && (sequence, position) < before && versions.len() < page.count {
                    versions.push(self.logged(change)?);
                }
            }
        }
        Ok(versions)
    }

    /// The version that a commit made.
    fn logged(&self, change: &LoggedChange) -> Result<Version, StoreError> {
        let key = ResourceKey::new(self.dictionary.type_of(change.type_number)?, change.id.text());
        let missing = || StoreError::Damaged(format!("{key} is in the commit log but not in the directory"));
        self.version(&key, change.version)?.ok_or_else(missing)
    }

    /// The last commit at or before a time: times never go back, so it is found by halving.
    fn last_commit_until(&self, until_ms: Option<i64>) -> Result<i64, StoreError> {
        let failed = || failed("find a commit by its time");
        let last: Option<i64> =
            self.connection.query_row(sql::COMMIT_LAST, [], |row| row.get(0)).optional().map_err(failed())?;
        let (mut low, mut high) = (0, last.unwrap_or(0));
        let Some(until) = until_ms else { return Ok(high) };
        while low < high {
            let middle = low + (high - low + 1) / 2;
            let time: i64 = self
                .connection
                .prepare_cached(sql::COMMIT_TIME)
                .and_then(|mut statement| statement.query_row([middle], |row| row.get(0)))
                .map_err(failed())?;
            if time <= until { low = middle } else { high = middle - 1 }
        }
        Ok(low)
    }

    /// The commits behind a cursor.
    pub fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        let failed = || failed("read the change feed");
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql::COMMITS_AFTER).map_err(failed())?;
        let mut rows = statement.query([after]).map_err(failed())?;
        let mut records: Vec<CommitRecord> = Vec::new();
        let mut total = 0;
        while let Some(row) = rows.next().map_err(failed())? {
            let record = self.commit_record(row)?;
            total += record.changes.len().max(1);
            if total > limit && !records.is_empty() {
                break;
            }
            records.push(record);
            if total >= limit {
                break;
            }
        }
        Ok(records)
    }

    /// The commits before a place in commit order, newest first.
    pub fn commits_before(&self, before: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        let failed = || failed("read the commit log");
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql::COMMITS_BEFORE).map_err(failed())?;
        let mut rows = statement.query([before, limit]).map_err(failed())?;
        let mut records = Vec::new();
        while let Some(row) = rows.next().map_err(failed())? {
            records.push(self.commit_record(row)?);
        }
        Ok(records)
    }

    /// A row of sequence, time, changes and audit.
    fn commit_record(&self, row: &Row) -> Result<CommitRecord, StoreError> {
        let failed = || failed("read the commit log");
        let packed = row.get_ref(2).map_err(failed())?.as_blob().unwrap_or_default();
        let mut changes = Vec::new();
        for change in unpack_changes(packed)? {
            let type_id = self.dictionary.type_of(change.type_number)?;
            changes.push((ResourceKey::new(type_id, change.id.text()), change.version));
        }
        let sequence: i64 = row.get(0).map_err(failed())?;
        Ok(CommitRecord {
            sequence: sequence.cast_unsigned(),
            time_ms: row.get(1).map_err(failed())?,
            changes,
            audit: row.get(3).map_err(failed())?,
        })
    }
}

fn before_of(page: &HistoryPage) -> Before {
    let (sequence, position) = page.before.unwrap_or((u64::MAX, u32::MAX));
    (i64::try_from(sequence).unwrap_or(i64::MAX), i64::from(position))
}

fn is_on(page: &HistoryPage, version: &Version) -> bool {
    page.since_ms.is_none_or(|since| version.updated_ms >= since)
        && page.until_ms.is_none_or(|until| version.updated_ms <= until)
        && page.before.is_none_or(|before| version.place < before)
}
