//! The naive model: everything in lists, every search a look at every resource. It shares no index with the
//! other backends, so that what they answer can be compared with what is right.

use crate::BlobStore;
use crate::batch::{Action, Batch, Change, Committed, Expect, Precondition};
use crate::blob::MemoryBlobs;
use crate::body::Body;
use crate::error::StoreError;
use crate::execute::{Links, Source, answer, found};
use crate::newest_commit::NewestCommit;
use crate::snapshot::Position;
use crate::version::{ResourceKey, Splice, Version};
use crate::{CommitRecord, HistoryPage, HistoryScope, Hits, ReadPlace, Store};
use fhir::schema::TypeId;
use search::query::{Clause, Query};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// A store in memory.
pub struct MemoryStore {
    state: RwLock<State>,
    blobs: MemoryBlobs,
    newest: NewestCommit,
    ports: Arc<dyn search::Ports>,
}

#[derive(Clone, Default)]
struct State {
    /// Every version ever, in commit order.
    versions: Vec<Version>,
    commits: Vec<CommitRecord>,
    /// The principal date of each version in `versions`.
    recencies: Vec<i64>,
    /// Resources in the order of their first version: the place, from 1, is the internal key.
    keys: Vec<ResourceKey>,
    /// The newest version of each resource, by its place in `versions`.
    newest: HashMap<ResourceKey, usize>,
    private: BTreeMap<(String, String), Vec<u8>>,
    reads: Vec<Vec<u8>>,
}

impl MemoryStore {
    /// An empty store. `ports` serve the conditions of writes.
    pub fn new(ports: Arc<dyn search::Ports>) -> Self {
        let (blobs, newest) = (MemoryBlobs::default(), NewestCommit::default());
        Self { state: RwLock::default(), blobs, newest, ports }
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of the log of reads.
    pub fn reads(&self) -> Vec<Vec<u8>> {
        self.state().reads.clone()
    }
}

impl State {
    fn newest(&self, key: &ResourceKey) -> Option<&Version> {
        self.newest.get(key).map(|at| &self.versions[*at])
    }

    fn current_version(&self, key: &ResourceKey) -> u32 {
        self.newest(key).filter(|version| !version.is_deleted()).map_or(0, |version| version.version)
    }

    /// All current resources with their places.
    fn current(&self) -> impl Iterator<Item = (Position, &Version)> {
        self.keys.iter().zip(1i64..).filter_map(|(key, number)| {
            let at = *self.newest.get(key)?;
            let version = &self.versions[at];
            let position = Position { recency: self.recencies[at], key: number };
            (!version.is_deleted()).then_some((position, version))
        })
    }

    fn search(&self, query: &Query, ports: &dyn search::Ports) -> Result<Hits, StoreError> {
        let links = Links::new(self, ports);
        let mut matches = Vec::new();
        for (position, version) in self.current() {
            let is_of_type = query.types.is_empty() || query.types.contains(&version.key.type_id);
            if is_of_type && links.matches(&query.clauses, version)? {
                matches.push(found(query, position, version.clone(), ports)?);
            }
        }
        answer(query, matches)
    }

    fn check(&self, batch: &Batch, ports: &dyn search::Ports) -> Result<(), StoreError> {
        for (precondition, what) in batch.preconditions.iter().enumerate() {
            let (query, wanted) = match what {
                Precondition::NoMatch(query) => (query, None),
                Precondition::OnlyMatch(query, key) => (query, Some(key)),
                Precondition::At(key, version) => {
                    let current = self.current_version(key);
                    if current != *version {
                        return Err(StoreError::VersionConflict { key: key.clone(), current });
                    }
                    continue;
                }
                Precondition::Private { space, key, content } => {
                    if self.private.get(&(space.clone(), key.clone())) != content.as_ref() {
                        return Err(StoreError::ConditionConflict { precondition, matches: Vec::new() });
                    }
                    continue;
                }
            };
            let query = Query { count: 2, sort: Vec::new(), cursor: None, ..query.clone() };
            let matches: Vec<ResourceKey> =
                self.search(&query, ports)?.matches.into_iter().map(|version| version.key).collect();
            if matches.iter().ne(wanted) {
                return Err(StoreError::ConditionConflict { precondition, matches });
            }
        }
        batch.changes.iter().try_for_each(|change| self.check_change(change))
    }

    fn check_change(&self, change: &Change) -> Result<(), StoreError> {
        let current = self.current_version(&change.key);
        let holds = match change.expect {
            Expect::Any => true,
            Expect::Absent => current == 0,
            Expect::Version(version) => current == version,
        };
        if holds { Ok(()) } else { Err(StoreError::VersionConflict { key: change.key.clone(), current }) }
    }

    fn apply(&mut self, batch: Batch) -> Committed {
        let time_ms = self.commits.last().map_or(batch.time_ms, |last| last.time_ms.max(batch.time_ms));
        let sequence = self.commits.len() as u64 + 1;
        let mut made = Vec::new();
        let mut versions = Vec::new();
        for change in batch.changes {
            let place = (sequence, u32::try_from(made.len()).unwrap_or(u32::MAX));
            let version = self.apply_change(&change, time_ms, place);
            if version > 0 {
                made.push((change.key, version));
            }
            versions.push(version);
        }
        for change in batch.private {
            let name = (change.space, change.key);
            match change.content {
                Some(content) => self.private.insert(name, content),
                None => self.private.remove(&name),
            };
        }
        self.commits.push(CommitRecord { sequence, time_ms, changes: made, audit: batch.audit });
        Committed { sequence, time_ms, versions }
    }

