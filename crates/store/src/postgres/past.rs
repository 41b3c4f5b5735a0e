//! The history of a resource, and the commit log as [`Commits`].

use super::connection::Parameter;
use super::snapshot::{PostgresSnapshot, found_version, id_bytes, ordinal, version_of};
use super::statements as sql;
use crate::HistoryPage;
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::history::{CommitRow, Commits, FoundVersion, Side, before_of, is_on};
use crate::keys::{Keys, Sealed};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use tokio_postgres::Row;

impl PostgresSnapshot<'_> {
    /// The history of one resource.
    pub fn resource_history(
        &self,
        key: &ResourceKey,
        page: &HistoryPage,
    ) -> Result<Vec<Version>, StoreError> {
        let Some(located) = self.locate(key)? else { return Ok(Vec::new()) };
        let mut versions = Vec::new();
        if !located.deleted {
            let current = self.versions(&[(key.clone(), 0)])?.pop().unwrap_or(Ok(None))?;
            versions.extend(current.filter(|current| page.count > 0 && is_on(page, current)));
        }
        let (sequence, position) = before_of(page);
        let since = page.since_ms.unwrap_or(i64::MIN);
        let until = page.until_ms.unwrap_or(i64::MAX);
        let limit = i64::try_from(page.count.saturating_sub(versions.len())).unwrap_or(i64::MAX);
        let parameters: [Parameter; 7] =
            [&located.home, &located.key, &sequence, &position, &since, &until, &limit];
        for row in self.query("read a history", sql::PAST_WALK, &parameters)? {
            versions.extend(version_of(self.keys, &row, 0, key.clone())?);
        }
        Ok(versions)
    }
}

impl Commits for PostgresSnapshot<'_> {
    fn dictionary(&self) -> &Dictionary {
        &self.moment.dictionary
    }

    fn last_commit(&self) -> Result<i64, StoreError> {
        Ok(self.moment.sequence)
    }

    fn commit_time(&self, sequence: i64) -> Result<Option<i64>, StoreError> {
        let rows = self.query("find a commit by its time", sql::COMMIT_TIME, &[&sequence])?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    fn commits(&self, side: Side, limit: usize) -> Result<Vec<CommitRow>, StoreError> {
        let (text, place) = match side {
            Side::After(place) => (sql::COMMITS_AFTER, place),
            Side::Before(place) => (sql::COMMITS_BEFORE, place),
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.query("read the commit log", text, &[&place, &limit])?
            .iter()
            .map(|row| commit_row(row, self.keys))
            .collect()
    }

    fn versions(&self, wanted: &[(ResourceKey, u32)]) -> Result<Vec<FoundVersion>, StoreError> {
        let numbers = |(key, _): &(ResourceKey, u32)| self.moment.dictionary.type_number(key.type_id);
        let types: Vec<i64> = wanted.iter().map(numbers).collect();
        let ids: Vec<Vec<u8>> = wanted.iter().map(|(key, _)| id_bytes(&StoredId::new(&key.id))).collect();
        let versions: Vec<i64> = wanted.iter().map(|(_, version)| i64::from(*version)).collect();
        let mut found: Vec<FoundVersion> = wanted.iter().map(|_| Ok(None)).collect();
        for row in self.query("read versions", sql::VERSIONS, &[&types, &ids, &versions])? {
            let place = ordinal(&row);
            let (key, version) = &wanted[place];
            found[place] = found_version(self.keys, &row, key, *version);
        }
        Ok(found)
    }
}

fn commit_row(row: &Row, keys: &Keys) -> Result<CommitRow, StoreError> {
    let sequence = row.get(0);
    let chain: &[u8] = row.get(2);
    Ok(CommitRow {
        sequence,
        time_ms: row.get(1),
        chain: chain.try_into().map_err(|_| StoreError::Damaged(format!("the hash of commit {sequence}")))?,
        changes: row.get(3),
        audit: keys.open_sealed(&Sealed::Audit, row.get(4)),
    })
}
