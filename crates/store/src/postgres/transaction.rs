//! A transaction that writes a group of batches: conditions are checked, and what the batches change is gathered and sent.

use super::connection::{Call, Connection, Parameter};
use super::moment::Moment;
use super::private;
use super::readers::no_head;
use super::snapshot::PostgresSnapshot;
use super::statements as sql;
use super::working_set::{At, Logged, WorkingSet};
use crate::batch::{Committed, Precondition};
use crate::body::Body;
use crate::commit_log::{self, Chain, LoggedChange};
use crate::dictionary::Dictionary;
use crate::error::StoreError;
use crate::execute;
use crate::keys::Keys;
use crate::located::{current_version, meets};
use crate::maintain::OpenOptions;
use crate::prepare::{PreparedBatch, PreparedChange, PreparedPut};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use fhir::schema::TypeId;
use search::query::Query;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio_postgres::Row;

const CONTEXT: &str = "write";

/// Changes of a batch whose versions are kept in memory: those of a large one are hardly read soon.
const SMALL: usize = 16;

/// The end of the commit log.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub sequence: i64,
    time_ms: i64,
    pub chain: Chain,
    next_key: i64,
    pub names: i64,
    /// The process that may answer from memory; 0 for none.
    pub keeper: i64,
}

impl Head {
    /// The row of [`sql::HEAD_LOCK`].
    pub fn of(row: &Row) -> Result<Self, StoreError> {
        let chain: &[u8] = row.get(2);
        Ok(Self {
            sequence: row.get(0),
            time_ms: row.get(1),
            chain: chain.try_into().map_err(|_| StoreError::Damaged("the last commit's hash".into()))?,
            next_key: row.get(3),
            names: row.get(4),
            keeper: row.get(6),
        })
    }
}

/// A transaction.
pub(super) struct Transaction<'a, 'b> {
    connection: &'a Connection,
    dictionary: Arc<Dictionary>,
    keys: Arc<Keys>,
    options: &'a OpenOptions,
    pub head: Head,
    set: WorkingSet<'b>,
    /// What the queries of the batches to come found before anything was changed.
    ahead: Vec<Vec<ResourceKey>>,
    changed_types: HashSet<TypeId>,
    /// Internal keys of what the batches change, with the new versions that are likely to be read soon.
    pub changed: HashMap<i64, Option<Version>>,
}

impl<'a, 'b> Transaction<'a, 'b> {
    /// One that has begun, with what it looks at.
    pub fn new(
        connection: &'a Connection,
        dictionary: Arc<Dictionary>,
        keys: Arc<Keys>,
        options: &'a OpenOptions,
        head: Head,
        set: WorkingSet<'b>,
    ) -> Self {
        let (ahead, changed_types, changed) = (Vec::new(), HashSet::new(), HashMap::new());
        Self { connection, dictionary, keys, options, head, set, ahead, changed_types, changed }
    }

    /// Checks a batch, and takes it to what will be written. A refusal leaves everything as it was.
    pub fn write(&mut self, batch: &'b PreparedBatch) -> Result<Committed, StoreError> {
        self.keys.check_there(&batch.sealed_with)?;
        self.check(&batch.preconditions)?;
        for change in &batch.changes {
            meets(change, self.set.located(change.type_number, &change.id))?;
        }
        let time_ms = batch.time_ms.max(self.head.time_ms);
        let mut at = At { sequence: self.head.sequence + 1, position: 0, time_ms };
        let mut versions = Vec::with_capacity(batch.changes.len());
        let mut logged = Vec::with_capacity(batch.changes.len());
        for change in &batch.changes {
            let next_key = &mut self.head.next_key;
            let take_key = || {
                let key = change.number.unwrap_or(*next_key);
                *next_key = (*next_key).max(key + 1);
                key
            };
            let done = match &change.put {
                Some(put) => Some(self.set.put(change, put, at, take_key)?),
                None => self.set.delete(change, at),
            };
            versions.push(done.as_ref().map_or(0, |done| done.version));
            if let Some(done) = done {
                self.note(change, &done, at, batch.changes.len() <= SMALL);
                logged.push(done);
                at.position += 1;
            }
        }
        let changes = commit_log::pack_changes(&logged);
        let chain = commit_log::chain(&self.head.chain, at.sequence, time_ms, &changes, &batch.audit);
        if let Some(replayed) = batch.replayed {
            replayed.check(at.sequence, &chain)?;
        }
        let logged = Logged { sequence: at.sequence, time_ms, chain, changes, audit: &batch.sealed_audit };
        self.set.log(logged, &batch.private);
        self.set.keys(&batch.keys);
        self.head.sequence = at.sequence;
        self.head.time_ms = time_ms;
        self.head.chain = chain;
        Ok(Committed { sequence: at.sequence.cast_unsigned(), time_ms, versions })
    }

