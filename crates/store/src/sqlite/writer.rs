//! The one writer: a thread with the write connection that writes all waiting batches in one transaction.

use super::apply::Apply;
use super::cache::Cache;
use super::dictionary::{Dictionary, SharedDictionary};
use super::failure::failed;
use super::head::Head;
use super::prepare::PreparedBatch;
use crate::batch::Committed;
use crate::error::StoreError;
use crate::maintain::OpenOptions;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use fhir::schema::TypeId;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many batches may wait.
const QUEUE_LENGTH: usize = 1024;

/// How long a caller waits for a place in the queue, in milliseconds, before the store is called busy.
const QUEUE_WAIT_MS: u64 = 5_000;

/// How many changes are written in one transaction before the next one begins.
const GROUP_CHANGES: usize = 8_192;

/// How many times the pages from which the log is copied may be in it before a copy waits for the readers.
const RESTART_TIMES: usize = 8;

/// Something the writer does on its connection between groups.
type Errand = Box<dyn FnOnce(&mut Connection, &mut Head) + Send>;

enum Job {
    Write(Box<PreparedBatch>, Sender<Result<Committed, StoreError>>),
    Errand(Errand),
    Stop,
}

/// The way to the writer's thread.
pub(super) struct Writer {
    queue: Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

/// What the writer's thread owns.
struct Desk {
    connection: Connection,
    head: Head,
    dictionary: Arc<SharedDictionary>,
    cache: Arc<Cache>,
    options: OpenOptions,
    is_index_current: Arc<AtomicBool>,
    /// Pages in the write-ahead log, as of the last commit.
    log_pages: Arc<AtomicUsize>,
}

type Waiting = (Box<PreparedBatch>, Sender<Result<Committed, StoreError>>);

impl Writer {
    /// Starts the thread.
    pub fn start(
        connection: Connection,
        head: Head,
        dictionary: Arc<SharedDictionary>,
        cache: Arc<Cache>,
        options: OpenOptions,
        is_index_current: Arc<AtomicBool>,
    ) -> Result<Self, StoreError> {
        let (queue, jobs) = bounded(QUEUE_LENGTH);
        let log_pages = Arc::new(AtomicUsize::new(0));
        let mut connection = connection;
        count_log_pages(&mut connection, Arc::clone(&log_pages))?;
        let desk = Desk { connection, head, dictionary, cache, options, is_index_current, log_pages };
        let thread =
            std::thread::Builder::new().name("store-writer".into()).spawn(move || desk.run(&jobs)).map_err(
                |error| StoreError::World { context: "start the writer", source: Box::new(error) },
            )?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Writes a batch, and returns when it is durable.
    pub fn write(&self, batch: PreparedBatch) -> Result<Committed, StoreError> {
        let (answer, answered) = bounded(1);
        self.send(Job::Write(Box::new(batch), answer))?;
        answered.recv().map_err(|_| stopped())?
    }

    /// Writes batches in one group; their results, in order.
    pub fn write_together(
        &self,
        batches: Vec<PreparedBatch>,
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        // The writer is held until all of them wait: nothing is ever sent, only dropped.
        let (hold, held) = bounded::<()>(0);
        self.send(Job::Errand(Box::new(move |_, _| {
            let _ = held.recv();
        })))?;
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            let (answer, answered) = bounded(1);
            self.send(Job::Write(Box::new(batch), answer))?;
            answers.push(answered);
        }
        drop(hold);
        Ok(answers.into_iter().map(|answered| answered.recv().map_err(|_| stopped())?).collect())
    }

    /// Does something on the write connection, between groups.
    pub fn errand<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut Connection, &mut Head) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = bounded(1);
        let errand = Box::new(move |connection: &mut Connection, head: &mut Head| {
            // The caller may have given up waiting.
            let _ = answer.send(errand(connection, head));
        });
        self.send(Job::Errand(errand))?;
        answered.recv().map_err(|_| stopped())?
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.queue.send_timeout(job, Duration::from_millis(QUEUE_WAIT_MS)).map_err(|error| match error {
            SendTimeoutError::Timeout(_) => StoreError::Busy,
            SendTimeoutError::Disconnected(_) => stopped(),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let sent = self.queue.send(Job::Stop).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| sent) {
            let _ = thread.join();
        }
    }
}

fn stopped() -> StoreError {
    StoreError::World { context: "write", source: "the writer has stopped".into() }
}

