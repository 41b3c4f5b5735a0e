//! Who may answer from memory without asking the database: a process that is alone there, for a second at a time.
//!
//! The head, which every writer locks, names the keeper. While it names a process, that one looks again four times a second
//! ([`Watch`]), and holds a [`Lease`] for a second from each look. Who else wants to write takes the name out first and waits
//! for as long as a lease holds ([`free`]): what it writes then is newer than anything that was answered from memory. So no
//! clocks are compared, and a keeper that cannot reach the database stops being one by itself.
//!
//! Only a process without company in the database becomes the keeper, and it gives that up as soon as somebody connects:
//! a writer hardly ever comes to wait.

use super::address::Address;
use super::connection::Connection;
use super::memory::Memory;
use super::readers::Readers;
use super::statements as sql;
use crate::error::StoreError;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a lease holds from the look that it was given at.
const LEASE: Duration = Duration::from_secs(1);

/// How often the keeper looks.
const BEAT: Duration = Duration::from_millis(250);

const CONTEXT: &str = "look whether others are in the database";

/// The right to answer from memory.
pub(super) struct Lease {
    begun: Instant,
    /// Nanoseconds since then.
    until: AtomicU64,
    /// The name that this process has, or asks for, in the head.
    name: AtomicI64,
}

impl Default for Lease {
    fn default() -> Self {
        Self { begun: Instant::now(), until: AtomicU64::new(0), name: AtomicI64::new(0) }
    }
}

impl Lease {
    /// True when no other process wrote until now.
    pub fn holds(&self) -> bool {
        self.since_begun(Instant::now()) < self.until.load(Ordering::Acquire)
    }

    /// Whether this process may write when the head names a keeper, 0 for none.
    pub fn may_write(&self, keeper: i64) -> bool {
        keeper == 0 || self.is_of(keeper)
    }

    /// Ends it before its time.
    pub fn end(&self) {
        self.until.store(0, Ordering::Release);
    }

    fn is_of(&self, keeper: i64) -> bool {
        self.name.load(Ordering::Acquire) == keeper
    }

    fn renew(&self, looked_at: Instant) {
        self.until.store(self.since_begun(looked_at + LEASE), Ordering::Release);
    }

    fn since_begun(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.begun).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Takes the keeper's name out of the head, and waits until its lease is surely over. A name that is being taken out
/// stands there as its negative; names are never used twice.
pub(super) fn free(connection: &Connection, keeper: i64) -> Result<(), StoreError> {
    let context = "wait for the process that answers from memory";
    let leaving = -keeper.abs();
    connection.query(context, sql::KEEPER_CHANGE, &[&keeper, &leaving])?;
    std::thread::sleep(LEASE);
    connection.query(context, sql::KEEPER_CHANGE, &[&leaving, &0i64]).map(|_| ())
}

/// The thread that looks.
pub(super) struct Watch {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts it, on a connection of its own.
    pub fn start(address: Address, memory: Arc<Memory>, readers: Arc<Readers>) -> Result<Self, StoreError> {
        let (end, is_ended) = bounded(0);
        let watcher = Watcher { address, connection: None, memory, readers };
        let thread = std::thread::Builder::new().name("store-watch".into());
        let thread = thread
            .spawn(move || watcher.run(&is_ended))
            .map_err(|error| StoreError::World { context: "start the watch", source: Box::new(error) })?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

struct Watcher {
    address: Address,
    connection: Option<Connection>,
    memory: Arc<Memory>,
    readers: Arc<Readers>,
}

impl Watcher {
    fn run(mut self, is_ended: &Receiver<()>) {
        while is_ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
            self.readers.end_old_moments();
            if let Err(error) = self.beat() {
                // A lease that is not renewed ends by itself.
                self.connection = None;
                if matches!(error, StoreError::Unavailable { .. }) {
                    self.memory.lose();
                }
            }
        }
        if let Some(connection) = &self.connection {
            // A name that stays there, the next writer waits for.
            let _ = resign(&self.memory.lease, connection);
        }
    }

    fn beat(&mut self) -> Result<(), StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.address)?,
        };
        let connection = self.connection.insert(connection);
        let lease = &self.memory.lease;
        let looked_at = Instant::now();
        let row = connection.query_one(
            CONTEXT,
            sql::KEEPER_READ,
            &[&self.address.config.get_application_name()],
        )?;
        let (keeper, sequence, is_alone): (i64, i64, bool) = (row.get(0), row.get(1), row.get(2));
        match keeper {
            _ if !is_alone => resign(lease, connection),
            0 => ask(&self.memory, connection),
            keeper if lease.is_of(keeper) => {
                self.memory.at(connection, sequence)?;
                lease.renew(looked_at);
                Ok(())
            }
            // One that is gone without a word, or has to go.
            keeper => {
                lease.end();
                free(connection, keeper)
            }
        }
    }
}

/// Asks for the name of this process to be put into the head, where there is none.
fn ask(memory: &Memory, connection: &Connection) -> Result<(), StoreError> {
    let lease = &memory.lease;
    let asked_at = Instant::now();
    let name = (RandomState::new().hash_one(asked_at) >> 1).cast_signed().max(1);
    // Before the head has it: this process's own writer may read it there at once.
    lease.name.store(name, Ordering::Release);
    let given = connection.query(CONTEXT, sql::KEEPER_CHANGE, &[&0i64, &name])?;
    if let Some(row) = given.first() {
        memory.at(connection, row.get(0))?;
        lease.renew(asked_at);
    }
    Ok(())
}

/// Ends the lease, and takes the name of this process out of the head.
fn resign(lease: &Lease, connection: &Connection) -> Result<(), StoreError> {
    lease.end();
    let name = lease.name.load(Ordering::Acquire);
    if name != 0 {
        connection.query(CONTEXT, sql::KEEPER_CHANGE, &[&name, &0i64])?;
        lease.name.store(0, Ordering::Release);
    }
    Ok(())
}
