//! Bulk data in the background: exports (FHIR Bulk Data Access 2.0) and imports (the proposal for `$import` by manifest).
//!
//! Either is a [`record::job::Job`] and a folder. The job says what was asked for and what became of it, and survives the
//! process; the folder has its files. [`worker`] does one job after another. What was cut off goes on where it was.

mod deletions;
mod export_order;
mod export_progress;
mod exporting;
mod import_order;
mod importing;
mod state;
mod tally;
mod work;
mod worker;

pub(crate) use export_order::{ExportOrder, Whose, patient_type};
pub(crate) use import_order::{ImportOrder, Place};
pub(crate) use state::{Listed, State};
pub(crate) use worker::start;

use crate::failure::Failure;
use axum::http::{StatusCode, header};
use fhir::Value;
use record::Session;
use record::job::Job;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

/// The media type of the files.
pub(crate) const NDJSON: &str = "application/fhir+ndjson";

/// How long a job is kept, in milliseconds: a day after it is done.
const KEPT_MS: i64 = 24 * 3600 * 1000;

/// Jobs that may wait at a time.
const WAITING_MAX: usize = 16;

/// The jobs of a server.
pub(crate) struct Jobs {
    folder: PathBuf,
    /// Held while a job and its folder are made, changed or removed together.
    change: Mutex<()>,
    /// What the jobs at work are at, by their ids.
    progress: Mutex<HashMap<String, String>>,
    worker: OnceLock<Thread>,
}

impl Jobs {
    /// Jobs with their files in folders of a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, change: Mutex::default(), progress: Mutex::default(), worker: OnceLock::new() }
    }

    /// Begins what was asked for; `what` says it, for the audit.
    pub fn begin(&self, session: &Session, order: Value, what: &str) -> Result<Job, Failure> {
        let _one = self.changing();
        let waiting = session.record().jobs()?.into_iter().filter(|job| State::of(job) == State::Waiting);
        if waiting.count() >= WAITING_MAX {
            let what = format!("{WAITING_MAX} exports and imports wait already");
            return Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, "throttled", what)
                .mended_by("try again when one of them is done, or end one that nobody needs")
                .with_header(header::RETRY_AFTER, "60"));
        }
        let expires_ms = session.record().now_ms() + KEPT_MS;
        let mut job = session.new_job(expires_ms, order);
        State::Waiting.put_in(&mut job);
        std::fs::create_dir_all(self.folder_of(&job)).map_err(|error| broken(&error))?;
        session.keep_job(&job, what)?;
        self.wake();
        Ok(job)
    }

    /// An actor's own job, while it is kept and its folder is here.
    pub fn find(&self, session: &Session, id: &str) -> Result<Option<Job>, Failure> {
        let now_ms = session.record().now_ms();
        let job = session.job(id)?;
        Ok(job.filter(|job| job.expires_ms > now_ms && self.folder_of(job).is_dir()))
    }

    /// Ends a job and removes its files.
    pub fn remove(&self, session: &Session, job: &Job, what: &str) -> Result<(), Failure> {
        let _one = self.changing();
        session.end_job(job, what)?;
        // What cannot be removed now is removed with what no job has.
        let _ = std::fs::remove_dir_all(self.folder_of(job));
        Ok(())
    }

    /// What a job is at.
    pub fn progress(&self, job: &Job) -> String {
        self.at_work().get(&job.id).cloned().unwrap_or_else(|| "waiting".to_owned())
    }

    /// A file of a job.
    pub fn file(&self, job: &Job, name: &str) -> PathBuf {
        self.folder_of(job).join(format!("{name}.ndjson"))
    }

    fn folder_of(&self, job: &Job) -> PathBuf {
        self.folder.join(&job.id)
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at_work(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        if let Some(worker) = self.worker.get() {
            worker.unpark();
        }
    }
}

impl Drop for Jobs {
    /// The worker looks up, and sees that there is nothing to work for any more.
    fn drop(&mut self) {
        self.wake();
    }
}

/// The disk's fault: the log has it, and the client is told no more than that.
pub(crate) fn broken(error: &std::io::Error) -> Failure {
    tracing::error!(%error, "the files of a job");
    Failure::internal()
}
