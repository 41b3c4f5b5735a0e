//! The writer's desk: a transaction over a group of batches, alone among all processes.
//!
//! It begins by locking the one row of `head`. Whoever holds it sees all commits before, so that conditions are checked and
//! sequence, time, hashes and internal keys follow each other as if there were one writer.

use super::address::Address;
use super::connection::{Call, Connection, Parameter};
use super::keeper;
use super::memory::Memory;
use super::names;
use super::readers::no_head;
use super::snapshot::{located, ordinal};
use super::statements as sql;
use super::transaction::{Head, Transaction};
use super::working_set::WorkingSet;
use crate::batch::{Committed, Precondition};
use crate::commit_log::Chain;
use crate::dictionary::SharedDictionary;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::maintain::OpenOptions;
use crate::prepare::PreparedBatch;
use crate::stored_id::StoredId;
use crate::writer::Desk;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the outcome of a commit is looked for when its answer was lost.
const OUTCOME_WAIT: Duration = Duration::from_secs(10);

/// How long to wait before a connection is tried again.
const CONNECT_PAUSE: Duration = Duration::from_millis(200);

const CONTEXT: &str = "write";

/// What the writer shares with readers.
pub(super) struct Shared {
    pub dictionary: Arc<SharedDictionary>,
    pub keys: Arc<Keys>,
    pub memory: Arc<Memory>,
}

/// What the writer's thread owns.
pub(super) struct PostgresDesk {
    address: Address,
    connection: Option<Connection>,
    shared: Shared,
    options: OpenOptions,
}

impl PostgresDesk {
    /// A desk with its connection.
    pub fn new(address: Address, connection: Connection, shared: Shared, options: OpenOptions) -> Self {
        Self { address, connection: Some(connection), shared, options }
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
            None => {
                self.shared.memory.lose();
                Connection::open(&self.address)?
            }
        };
        Ok(self.connection.insert(connection))
    }

    /// Begins a transaction, with the head and where the batches' resources are.
    fn begin<'b>(&mut self, set: &mut WorkingSet<'b>) -> Result<Head, StoreError> {
        let (types, ids) = set.wanted();
        let calls =
            [Call::new(sql::HEAD_LOCK, []), Call::new(sql::LOCATE, [&types as Parameter, &ids as Parameter])];
        loop {
            let begun = match self.connected()?.begin(CONTEXT, "BEGIN", &calls) {
                // One that was lost between two transactions.
                Err(StoreError::Unavailable { .. }) => self.connected()?.begin(CONTEXT, "BEGIN", &calls)?,
                begun => begun?,
            };
            let head = begun[0].first().ok_or_else(no_head).and_then(Head::of)?;
            if !self.shared.memory.lease.may_write(head.keeper) {
                let connection = self.connected()?;
                connection.roll_back()?;
                keeper::free(connection, head.keeper)?;
                continue;
            }
            for row in &begun[1] {
                set.found(ordinal(row), located(row, 1)?, row.get(6))?;
            }
            return Ok(head);
        }
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
        let known = self.shared.dictionary.now();
        for batch in batches {
            batch.changes.iter().for_each(|change| set.want(change.type_number, &change.id));
            for precondition in &batch.preconditions {
                if let Precondition::At(key, _) = precondition {
                    set.want(known.type_number(key.type_id), &StoredId::new(&key.id));
                }
            }
        }
        let head = self.begin(&mut set)?;
        let before = head.sequence;
        let connection = self.connection.as_ref().ok_or_else(no_head)?;
        let dictionary = names::of(connection, &self.shared.dictionary, head.names)?;
        let keys = Arc::clone(&self.shared.keys);
        let mut transaction = Transaction::new(connection, dictionary, keys, &self.options, head, set);
        transaction.look_ahead(batches)?;
        let mut results = Vec::with_capacity(batches.len());
        for batch in batches {
            match transaction.write(batch) {
                Err(error) if !error.is_refusal() => return Err(error),
                result => results.push(result),
            }
        }
        let (sequence, chain) = (transaction.head.sequence, transaction.head.chain);
        if sequence == before {
            connection.roll_back()?;
            return Ok(results);
        }
        let changed = std::mem::take(&mut transaction.changed);
        match transaction.commit() {
            Err(StoreError::Unavailable { context, reason }) => {
                if !self.was_committed(sequence, &chain)? {
                    return Err(StoreError::Unavailable { context, reason });
                }
            }
            done => done?,
        }
        self.shared.memory.wrote(before, sequence, changed, &self.shared.dictionary.now());
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
