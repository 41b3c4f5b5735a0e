//! Current documents that were read lately, in memory: a chart is opened many times in a visit.
//!
//! A read never sees another moment than its transaction does. The rules that make it so:
//!
//! - A read knows a commit that its transaction sees, and that the cache has followed: on SQLite the last one that was
//!   acknowledged before it began ([`Cache::seen`]), on PostgreSQL the last one in its transaction.
//! - Before the cache follows a commit, the documents that the commit changed are taken out ([`Cache::forget`]), and it is
//!   noted with their shards: a read that began before may not put an older version back ([`Cache::keep`]).
//! - A read takes only what was written up to the commit that it knows.
//!
//! So a document in the cache is the current one for every read that may take it. What is not there is read from the
//! database.

use crate::stored_id::StoredId;
use crate::version::Version;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts with a lock each.
const SHARDS: usize = 16;

/// What a document takes besides its text, in bytes; its tree takes about twice its text.
const OVERHEAD_BYTES: usize = 512;

/// Names kept for each document that has room.
const NAME_BYTES: usize = 128;

/// The cache of one store.
pub(crate) struct Cache {
    /// The last commit that it follows.
    committed: AtomicU64,
    documents: Vec<Mutex<Documents>>,
    /// Internal keys by type and id. A resource keeps its key for ever, so these are never wrong.
    names: Vec<Mutex<Generations<(i64, StoredId), i64>>>,
    hasher: RandomState,
}

struct Documents {
    /// The last commit that changed a document of this shard.
    changed: u64,
    current: Generations<i64, Version>,
}

impl Cache {
    /// An empty cache of about so many bytes, after a commit.
    pub fn new(bytes: usize, committed: u64) -> Self {
        let share = bytes / SHARDS;
        let documents = || Documents { changed: committed, current: Generations::new(share) };
        Self {
            committed: AtomicU64::new(committed),
            documents: (0..SHARDS).map(|_| Mutex::new(documents())).collect(),
            names: (0..SHARDS).map(|_| Mutex::new(Generations::new(share / 8))).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The last commit that it follows.
    pub fn seen(&self) -> u64 {
        self.committed.load(Ordering::Acquire)
    }

    /// A current document by its internal key.
    pub fn document(&self, key: i64, seen: u64) -> Option<Version> {
        let found = self.documents(key).current.get(&key)?;
        (found.place.0 <= seen).then_some(found)
    }

    /// A current document by its name.
    pub fn named(&self, type_number: i64, id: &StoredId, seen: u64) -> Option<Version> {
        let name = (type_number, id.clone());
        let key = self.names(&name).get(&name)?;
        self.document(key, seen)
    }

    /// Keeps a document that a read found to be current.
    pub fn keep(&self, key: i64, type_number: i64, id: &StoredId, version: &Version, seen: u64) {
        let length = version.body.as_ref().map_or(0, |body| body.len());
        let mut documents = self.documents(key);
        if seen < documents.changed {
            return;
        }
        documents.current.insert(key, version.clone(), length.saturating_mul(3) + OVERHEAD_BYTES);
        drop(documents);
        let name = (type_number, id.clone());
        self.names(&name).insert(name.clone(), key, NAME_BYTES);
    }

    /// Takes out what a commit changes.
    pub fn forget(&self, keys: &[i64], commit: u64) {
        for key in keys {
            let mut documents = self.documents(*key);
            documents.changed = documents.changed.max(commit);
            documents.current.remove(key);
        }
    }

    /// Follows a commit that is done, and all before it: what they changed was taken out.
    pub fn committed(&self, commit: u64) {
        self.committed.store(commit, Ordering::Release);
    }

    fn documents(&self, key: i64) -> MutexGuard<'_, Documents> {
        lock(&self.documents[self.shard(&key)])
    }

    fn names(&self, name: &(i64, StoredId)) -> MutexGuard<'_, Generations<(i64, StoredId), i64>> {
        lock(&self.names[self.shard(name)])
    }

    fn shard(&self, of: &impl Hash) -> usize {
        usize::try_from(self.hasher.hash_one(of) % SHARDS as u64).unwrap_or_default()
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    // A fault while it was held may have left it half changed only in what it keeps, never in what that says.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was used lately: when the young are too many, the old are dropped and the young become old.
struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    young_bytes: usize,
    limit_bytes: usize,
}

impl<K: Hash + Eq, V: Clone> Generations<K, V> {
    fn new(limit_bytes: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), young_bytes: 0, limit_bytes }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        if let Some((value, _)) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, bytes)) = self.old.remove_entry(key)?;
        self.insert(key, value.clone(), bytes);
        Some(value)
    }

    fn insert(&mut self, key: K, value: V, bytes: usize) {
        if bytes > self.limit_bytes / 4 {
            return;
        }
        if self.young_bytes + bytes > self.limit_bytes / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        if let Some((_, replaced)) = self.young.insert(key, (value, bytes)) {
            self.young_bytes -= replaced;
        }
    }

    fn remove(&mut self, key: &K) {
        if let Some((_, bytes)) = self.young.remove(key) {
            self.young_bytes -= bytes;
        }
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;
    use crate::version::{ResourceKey, Splice};
    use std::sync::Arc;

    fn version(sequence: u64) -> Version {
        let patient = fhir::schema::schema().resource_named("Patient").unwrap();
        Version {
            key: ResourceKey::new(patient, "p"),
            version: 1,
            updated_ms: 0,
            body: Some(Arc::new(Body::new("{}"))),
            is_shredded: false,
            splice: Splice::default(),
            place: (sequence, 0),
        }
    }

    fn id() -> StoredId {
        StoredId::new("p")
    }

    #[test]
    fn a_document_is_found_by_key_and_by_name() {
        let cache = Cache::new(1 << 20, 5);
        cache.keep(7, 1, &id(), &version(5), 5);
        assert_eq!(cache.document(7, 5), Some(version(5)));
        assert_eq!(cache.named(1, &id(), 5), Some(version(5)));
        assert_eq!(cache.named(2, &id(), 5), None);
    }

    #[test]
    fn a_read_that_began_before_a_commit_keeps_nothing_older() {
        let cache = Cache::new(1 << 20, 5);
        let seen = cache.seen();
        cache.keep(7, 1, &id(), &version(5), seen);
        cache.forget(&[7], 6);
        assert_eq!(cache.document(7, seen), None);
        cache.keep(7, 1, &id(), &version(5), seen);
        cache.committed(6);
        assert_eq!(cache.document(7, cache.seen()), None);
    }

    #[test]
    fn a_read_that_began_before_a_commit_does_not_take_what_it_wrote() {
        let cache = Cache::new(1 << 20, 5);
        let early = cache.seen();
        cache.forget(&[7], 6);
        cache.committed(6);
        cache.keep(7, 1, &id(), &version(6), cache.seen());
        assert_eq!(cache.document(7, early), None);
        assert_eq!(cache.document(7, cache.seen()), Some(version(6)));
    }

    #[test]
    fn the_oldest_go_when_there_are_many() {
        let mut generations = Generations::new(100);
        for key in 0..50 {
            generations.insert(key, key, 10);
            assert!(generations.young.len() + generations.old.len() <= 10);
            assert_eq!(generations.get(&key), Some(key));
        }
        assert_eq!(generations.get(&0), None);
        generations.insert(99, 99, 26);
        assert_eq!(generations.get(&99), None, "one that is large leaves the others their room");
        generations.remove(&49);
        assert_eq!(generations.get(&49), None);
    }
}
