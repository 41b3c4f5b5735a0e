//! Reads: each sees one moment, on a connection of the pool.

use super::address::Address;
use super::connection::{Connection, Parameter};
use super::memory::Memory;
use super::moment::Reader;
use super::snapshot::{PostgresSnapshot, found_version, id_bytes};
use super::statements as sql;
use crate::dictionary::SharedDictionary;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::pool::Pool;
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const CONTEXT: &str = "read";

/// Connections of a pool at most: a server has a hundred for all, unless it is told otherwise.
const MOST: usize = 20;

/// The connections to a database, or to a copy of it.
struct Pools {
    /// For single statements.
    single: Pool<Connection>,
    /// For reads of one moment.
    moments: Pool<Reader>,
}

impl Pools {
    fn new(address: &Address) -> Self {
        let (single, moments) = (address.clone(), address.clone());
        Self {
            single: Pool::new(MOST, move || Connection::open(&single)),
            moments: Pool::new(MOST, move || Reader::open(&moments)),
        }
    }

    fn close_idle(&self) {
        self.single.close_idle();
        self.moments.close_idle();
    }
}

/// All connections to read with.
pub(super) struct Readers {
    written: Pools,
    /// A copy that follows the database.
    replica: Option<Pools>,
    /// The last commit that this process wrote or saw: no read shows less.
    known: AtomicI64,
    dictionary: Arc<SharedDictionary>,
    keys: Arc<Keys>,
    memory: Arc<Memory>,
}

impl Readers {
    /// Connections to a database, and to a copy that follows it.
    pub fn new(
        address: &Address,
        replica: Option<&Address>,
        dictionary: Arc<SharedDictionary>,
        keys: Arc<Keys>,
        memory: Arc<Memory>,
    ) -> Self {
        let known = AtomicI64::new(0);
        let (written, replica) = (Pools::new(address), replica.map(Pools::new));
        Self { written, replica, known, dictionary, keys, memory }
    }

    /// The newest commit, as long as that is known without asking.
    pub fn newest_sequence(&self) -> Option<u64> {
        self.memory.newest().map(|(_, sequence)| sequence.cast_unsigned())
    }

    /// Notes a commit that this process wrote.
    pub fn know(&self, sequence: i64) {
        self.known.fetch_max(sequence, Ordering::AcqRel);
    }

    /// A version of a resource, 0 for the newest: from memory, or in one statement.
    pub fn version(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, StoreError> {
        let type_number = self.dictionary.now().type_number(key.type_id);
        let stored_id = StoredId::new(&key.id);
        if let (0, Some((cache, sequence))) = (version, self.memory.newest())
            && let Some(found) = cache.named(type_number, &stored_id, sequence.cast_unsigned())
        {
            return Ok(Some(found));
        }
        let (id, number) = (id_bytes(&stored_id), i64::from(version));
        let parameters: [Parameter; 3] = [&type_number, &id, &number];
        self.near(|pools, least| {
            let cache = self.memory.cache();
            let row = pools.single.lend()?.query_one(CONTEXT, sql::VERSION, &parameters)?;
            let sequence: i64 = row.get(0);
            if sequence < least {
                return Ok(None);
            }
            let found = found_version(&self.keys, &row, key, version)?;
            if let Some(found) = found.as_ref().filter(|found| number == 0 && !found.is_deleted()) {
                cache.keep(row.get(8), type_number, &stored_id, found, sequence.cast_unsigned());
            }
            Ok(Some((sequence, found)))
        })
    }

    /// Runs a read in a transaction, on the copy when it has all that this process knows of: all it sees is of one moment.
    pub fn read<T>(
        &self,
        read: impl Fn(&PostgresSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.near(|pools, least| {
            let reader = pools.moments.lend()?;
            let newest = self.memory.newest().map(|(_, sequence)| sequence);
            // As long as nobody else writes, a moment with all that this process wrote is now.
            let moment =
                match reader.moment().filter(|moment| newest.is_some_and(|newest| moment.sequence >= newest))
                {
                    Some(moment) => moment,
                    None => reader.begin(&self.dictionary)?,
                };
            let sequence = moment.sequence;
            if sequence < least {
                return Ok(None);
            }
            let read = self.memory.at(&reader.connection, sequence).and_then(|cache| {
                read(&PostgresSnapshot::new(&reader.connection, &self.keys, moment, Some(cache)))
            });
            if read.is_err() {
                // The server goes on only after the end of a transaction that failed; else this one is not lent again.
                let _ = reader.end();
            }
            read.map(|found| Some((sequence, found)))
        })
    }

    /// Runs a read in a transaction of its own on the database that is written, and takes nothing from memory.
    pub fn read_written<T>(
        &self,
        read: impl Fn(&PostgresSnapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.again(|| {
            let reader = self.written.moments.lend()?;
            let moment = reader.begin(&self.dictionary)?;
            let found = read(&PostgresSnapshot::new(&reader.connection, &self.keys, moment, None));
            let ended = reader.end();
            found.and_then(|found| ended.map(|()| found))
        })
    }

    /// Runs single statements on a connection of the database that is written.
    pub fn written<T>(&self, read: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.again(|| read(&*self.written.single.lend()?))
    }

    /// Ends transactions that were open for a while and that nobody reads in.
    pub fn end_old_moments(&self) {
        for pools in [Some(&self.written), self.replica.as_ref()].into_iter().flatten() {
            pools.moments.each_idle(Reader::end_old);
        }
    }

    /// Runs a read on the copy, unless it is away or behind what this process knows: then on the database that is written.
    /// `read` is told which commit it must see at least.
    fn near<T>(
        &self,
        read: impl Fn(&Pools, i64) -> Result<Option<(i64, T)>, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(replica) = &self.replica {
            let known = self.known.load(Ordering::Acquire);
            match read(replica, known) {
                Ok(Some((sequence, found))) => {
                    self.know(sequence);
                    return Ok(found);
                }
                Err(error @ (StoreError::TooCostly { .. } | StoreError::BadCursor)) => return Err(error),
                Err(StoreError::Unavailable { .. }) => replica.close_idle(),
                // Behind, or disturbed by what it follows.
                Ok(None) | Err(_) => {}
            }
        }
        let (sequence, found) = self.again(|| read(&self.written, i64::MIN))?.ok_or_else(no_head)?;
        self.know(sequence);
        Ok(found)
    }

    /// Reads. When the connection was lost since it was last used, the read is done again on a new one.
    fn again<T>(&self, read: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match read() {
            Err(StoreError::Unavailable { .. }) => {
                self.memory.lose();
                self.written.close_idle();
                read()
            }
            result => result,
        }
    }
}

pub(super) fn no_head() -> StoreError {
    StoreError::Damaged("the end of the commit log is not there".into())
}
