//! The writer's desk: a transaction over a group of batches, alone among all processes.
//!
//! It begins by locking the one row of `head`. Whoever holds it sees all commits before, so that conditions are checked and
//! sequence, time, hashes and internal keys follow each other as if there were one writer.

use super::connection::{Call, Connection, Parameter};
use super::names;
use super::private;
use super::snapshot::{PostgresSnapshot, located, ordinal};
use super::statements as sql;
use super::working_set::{At, Logged, WorkingSet};
use crate::batch::{Committed, Precondition};
use crate::commit_log::{self, Chain};
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::error::StoreError;
use crate::execute;
use crate::located::{current_version, meets};
use crate::maintain::OpenOptions;
use crate::prepare::PreparedBatch;
use crate::stored_id::StoredId;
use crate::version::ResourceKey;
use crate::writer::Desk;
use search::rows::INDEX_VERSION;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::{Config, Row};

/// How long the outcome of a commit is looked for when its answer was lost.
const OUTCOME_WAIT: Duration = Duration::from_secs(10);

/// How long to wait before a connection is tried again.
const CONNECT_PAUSE: Duration = Duration::from_millis(200);

const CONTEXT: &str = "write";

/// What the writer's thread owns.
pub(super) struct PostgresDesk {
    config: Config,
    connection: Option<Connection>,
    dictionary: Arc<SharedDictionary>,
    options: OpenOptions,
}

/// The end of the commit log.
#[derive(Clone, Debug)]
struct Head {
    sequence: i64,
    time_ms: i64,
    chain: Chain,
    next_key: i64,
    names: i64,
    is_index_current: bool,
}

impl PostgresDesk {
    /// A desk with its connection.
    pub fn new(
        config: Config,
        connection: Connection,
        dictionary: Arc<SharedDictionary>,
        options: OpenOptions,
    ) -> Self {
        Self { config, connection: Some(connection), dictionary, options }
    }

    /// Does something in a transaction of its own that holds the head.
    pub fn transact<T>(
        &mut self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connected()?;
        let done = connection
            .begin(CONTEXT, "BEGIN", &[Call::new(sql::HEAD_LOCK, [])])
            .and_then(|_| act(connection))
            .and_then(|done| connection.commit(CONTEXT, Vec::new()).map(|()| done));
        if done.is_err() {
            self.give_up();
        }
        done
    }

