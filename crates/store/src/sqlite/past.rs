//! The history of a resource, and the commit log as [`Commits`].

use super::failure::failed;
use super::snapshot::{SqliteSnapshot, locate, version_of};
use super::statements as sql;
use crate::HistoryPage;
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::history::{CommitRow, Commits, FoundVersion, Side, before_of, is_on};
use crate::keys::{Keys, Sealed};
use crate::located::Located;
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use rusqlite::{OptionalExtension, Row, params};

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
            versions.push(version_of(self.keys, row, 1, version, key.clone())?);
        }
        Ok(())
    }
}

impl Commits for SqliteSnapshot<'_> {
    fn dictionary(&self) -> &Dictionary {
        self.dictionary
    }

    fn last_commit(&self) -> Result<i64, StoreError> {
        let last = self.connection.query_row(sql::COMMIT_LAST, [], |row| row.get(0)).optional();
        Ok(last.map_err(failed("find the last commit"))?.unwrap_or(0))
    }

    fn commit_time(&self, sequence: i64) -> Result<Option<i64>, StoreError> {
        self.connection
            .prepare_cached(sql::COMMIT_TIME)
            .and_then(|mut statement| statement.query_row([sequence], |row| row.get(0)).optional())
            .map_err(failed("find a commit by its time"))
    }

    fn commits(&self, side: Side, limit: usize) -> Result<Vec<CommitRow>, StoreError> {
        let (text, place) = match side {
            Side::After(place) => (sql::COMMITS_AFTER, place),
            Side::Before(place) => (sql::COMMITS_BEFORE, place),
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(text)
            .and_then(|mut statement| {
                statement.query_map([place, limit], |row| commit_row(row, self.keys))?.collect()
            })
            .map_err(failed("read the commit log"))
    }

    fn versions(&self, wanted: &[(ResourceKey, u32)]) -> Result<Vec<FoundVersion>, StoreError> {
        let found = |(key, version): &(ResourceKey, u32)| match self.version(key, *version) {
            Err(StoreError::Damaged(what)) => Ok(Err(StoreError::Damaged(what))),
            Err(error) => Err(error),
            found => Ok(found),
        };
        wanted.iter().map(found).collect()
    }
}

fn commit_row(row: &Row, keys: &Keys) -> rusqlite::Result<CommitRow> {
    Ok(CommitRow {
        sequence: row.get(0)?,
        time_ms: row.get(1)?,
        chain: row.get(2)?,
        changes: row.get(3)?,
        audit: keys.open_sealed(&Sealed::Audit, row.get_ref(4)?.as_blob()?),
    })
}