    /// Notes what a change makes, for the memory and for the conditions of later batches.
    fn note(&mut self, change: &PreparedChange, done: &LoggedChange, at: At, is_kept: bool) {
        self.changed_types.insert(change.key.type_id);
        let version = |put: &PreparedPut| Version {
            key: change.key.clone(),
            version: done.version,
            updated_ms: at.time_ms,
            body: Some(Arc::new(Body::new(Arc::clone(&put.body)))),
            is_shredded: false,
            splice: put.splice,
            place: (at.sequence.cast_unsigned(), u32::try_from(at.position).unwrap_or(u32::MAX)),
        };
        self.changed.insert(done.key, change.put.as_ref().filter(|_| is_kept).map(version));
    }

    /// Asks together for what the conditions of all batches find before anything is changed.
    pub fn look_ahead(&mut self, batches: &[&'b PreparedBatch]) -> Result<(), StoreError> {
        let queries: Vec<&Query> =
            batches.iter().flat_map(|batch| queries_of(&batch.preconditions)).collect();
        self.ahead = self.matches(&queries)?;
        Ok(())
    }

    /// Checks conditions. What was found ahead holds, unless a batch before this one changed what a query looks at.
    fn check(&mut self, preconditions: &'b [Precondition]) -> Result<(), StoreError> {
        let queries: Vec<&Query> = queries_of(preconditions).collect();
        let rest = self.ahead.split_off(queries.len().min(self.ahead.len()));
        let ahead = std::mem::replace(&mut self.ahead, rest);
        let is_changed = queries.iter().any(|query| execute::looks_at(query, &self.changed_types));
        let found = if is_changed { self.matches(&queries)? } else { ahead };
        let mut found = found.into_iter();
        for (at, precondition) in preconditions.iter().enumerate() {
            let mut matches = Vec::new();
            let holds = match precondition {
                Precondition::At(key, version) => {
                    self.check_version(key, *version)?;
                    true
                }
                Precondition::Private { space, key, content } => {
                    let snapshot = self.snapshot()?;
                    private::read(snapshot.connection, snapshot.keys, space, key)? == *content
                }
                Precondition::NoMatch(_) => {
                    matches = found.next().unwrap_or_default();
                    matches.is_empty()
                }
                Precondition::OnlyMatch(_, key) => {
                    matches = found.next().unwrap_or_default();
                    matches == *std::slice::from_ref(key)
                }
            };
            if !holds {
                return Err(StoreError::ConditionConflict { precondition: at, matches });
            }
        }
        Ok(())
    }

    /// The first matches of queries as of now.
    fn matches(&mut self, queries: &[&Query]) -> Result<Vec<Vec<ResourceKey>>, StoreError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let options = self.options;
        let snapshot = self.snapshot()?;
        execute::first_two_of_each(&snapshot, queries, &*options.ports, &options.limits)
    }

    fn check_version(&self, key: &ResourceKey, version: u32) -> Result<(), StoreError> {
        let type_number = self.dictionary.type_number(key.type_id);
        let current = current_version(self.set.located(type_number, &StoredId::new(&key.id)));
        if current == version {
            Ok(())
        } else {
            Err(StoreError::VersionConflict { key: key.clone(), current })
        }
    }

    /// What a condition sees: the batches before it in the group are written first.
    fn snapshot(&mut self) -> Result<PostgresSnapshot<'_>, StoreError> {
        let statements = if self.set.is_changed() { self.set.statements() } else { Vec::new() };
        let mut calls: Vec<Call> = statements.iter().map(|statement| statement.call()).collect();
        calls.push(Call::new(sql::MOMENT, []));
        let answers = self.connection.pipeline(CONTEXT, &calls)?;
        drop(calls);
        drop(statements);
        self.set.written();
        let row = answers.last().and_then(|rows| rows.first()).ok_or_else(no_head)?;
        let mut moment = Moment::of(row, Arc::clone(&self.dictionary));
        moment.sequence = self.head.sequence;
        Ok(PostgresSnapshot::new(self.connection, &self.keys, moment, None))
    }

    /// Writes what is not yet written, and the head, and commits.
    pub fn commit(self) -> Result<(), StoreError> {
        let statements = self.set.statements();
        let mut calls: Vec<Call> = statements.iter().map(|statement| statement.call()).collect();
        let chain = self.head.chain.as_slice();
        let head: [Parameter; 4] = [&self.head.sequence, &self.head.time_ms, &chain, &self.head.next_key];
        calls.push(Call::new(sql::HEAD_SET, head));
        self.connection.commit(CONTEXT, calls)
    }
}

/// The queries among conditions.
fn queries_of(preconditions: &[Precondition]) -> impl Iterator<Item = &Query> {
    preconditions.iter().filter_map(|precondition| match precondition {
        Precondition::NoMatch(query) | Precondition::OnlyMatch(query, _) => Some(query),
        Precondition::At(..) | Precondition::Private { .. } => None,
    })
}