    /// The connection, made anew when the last one was lost.
    fn connected(&mut self) -> Result<&Connection, StoreError> {
        let connection = match self.connection.take().filter(|connection| !connection.is_lost()) {
            Some(connection) => connection,
            None => Connection::open(&self.config)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Begins a transaction, with the head and where the batches' resources are.
    fn begin<'b>(&mut self, set: &mut WorkingSet<'b>) -> Result<Head, StoreError> {
        let (types, ids) = set.wanted();
        let calls =
            [Call::new(sql::HEAD_LOCK, []), Call::new(sql::LOCATE, [&types as Parameter, &ids as Parameter])];
        let begun = match self.connected()?.begin(CONTEXT, "BEGIN", &calls) {
            // One that was lost between two transactions.
            Err(StoreError::Unavailable { .. }) => self.connected()?.begin(CONTEXT, "BEGIN", &calls)?,
            begun => begun?,
        };
        for row in &begun[1] {
            set.found(ordinal(row), located(row, 1)?, row.get(6))?;
        }
        begun[0].first().ok_or_else(no_head).and_then(head)
    }

    /// Whether a commit whose answer was lost was done: its hash tells it from all others. Waits for the transaction to
    /// be over, and for a database that is away to come back.
    fn was_committed(&mut self, sequence: i64, chain: &Chain) -> Result<bool, StoreError> {
        let deadline = Instant::now() + OUTCOME_WAIT;
        loop {
            let found =
                self.transact(|connection| connection.query(CONTEXT, sql::COMMIT_CHAIN, &[&sequence]));
            match found {
                Ok(rows) => return Ok(rows.first().is_some_and(|row| row.get::<_, &[u8]>(0) == chain)),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => std::thread::sleep(CONNECT_PAUSE),
            }
        }
    }
}

impl Desk for PostgresDesk {
    fn write(
        &mut self,
        batches: &[&PreparedBatch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let mut set = WorkingSet::default();
        let known = self.dictionary.now();
        for batch in batches {
            batch.changes.iter().for_each(|change| set.want(change.type_number, &change.id));
            for precondition in &batch.preconditions {
                if let Precondition::At(key, _) = precondition {
                    set.want(known.type_number(key.type_id), &StoredId::new(&key.id));
                }
            }
        }
        let head = self.begin(&mut set)?;
        let head_before = head.sequence;
        let connection = self.connection.as_ref().ok_or_else(no_head)?;
        let dictionary = names::of(connection, &self.dictionary, head.names)?;
        let mut work = Work { connection, dictionary, options: &self.options, head, set };
        let mut results = Vec::with_capacity(batches.len());
        for batch in batches {
            match work.batch(batch) {
                Err(error) if !error.is_refusal() => return Err(error),
                result => results.push(result),
            }
        }
        let (sequence, chain) = (work.head.sequence, work.head.chain);
        if sequence == head_before {
            connection.roll_back()?;
            return Ok(results);
        }
        match work.commit() {
            Err(StoreError::Unavailable { context, reason }) => {
                if !self.was_committed(sequence, &chain)? {
                    return Err(StoreError::Unavailable { context, reason });
                }
            }
            done => done?,
        }
        Ok(results)
    }

    fn give_up(&mut self) {
        // One that does not come to rest is closed, and the server takes its transaction back.
        self.connection = self.connection.take().filter(|connection| connection.roll_back().is_ok());
    }

    fn tidy(&mut self) {}

    fn close(&mut self) {
        self.connection = None;
    }
}

/// A transaction.
struct Work<'a, 'b> {
    connection: &'a Connection,
    dictionary: Arc<Dictionary>,
    options: &'a OpenOptions,
    head: Head,
    set: WorkingSet<'b>,
}

impl<'b> Work<'_, 'b> {
    /// Checks a batch, and takes it to what will be written. A refusal leaves everything as it was.
    fn batch(&mut self, batch: &'b PreparedBatch) -> Result<Committed, StoreError> {
        for (at, precondition) in batch.preconditions.iter().enumerate() {
            self.check(at, precondition)?;
        }
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
                logged.push(done);
                at.position += 1;
            }
        }
        let changes = commit_log::pack_changes(&logged);
        let chain = commit_log::chain(&self.head.chain, at.sequence, time_ms, &changes, &batch.audit);
        if let Some(replayed) = batch.replayed {
            replayed.check(at.sequence, &chain)?;
        }
        let logged = Logged { sequence: at.sequence, time_ms, chain, changes, audit: &batch.audit };
        self.set.log(logged, &batch.private);
        self.head.sequence = at.sequence;
        self.head.time_ms = time_ms;
        self.head.chain = chain;
        Ok(Committed { sequence: at.sequence.cast_unsigned(), time_ms, versions })
    }

    fn check(&mut self, at: usize, precondition: &Precondition) -> Result<(), StoreError> {
        let (query, wanted) = match precondition {
            Precondition::NoMatch(query) => (query, None),
            Precondition::OnlyMatch(query, key) => (query, Some(key)),
            Precondition::At(key, version) => return self.check_version(key, *version),
            Precondition::Private { space, key, content } => {
                let found = private::read(self.snapshot()?.connection, space, key)?;
                return match found == *content {
                    true => Ok(()),
                    false => Err(StoreError::ConditionConflict { precondition: at, matches: Vec::new() }),
                };
            }
        };
        let options = self.options;
        let snapshot = self.snapshot()?;
        let matches = execute::first_two(&snapshot, query, &*options.ports, &options.limits)?;
        if matches.iter().eq(wanted) {
            Ok(())
        } else {
            Err(StoreError::ConditionConflict { precondition: at, matches })
        }
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
        calls.push(Call::new(sql::COUNTS_READ, []));
        let answers = self.connection.pipeline(CONTEXT, &calls)?;
        drop(calls);
        drop(statements);
        self.set.written();
        Ok(PostgresSnapshot {
            connection: self.connection,
            dictionary: Arc::clone(&self.dictionary),
            is_index_current: self.head.is_index_current,
            counts: counts(answers.last().map_or(&[], Vec::as_slice)),
            sequence: self.head.sequence,
        })
    }

    /// Writes what is not yet written, and the head, and commits.
    fn commit(self) -> Result<(), StoreError> {
        let statements = self.set.statements();
        let mut calls: Vec<Call> = statements.iter().map(|statement| statement.call()).collect();
        let chain = self.head.chain.as_slice();
        let head: [Parameter; 4] = [&self.head.sequence, &self.head.time_ms, &chain, &self.head.next_key];
        calls.push(Call::new(sql::HEAD_SET, head));
        self.connection.commit(CONTEXT, calls)
    }
}

/// The rows of [`sql::COUNTS_READ`].
pub(super) fn counts(rows: &[Row]) -> HashMap<i64, i64> {
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn head(row: &Row) -> Result<Head, StoreError> {
    let chain: &[u8] = row.get(2);
    Ok(Head {
        sequence: row.get(0),
        time_ms: row.get(1),
        chain: chain.try_into().map_err(|_| StoreError::Damaged("the last commit's hash".into()))?,
        next_key: row.get(3),
        names: row.get(4),
        is_index_current: row.get::<_, i64>(5) == i64::from(INDEX_VERSION),
    })
}

fn no_head() -> StoreError {
    StoreError::Damaged("the end of the commit log is not there".into())
}
