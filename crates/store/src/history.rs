//! History, the change feed and the commit stream, over the commit log of a backend.

use crate::commit_log::{Chain, LoggedChange, unpack_changes};
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::version::{ResourceKey, Version};
use crate::whole_commit::{WholeChange, WholeCommit};
use crate::{CommitRecord, HistoryPage};
use fhir::schema::TypeId;

/// Commits looked at together.
const STEP: usize = 256;

/// A row of the commit log.
pub(crate) struct CommitRow {
    pub sequence: i64,
    pub time_ms: i64,
    pub chain: Chain,
    /// Packed: see [`unpack_changes`].
    pub changes: Vec<u8>,
    /// Opened; an error when what is stored of it is damaged.
    pub audit: Result<Vec<u8>, StoreError>,
}

/// Which rows of the commit log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// Behind a place, oldest first.
    After(i64),
    /// Before a place, newest first.
    Before(i64),
}

/// A version that was asked for: `None` when there is none, an error when what is stored of it is damaged.
pub(crate) type FoundVersion = Result<Option<Version>, StoreError>;

/// The commit log at one moment, and the versions that it names.
pub(crate) trait Commits {
    /// Names for the log's numbers.
    fn dictionary(&self) -> &Dictionary;

    /// The last commit; 0 when there is none.
    fn last_commit(&self) -> Result<i64, StoreError>;

    /// When a commit was made; `None` when there is no such commit.
    fn commit_time(&self, sequence: i64) -> Result<Option<i64>, StoreError>;

    /// Rows on a side of a place, the nearest first, at most `limit`.
    fn commits(&self, side: Side, limit: usize) -> Result<Vec<CommitRow>, StoreError>;

    /// Versions by name and number.
    fn versions(&self, wanted: &[(ResourceKey, u32)]) -> Result<Vec<FoundVersion>, StoreError>;
}

/// A place in commit order.
pub(crate) fn before_of(page: &HistoryPage) -> (i64, i64) {
    let (sequence, position) = page.before.unwrap_or((u64::MAX, u32::MAX));
    (i64::try_from(sequence).unwrap_or(i64::MAX), i64::from(position))
}

/// Whether a page of history may show a version.
pub(crate) fn is_on(page: &HistoryPage, version: &Version) -> bool {
    page.since_ms.is_none_or(|since| version.updated_ms >= since)
        && page.until_ms.is_none_or(|until| version.updated_ms <= until)
        && page.before.is_none_or(|before| version.place < before)
}

/// The history of a type, or of everything.
pub(crate) fn wide_history(
    source: &impl Commits,
    type_id: Option<TypeId>,
    page: &HistoryPage,
) -> Result<Vec<Version>, StoreError> {
    let wanted = type_id.map(|type_id| source.dictionary().type_number(type_id));
    let before = before_of(page);
    let mut next = before.0.min(last_commit_until(source, page.until_ms)?).saturating_add(1);
    let mut versions = Vec::new();
    // Most pages end within few commits.
    let mut step = page.count.clamp(1, STEP);
    while versions.len() < page.count {
        let rows = source.commits(Side::Before(next), step)?;
        let is_last = rows.len() < step;
        let mut named = Vec::new();
        let mut is_over = is_last;
        for row in &rows {
            next = row.sequence;
            if page.since_ms.is_some_and(|since| row.time_ms < since) {
                is_over = true;
                break;
            }
            let changes = unpack_changes(&row.changes)?;
            let numbered: Vec<_> = (0i64..).zip(changes).collect();
            let places = numbered.into_iter().rev();
            named.extend(
                places
                    .filter(|(position, change)| {
                        wanted.is_none_or(|wanted| wanted == change.type_number)
                            && (row.sequence, *position) < before
                    })
                    .map(|(_, change)| change),
            );
            if versions.len() + named.len() >= page.count {
                break;
            }
        }
        named.truncate(page.count - versions.len());
        versions.extend(logged(source, &named)?);
        if is_over {
            break;
        }
        step = (step * 2).min(STEP);
    }
    Ok(versions)
}