impl Desk {
    fn run(mut self, jobs: &Receiver<Job>) {
        let mut next = jobs.recv().ok();
        while let Some(job) = next.take() {
            match job {
                Job::Stop => break,
                Job::Errand(errand) => {
                    // A fault in an errand is its caller's: an open transaction was rolled back on the way.
                    let _ = catch_unwind(AssertUnwindSafe(|| errand(&mut self.connection, &mut self.head)));
                }
                Job::Write(batch, answer) => {
                    let mut changes = batch.changes.len();
                    let mut group = vec![(batch, answer)];
                    while changes < GROUP_CHANGES {
                        match jobs.try_recv() {
                            Ok(Job::Write(batch, answer)) => {
                                changes += batch.changes.len();
                                group.push((batch, answer));
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.write_group(group);
                    self.checkpoint_when_due();
                }
            }
            next = next.or_else(|| jobs.recv().ok());
        }
        // What is in the log moves to the database file; when that fails, the next opening does it.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    /// Writes a group in one transaction; when that fails, each batch in its own, so that one that cannot be
    /// written does not take the others with it.
    fn write_group(&mut self, group: Vec<Waiting>) {
        let batches: Vec<&PreparedBatch> = group.iter().map(|(batch, _)| &**batch).collect();
        let results = match self.write_together(&batches) {
            Ok(results) => results,
            Err(error) if group.len() == 1 => vec![Err(error)],
            Err(_) => batches
                .iter()
                .map(|batch| self.write_together(&[*batch]).and_then(|mut results| results.remove(0)))
                .collect(),
        };
        for ((_, answer), result) in group.into_iter().zip(results) {
            // The caller may have given up waiting.
            let _ = answer.send(result);
        }
    }

    /// One transaction. The outer error means that nothing was written; inner ones are refusals of a batch.
    fn write_together(
        &mut self,
        batches: &[&PreparedBatch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let before = self.head.clone();
        let done = catch_unwind(AssertUnwindSafe(|| self.transaction(batches)));
        let done = done.unwrap_or_else(|_| {
            Err(StoreError::World { context: "write a batch", source: "a fault of the program".into() })
        });
        if done.is_err() {
            self.head = before;
            if !self.connection.is_autocommit() {
                // When this fails too, the next BEGIN reports it.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
        }
        done
    }

    fn transaction(
        &mut self,
        batches: &[&PreparedBatch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed("begin a write"))?;
        let dictionary = self.dictionary.now();
        let mut results = Vec::with_capacity(batches.len());
        let mut changed = Vec::new();
        for batch in batches {
            let mut apply = Apply {
                connection: &self.connection,
                dictionary: &dictionary,
                ports: &*self.options.ports,
                head: &mut self.head,
                changed: &mut changed,
                is_index_current: self.is_index_current.load(Ordering::Acquire),
                limits: &self.options.limits,
            };
            match apply.batch(batch) {
                Err(error) if !is_refusal(&error) => return Err(error),
                result => results.push(result),
            }
        }
        let commit = self.head.sequence.cast_unsigned();
        self.cache.forget(&changed, commit);
        self.connection.execute_batch("COMMIT").map_err(failed("commit"))?;
        self.cache.committed(commit);
        Ok(results)
    }

    /// Copies the log into the file between two groups, so that no answer waits for it. What a reader still needs
    /// stays in the log; when that has become much, the next copy waits until the readers let go.
    fn checkpoint_when_due(&mut self) {
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
}

fn count_log_pages(connection: &mut Connection, pages: Arc<AtomicUsize>) -> Result<(), StoreError> {
    let hook = move |_: &mut Wal, count: std::ffi::c_int| {
        pages.store(usize::try_from(count).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    };
    connection.wal_hook(Some(hook)).map_err(failed("watch the write-ahead log"))
}

/// True for answers that leave the transaction as it was.
fn is_refusal(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::VersionConflict { .. }
            | StoreError::ConditionConflict { .. }
            | StoreError::TooCostly { .. }
            | StoreError::BadCursor
    )
}

/// Gives numbers to parameters that have none yet, in a transaction of their own.
pub(super) fn add_parameters(
    writer: &Writer,
    dictionary: &Arc<SharedDictionary>,
    parameters: Vec<(TypeId, &'static str)>,
) -> Result<(), StoreError> {
    let dictionary = Arc::clone(dictionary);
    writer.errand(move |connection, _| {
        let mut changed = Dictionary::clone(&dictionary.now());
        let transaction = connection.transaction().map_err(failed("add parameters"))?;
        for (type_id, code) in parameters {
            changed.add_parameter(&transaction, type_id, code)?;
        }
        transaction.commit().map_err(failed("add parameters"))?;
        dictionary.set(changed);
        Ok(())
    })
}