    fn apply_change(&mut self, change: &Change, time_ms: i64, place: (u64, u32)) -> u32 {
        let newest = self.newest(&change.key);
        let version = newest.map_or(0, |newest| newest.version) + 1;
        let is_live = newest.is_some_and(|newest| !newest.is_deleted());
        let (body, splice, recency) = match &change.action {
            Action::Delete if !is_live => return 0,
            Action::Delete => (None, Splice::default(), 0),
            Action::Put { body, splice, rows } => {
                (Some(Arc::new(Body::new(Arc::clone(body)))), *splice, rows.recency_ms.unwrap_or(time_ms))
            }
        };
        if newest.is_none() {
            self.keys.push(change.key.clone());
        }
        let key = change.key.clone();
        self.newest.insert(key.clone(), self.versions.len());
        self.versions.push(Version {
            key,
            version,
            updated_ms: time_ms,
            body,
            is_shredded: false,
            splice,
            place,
        });
        self.recencies.push(recency);
        version
    }
}

impl Source for &State {
    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError> {
        let newest = self.newest(&ResourceKey::new(type_id, id));
        Ok(newest.filter(|version| !version.is_deleted()).cloned())
    }

    fn referring(
        &self,
        source: TypeId,
        _: &'static str,
        _: (TypeId, &str),
        _: &Clause,
        each: &mut dyn FnMut(Version) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        for (_, version) in self.current().filter(|(_, version)| version.key.type_id == source) {
            if !each(version.clone())? {
                break;
            }
        }
        Ok(())
    }
}

impl Store for MemoryStore {
    fn read(&self, key: &ResourceKey) -> Result<Option<Version>, StoreError> {
        Ok(self.state().newest(key).cloned())
    }

    fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        let state = self.state();
        Ok(state.versions.iter().find(|one| one.key == *key && one.version == version).cloned())
    }

    fn history(&self, scope: &HistoryScope, page: &HistoryPage) -> Result<Vec<Version>, StoreError> {
        let is_in = |version: &Version| match scope {
            HistoryScope::Resource(key) => version.key == *key,
            HistoryScope::Type(type_id) => version.key.type_id == *type_id,
            HistoryScope::System => true,
        };
        let is_on = |version: &Version| {
            page.since_ms.is_none_or(|since| version.updated_ms >= since)
                && page.until_ms.is_none_or(|until| version.updated_ms <= until)
                && page.before.is_none_or(|before| version.place < before)
        };
        let state = self.state();
        let versions = state.versions.iter().rev().filter(|version| is_in(version) && is_on(version));
        Ok(versions.take(page.count).cloned().collect())
    }

    fn search(&self, query: &Query, ports: &dyn search::Ports) -> Result<Hits, StoreError> {
        self.state().search(query, ports)
    }

    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.check(&batch, &*self.ports)?;
        let committed = state.apply(batch);
        self.newest.set(committed.sequence);
        Ok(committed)
    }

    fn wait_for_commit(&self, after: u64, patience: Duration) -> Result<u64, StoreError> {
        Ok(self.newest.wait(after, patience))
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        let mut records: Vec<CommitRecord> = Vec::new();
        let mut total = 0;
        for record in self.state().commits.iter().filter(|record| record.sequence > after) {
            total += record.changes.len().max(1);
            if total > limit && !records.is_empty() {
                break;
            }
            records.push(record.clone());
            if total >= limit {
                break;
            }
        }
        Ok(records)
    }

    fn wake(&self) {
        self.newest.wake();
    }

    fn commits_before(&self, before: u64, limit: usize) -> Result<Vec<CommitRecord>, StoreError> {
        let state = self.state();
        let earlier = state.commits.iter().rev().filter(|record| record.sequence < before);
        Ok(earlier.take(limit).cloned().collect())
    }

    fn reads_before(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError> {
        let state = self.state();
        let rows = (0..).zip(&state.reads).map(|(offset, row)| (ReadPlace { file: 1, offset }, row.clone()));
        let mut rows: Vec<_> = rows.filter(|(place, _)| *place < before).collect();
        rows.reverse();
        rows.truncate(limit);
        Ok(rows)
    }

    fn log_read(&self, row: &[u8]) -> Result<(), StoreError> {
        self.state.write().unwrap_or_else(PoisonError::into_inner).reads.push(row.to_vec());
        Ok(())
    }

    fn blobs(&self) -> &dyn BlobStore {
        &self.blobs
    }

    fn read_private(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().private.get(&(space.to_owned(), key.to_owned())).cloned())
    }

    fn list_private(&self, space: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let state = self.state();
        let of_space = state.private.iter().filter(|((of, _), _)| of == space);
        Ok(of_space.map(|((_, key), content)| (key.clone(), content.clone())).collect())
    }
}