/// The versions that commits made.
fn logged(source: &impl Commits, changes: &[LoggedChange]) -> Result<Vec<Version>, StoreError> {
    let mut wanted = Vec::with_capacity(changes.len());
    for change in changes {
        let type_id = source.dictionary().type_of(change.type_number)?;
        wanted.push((ResourceKey::new(type_id, change.id.text()), change.version));
    }
    let found = source.versions(&wanted)?;
    let missing = |key: &ResourceKey| {
        StoreError::Damaged(format!("{key} is in the commit log but not in the directory"))
    };
    wanted.iter().zip(found).map(|((key, _), found)| found?.ok_or_else(|| missing(key))).collect()
}

/// The last commit at or before a time: times never go back, so it is found by halving.
fn last_commit_until(source: &impl Commits, until_ms: Option<i64>) -> Result<i64, StoreError> {
    let (mut low, mut high) = (0, source.last_commit()?);
    let Some(until) = until_ms else { return Ok(high) };
    while low < high {
        let middle = low + (high - low + 1) / 2;
        let missing = || StoreError::Damaged(format!("commit {middle} is missing"));
        let time = source.commit_time(middle)?.ok_or_else(missing)?;
        if time <= until { low = middle } else { high = middle - 1 }
    }
    Ok(low)
}

/// The commits behind a cursor, at most `limit` changes, but whole commits.
pub(crate) fn changes(
    source: &impl Commits,
    after: u64,
    limit: usize,
) -> Result<Vec<CommitRecord>, StoreError> {
    let mut records: Vec<CommitRecord> = Vec::new();
    each_commit(source, after, limit, |row, _| {
        records.push(record(source, row)?);
        Ok(())
    })?;
    Ok(records)
}

/// The commits before a place in commit order, newest first.
pub(crate) fn commits_before(
    source: &impl Commits,
    before: u64,
    limit: usize,
) -> Result<Vec<CommitRecord>, StoreError> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    source.commits(Side::Before(before), limit)?.into_iter().map(|row| record(source, row)).collect()
}

/// The commits behind a cursor with the versions that they made, at most `limit` changes, but whole commits.
pub(crate) fn whole_commits(
    source: &impl Commits,
    after: u64,
    limit: usize,
) -> Result<Vec<WholeCommit>, StoreError> {
    let mut commits = Vec::new();
    each_commit(source, after, limit, |row, changes| {
        let versions = logged(source, &changes)?;
        if versions.iter().any(|version| version.is_shredded) {
            return Err(StoreError::Shredded);
        }
        let change = |(change, version): (LoggedChange, Version)| WholeChange {
            key: version.key,
            number: change.key,
            version: version.version,
            body: version.body,
            splice: version.splice,
        };
        commits.push(WholeCommit {
            sequence: row.sequence.cast_unsigned(),
            time_ms: row.time_ms,
            changes: changes.into_iter().zip(versions).map(change).collect(),
            audit: row.audit?,
            chain: row.chain,
        });
        Ok(())
    })?;
    Ok(commits)
}

fn each_commit(
    source: &impl Commits,
    after: u64,
    limit: usize,
    mut each: impl FnMut(CommitRow, Vec<LoggedChange>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = i64::try_from(after).unwrap_or(i64::MAX);
    let (mut total, mut is_first) = (0, true);
    loop {
        let step = limit.clamp(1, STEP);
        let rows = source.commits(Side::After(after), step)?;
        let is_last = rows.len() < step;
        for row in rows {
            after = row.sequence;
            let changes = unpack_changes(&row.changes)?;
            total += changes.len().max(1);
            if total > limit && !is_first {
                return Ok(());
            }
            each(row, changes)?;
            is_first = false;
            if total >= limit {
                return Ok(());
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

fn record(source: &impl Commits, row: CommitRow) -> Result<CommitRecord, StoreError> {
    let mut changes = Vec::new();
    for change in unpack_changes(&row.changes)? {
        let type_id = source.dictionary().type_of(change.type_number)?;
        changes.push((ResourceKey::new(type_id, change.id.text()), change.version));
    }
    let sequence = row.sequence.cast_unsigned();
    Ok(CommitRecord { sequence, time_ms: row.time_ms, changes, audit: row.audit? })
}
