//! Exports in bulk (FHIR Bulk Data Access 2.0, system level operations): asked for, made in the background, fetched.
//!
//! An export is a `record::job::Job` and a folder. The job says what was asked for and what became of it, and survives the
//! process; the folder has a file a type. [`worker`] does one job after another; an export that was cut off begins anew.

mod order;
mod state;
mod worker;

pub(crate) use order::{Order, Whose, patient_type};
pub(crate) use state::State;
pub(crate) use worker::start;

use crate::failure::Failure;
use axum::http::{StatusCode, header};
use fhir::schema::TypeId;
use record::Session;
use record::job::Job;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

/// The media type of the files.
pub(crate) const NDJSON: &str = "application/fhir+ndjson";

/// How long an export is kept, in milliseconds: a day.
const KEPT_MS: i64 = 24 * 3600 * 1000;

/// Exports that may wait at a time.
const WAITING_MAX: usize = 16;

/// The exports of a server.
pub(crate) struct Exports {
    folder: PathBuf,
    /// Held while a job and its folder are made, changed or removed together.
    change: Mutex<()>,
    /// What the exports at work are at, by the id of their job.
    progress: Mutex<HashMap<String, String>>,
    worker: OnceLock<Thread>,
}

impl Exports {
    /// Exports into folders of a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, change: Mutex::default(), progress: Mutex::default(), worker: OnceLock::new() }
    }

    /// Begins what was asked for.
    pub fn begin(&self, session: &Session, order: &Order) -> Result<Job, Failure> {
        let _one = self.changing();
        let waiting = session.record().jobs()?.into_iter().filter(|job| State::of(job) == State::Waiting);
        if waiting.count() >= WAITING_MAX {
            let what = format!("{WAITING_MAX} exports wait already");
            return Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, "throttled", what)
                .mended_by("try again when one of them is done, or end one that nobody needs")
                .with_header(header::RETRY_AFTER, "60"));
        }
        let expires_ms = session.record().now_ms() + KEPT_MS;
        let mut job = session.new_job(expires_ms, order.to_value());
        State::Waiting.put_in(&mut job);
        std::fs::create_dir_all(self.folder_of(&job)).map_err(|error| broken(&error))?;
        session.keep_job(&job, "an export is asked for")?;
        self.wake();
        Ok(job)
    }

    /// An actor's own export, while it is kept and its folder is here.
    pub fn find(&self, session: &Session, id: &str) -> Result<Option<Job>, Failure> {
        let now_ms = session.record().now_ms();
        let job = session.job(id)?;
        Ok(job.filter(|job| job.expires_ms > now_ms && self.folder_of(job).is_dir()))
    }

    /// Ends an export and removes its files.
    pub fn remove(&self, session: &Session, job: &Job, what: &str) -> Result<(), Failure> {
        let _one = self.changing();
        session.end_job(job, what)?;
        // What cannot be removed now is removed with what no job has.
        let _ = std::fs::remove_dir_all(self.folder_of(job));
        Ok(())
    }

    /// What an export is at.
    pub fn progress(&self, job: &Job) -> String {
        self.at_work().get(&job.id).cloned().unwrap_or_else(|| "waiting".to_owned())
    }

    /// The file of a type.
    pub fn file(&self, job: &Job, type_id: TypeId) -> PathBuf {
        self.folder_of(job).join(format!("{}.ndjson", type_id.name()))
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

impl Drop for Exports {
    /// The worker looks up, and sees that there is nothing to work for any more.
    fn drop(&mut self) {
        self.wake();
    }
}

/// The disk's fault: the log has it, and the client is told no more than that.
pub(crate) fn broken(error: &std::io::Error) -> Failure {
    tracing::error!(%error, "the files of an export");
    Failure::internal()
}
