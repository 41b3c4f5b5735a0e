//! What a process has in memory of a database that others may write too: the documents it read lately.
//!
//! The cache's rules are kept by following the commit log: before a read of a moment takes anything, what was changed up to
//! its last commit was taken out. Of this process's own commits the writer tells; those of others are read from the log.
//! So what a read takes is right at its moment, and which moment that is the transaction says, or a [`Lease`].

use super::connection::Connection;
use super::keeper::Lease;
use super::statements as sql;
use crate::cache::Cache;
use crate::commit_log::unpack_changes;
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::stored_id::StoredId;
use crate::version::Version;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Commits of others that are followed one by one; behind more of them the cache begins anew.
const FOLLOWED_COMMITS: i64 = 1_000;

/// The documents, and whether they are known to be the newest.
pub(super) struct Memory {
    cache: RwLock<Arc<Cache>>,
    bytes: usize,
    /// Held by who takes out what commits changed.
    turn: Mutex<()>,
    /// Held while no other process writes.
    pub lease: Lease,
}

impl Memory {
    /// An empty one of about so many bytes.
    pub fn new(bytes: usize) -> Self {
        let cache = RwLock::new(Arc::new(Cache::new(bytes, 0)));
        Self { cache, bytes, turn: Mutex::default(), lease: Lease::default() }
    }

    /// The cache, right for a moment that a connection sees.
    pub fn at(&self, connection: &Connection, sequence: i64) -> Result<Arc<Cache>, StoreError> {
        let cache = self.cache();
        let from = position(&cache);
        if from >= sequence {
            return Ok(cache);
        }
        let is_near = sequence - from <= FOLLOWED_COMMITS;
        // Not in turn: a connection that hangs must not keep the writer from its answers.
        let commits = match is_near {
            true => connection.query("follow the commits", sql::CHANGES_BETWEEN, &[&from, &sequence])?,
            false => Vec::new(),
        };
        let _turn = self.turn();
        let cache = self.cache();
        let position = position(&cache);
        if position >= sequence {
            return Ok(cache);
        }
        if !is_near || position < from {
            return Ok(self.begin_anew(sequence));
        }
        for row in &commits {
            let commit: i64 = row.get(0);
            let keys: Vec<i64> = unpack_changes(row.get(1))?.iter().map(|change| change.key).collect();
            cache.forget(&keys, commit.cast_unsigned());
        }
        cache.committed(sequence.cast_unsigned());
        Ok(cache)
    }

    /// Follows this process's own commits behind `from`, before they are acknowledged: what they changed, by internal key,
    /// with the new versions that are to be kept.
    pub fn wrote(&self, from: i64, to: i64, changed: HashMap<i64, Option<Version>>, dictionary: &Dictionary) {
        let _turn = self.turn();
        let cache = self.cache();
        // Where others' commits lie in between, or a read was quicker, the log tells.
        if !(from..to).contains(&position(&cache)) {
            return;
        }
        let keys: Vec<i64> = changed.keys().copied().collect();
        let to = to.cast_unsigned();
        cache.forget(&keys, to);
        cache.committed(to);
        for (key, version) in changed {
            if let Some(version) = version {
                let type_number = dictionary.type_number(version.key.type_id);
                cache.keep(key, type_number, &StoredId::new(&version.key.id), &version, to);
            }
        }
    }

    /// The cache with the last commit there is, as long as that is known without asking.
    pub fn newest(&self) -> Option<(Arc<Cache>, i64)> {
        let cache = self.cache();
        let sequence = position(&cache);
        (sequence > 0 && self.lease.holds()).then_some((cache, sequence))
    }

    /// Begins anew when the database went away: what comes back may be a copy that lacks the last commits.
    pub fn lose(&self) {
        self.lease.end();
        let _turn = self.turn();
        self.begin_anew(0);
    }

    /// The cache as it is: to keep what a read found.
    pub fn cache(&self) -> Arc<Cache> {
        Arc::clone(&self.cache.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who still reads with the old one keeps there what nobody takes.
    fn begin_anew(&self, sequence: i64) -> Arc<Cache> {
        let cache = Arc::new(Cache::new(self.bytes, sequence.cast_unsigned()));
        *self.cache.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&cache);
        cache
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn position(cache: &Cache) -> i64 {
    cache.seen().cast_signed()
}
