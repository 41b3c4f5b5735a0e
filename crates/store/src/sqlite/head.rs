//! The end of the commit log, as the writer carries it from commit to commit.

use super::failure::failed;
use super::statements as sql;
use crate::commit_log::{CHAIN_LENGTH, Chain};
use crate::error::StoreError;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// How many internal keys are leased at a time.
pub(super) const LEASE: i64 = 4096;

pub(super) const NEXT_LEASE: &str = "next_lease";

/// The writer's state between commits. Cloned before a transaction, to go back to when that fails.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The last commit's place; 0 before the first.
    pub sequence: i64,
    /// The last commit's time in milliseconds since 1970.
    pub time_ms: i64,
    /// The last commit's chain hash.
    pub chain: Chain,
    /// The next internal key, and the end of the lease.
    keys: std::ops::Range<i64>,
    /// What the open transaction adds to the number of resources of each type.
    counts: BTreeMap<i64, i64>,
}

impl Head {
    /// The state a data directory is in.
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        let last: Option<(i64, i64, Chain)> = connection
            .query_row(sql::COMMIT_LAST, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()
            .map_err(failed("read the end of the commit log"))?;
        let (sequence, time_ms, chain) = last.unwrap_or((0, i64::MIN, [0; CHAIN_LENGTH]));
        Ok(Self { sequence, time_ms, chain, keys: 0..0, counts: BTreeMap::new() })
    }

    /// A new internal key.
    pub fn next_key(&mut self, connection: &Connection) -> Result<i64, StoreError> {
        if self.keys.is_empty() {
            let failed = || failed("lease internal keys");
            let start: i64 = connection
                .query_row(sql::META_READ, [NEXT_LEASE], |row| row.get(0))
                .optional()
                .map_err(failed())?
                .unwrap_or(1);
            connection.execute(sql::META_WRITE, params![NEXT_LEASE, start + LEASE]).map_err(failed())?;
            self.keys = start..start + LEASE;
        }
        Ok(self.keys.next().expect("a lease was just taken"))
    }

    /// Notes that an internal key was given by a commit that is written again: the next lease begins behind it.
    pub fn take_key(&mut self, connection: &Connection, key: i64) -> Result<(), StoreError> {
        self.keys = 0..0;
        connection
            .prepare_cached(sql::LEASE_BEHIND)
            .and_then(|mut statement| statement.execute(params![NEXT_LEASE, key + 1]))
            .map(|_| ())
            .map_err(failed("lease internal keys"))
    }

    /// Notes that there are more or fewer resources of a type.
    pub fn count(&mut self, type_number: i64, by: i64) {
        *self.counts.entry(type_number).or_default() += by;
    }

    /// Writes the counts into the open transaction.
    pub fn write_counts(&mut self, connection: &Connection) -> Result<(), StoreError> {
        for (type_number, by) in std::mem::take(&mut self.counts).into_iter().filter(|(_, by)| *by != 0) {
            connection
                .prepare_cached(sql::COUNT_ADD)
                .and_then(|mut statement| statement.execute(params![type_number, by]))
                .map_err(failed("count the resources of a type"))?;
        }
        Ok(())
    }
}
