//! The one writer of a process: a thread that writes all waiting batches in one transaction.

use crate::batch::Committed;
use crate::error::StoreError;
use crate::prepare::PreparedBatch;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many batches may wait.
const QUEUE_LENGTH: usize = 1024;

/// How long a caller waits for a place in the queue, in milliseconds, before the store is called busy.
const QUEUE_WAIT_MS: u64 = 5_000;

/// How many changes are written in one transaction before the next one begins.
const GROUP_CHANGES: usize = 8_192;

/// What the writer's thread sits at: a connection to write with.
pub(crate) trait Desk: Send + 'static {
    /// Writes batches in one transaction. The outer error means that nothing was written, and may be a panic's; inner
    /// ones are refusals of a batch.
    fn write(&mut self, batches: &[&PreparedBatch])
    -> Result<Vec<Result<Committed, StoreError>>, StoreError>;

    /// Goes back to before a transaction that failed.
    fn give_up(&mut self);

    /// What is to be done between groups, so that no answer waits for it.
    fn tidy(&mut self);

    /// What is to be done at the end.
    fn close(&mut self);
}

/// Something the writer does at its desk between groups.
type Errand<D> = Box<dyn FnOnce(&mut D) + Send>;

enum Job<D> {
    Write(Box<PreparedBatch>, Sender<Result<Committed, StoreError>>),
    Errand(Errand<D>),
    Stop,
}

type Waiting = (Box<PreparedBatch>, Sender<Result<Committed, StoreError>>);

/// The way to the writer's thread.
pub(crate) struct Writer<D> {
    queue: Sender<Job<D>>,
    thread: Option<JoinHandle<()>>,
}

impl<D: Desk> Writer<D> {
    /// Starts the thread.
    pub fn start(desk: D) -> Result<Self, StoreError> {
        let (queue, jobs) = bounded(QUEUE_LENGTH);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(desk, &jobs))
            .map_err(|error| StoreError::World { context: "start the writer", source: Box::new(error) })?;
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
        self.send(Job::Errand(Box::new(move |_| {
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

    /// Writes batches in their order, many of them with one sync; ends at the first that cannot be written.
    pub fn write_in_order(&self, batches: Vec<PreparedBatch>) -> Result<(), StoreError> {
        let mut batches = batches.into_iter().peekable();
        while batches.peek().is_some() {
            // As many as may wait.
            let some = batches.by_ref().take(QUEUE_LENGTH / 2).collect();
            self.write_together(some)?.into_iter().try_for_each(|done| done.map(|_| ()))?;
        }
        Ok(())
    }

    /// Does something at the desk, between groups.
    pub fn errand<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut D) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = bounded(1);
        let errand = Box::new(move |desk: &mut D| {
            // The caller may have given up waiting.
            let _ = answer.send(errand(desk));
        });
        self.send(Job::Errand(errand))?;
        answered.recv().map_err(|_| stopped())?
    }

    fn send(&self, job: Job<D>) -> Result<(), StoreError> {
        self.queue.send_timeout(job, Duration::from_millis(QUEUE_WAIT_MS)).map_err(|error| match error {
            SendTimeoutError::Timeout(_) => StoreError::Busy,
            SendTimeoutError::Disconnected(_) => stopped(),
        })
    }
}

impl<D> Drop for Writer<D> {
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

fn run<D: Desk>(mut desk: D, jobs: &Receiver<Job<D>>) {
    let mut next = jobs.recv().ok();
    while let Some(job) = next.take() {
        match job {
            Job::Stop => break,
            Job::Errand(errand) => {
                // A fault in an errand is its caller's: an open transaction was rolled back on the way.
                let _ = catch_unwind(AssertUnwindSafe(|| errand(&mut desk)));
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
                write_group(&mut desk, group);
                desk.tidy();
            }
        }
        next = next.or_else(|| jobs.recv().ok());
    }
    desk.close();
}

/// Writes a group in one transaction; when that fails, each batch in its own, so that one that cannot be written does
/// not take the others with it. A database that is away would be away for each of them too.
fn write_group<D: Desk>(desk: &mut D, group: Vec<Waiting>) {
    let batches: Vec<&PreparedBatch> = group.iter().map(|(batch, _)| &**batch).collect();
    let results = match write_together(desk, &batches) {
        Ok(results) => results,
        Err(error) if group.len() == 1 => vec![Err(error)],
        Err(StoreError::Unavailable { context, reason }) => {
            let away = || Err(StoreError::Unavailable { context, reason: reason.clone() });
            batches.iter().map(|_| away()).collect()
        }
        Err(_) => batches
            .iter()
            .map(|batch| write_together(desk, &[*batch]).and_then(|mut results| results.remove(0)))
            .collect(),
    };
    for ((_, answer), result) in group.into_iter().zip(results) {
        // The caller may have given up waiting.
        let _ = answer.send(result);
    }
}

fn write_together<D: Desk>(
    desk: &mut D,
    batches: &[&PreparedBatch],
) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
    let done = catch_unwind(AssertUnwindSafe(|| desk.write(batches)));
    let done = done.unwrap_or_else(|_| {
        Err(StoreError::World { context: "write a batch", source: "a fault of the program".into() })
    });
    if done.is_err() {
        desk.give_up();
    }
    done
}
