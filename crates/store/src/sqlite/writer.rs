//! The writer's desk: the write connection, and what is carried from transaction to transaction.

use super::apply::Apply;
use super::failure::failed;
use super::head::Head;
use crate::batch::Committed;
use crate::cache::Cache;
use crate::dictionary::SharedDictionary;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::maintain::OpenOptions;
use crate::newest_commit::NewestCommit;
use crate::prepare::PreparedBatch;
use crate::writer::Desk;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many times the pages from which the log is copied may be in it before a copy waits for the readers.
const RESTART_TIMES: usize = 8;

/// What the writer shares with readers.
pub(super) struct Shared {
    pub dictionary: Arc<SharedDictionary>,
    pub keys: Arc<Keys>,
    pub cache: Arc<Cache>,
    pub newest: Arc<NewestCommit>,
    pub is_index_current: Arc<AtomicBool>,
}

/// What the writer's thread owns.
pub(super) struct SqliteDesk {
    pub connection: Connection,
    head: Head,
    /// The head before the transaction that is being written.
    before: Head,
    shared: Shared,
    options: OpenOptions,
    /// Pages in the write-ahead log, as of the last commit.
    log_pages: Arc<AtomicUsize>,
}

impl SqliteDesk {
    /// A desk with the write connection.
    pub fn new(
        mut connection: Connection,
        head: Head,
        shared: Shared,
        options: OpenOptions,
    ) -> Result<Self, StoreError> {
        let log_pages = Arc::new(AtomicUsize::new(0));
        count_log_pages(&mut connection, Arc::clone(&log_pages))?;
        let before = head.clone();
        Ok(Self { connection, head, before, shared, options, log_pages })
    }
}

impl Desk for SqliteDesk {
    fn write(
        &mut self,
        batches: &[&PreparedBatch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        self.before = self.head.clone();
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed("begin a write"))?;
        let dictionary = self.shared.dictionary.now();
        let mut results = Vec::with_capacity(batches.len());
        let mut changed = Vec::new();
        for batch in batches {
            let mut apply = Apply {
                connection: &self.connection,
                dictionary: &dictionary,
                keys: &self.shared.keys,
                ports: &*self.options.ports,
                head: &mut self.head,
                changed: &mut changed,
                is_index_current: self.shared.is_index_current.load(Ordering::Acquire),
                limits: &self.options.limits,
            };
            match apply.batch(batch) {
                Err(error) if !error.is_refusal() => return Err(error),
                result => results.push(result),
            }
        }
        let commit = self.head.sequence.cast_unsigned();
        self.shared.cache.forget(&changed, commit);
        self.connection.execute_batch("COMMIT").map_err(failed("commit"))?;
        self.shared.cache.committed(commit);
        self.shared.newest.set(commit);
        Ok(results)
    }

    fn give_up(&mut self) {
        self.head = self.before.clone();
        if !self.connection.is_autocommit() {
            // When this fails too, the next BEGIN reports it.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    /// Copies the log into the file. What a reader still needs stays in the log; when that has become much, the next
    /// copy waits until the readers let go.
    fn tidy(&mut self) {
        let pages = self.log_pages.load(Ordering::Relaxed);
        if pages < self.options.log_pages {
            return;
        }
        let mode = match pages < self.options.log_pages * RESTART_TIMES {
            true => "PRAGMA wal_checkpoint(PASSIVE)",
            false => "PRAGMA wal_checkpoint(RESTART)",
        };
        let _ = self.connection.query_row(mode, [], |_| Ok(()));
    }

    /// What is in the log moves to the database file; when that fails, the next opening does it.
    fn close(&mut self) {
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

fn count_log_pages(connection: &mut Connection, pages: Arc<AtomicUsize>) -> Result<(), StoreError> {
    let hook = move |_: &mut Wal, count: std::ffi::c_int| {
        pages.store(usize::try_from(count).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    };
    connection.wal_hook(Some(hook)).map_err(failed("watch the write-ahead log"))
}
