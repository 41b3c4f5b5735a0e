//! The thread that does the jobs, one after another.

use super::exporting::Exporting;
use super::importing::Importing;
use super::work::{Cut, Work, session};
use super::{ExportOrder, ImportOrder, Jobs, KEPT_MS, State, broken};
use crate::failure::Failure;
use crate::service::Service;
use axum::http::StatusCode;
use record::job::Job;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long the thread sleeps at most before it looks for what has expired.
const PAUSE: Duration = Duration::from_secs(60);

/// Starts the thread. It ends with the service.
pub(crate) fn start(service: &Arc<Service>) {
    let Some(jobs) = &service.jobs else { return };
    let weak = Arc::downgrade(service);
    match std::thread::Builder::new().name("jobs".to_owned()).spawn(move || work(&weak)) {
        Ok(thread) => {
            let _ = jobs.worker.set(thread.thread().clone());
        }
        Err(error) => tracing::error!(%error, "no thread for exports and imports: they wait"),
    }
}

fn work(service: &Weak<Service>) {
    loop {
        let jobs = match service.upgrade() {
            Some(service) => tidy(&service),
            None => return,
        };
        match jobs {
            Ok(jobs) => jobs.into_iter().for_each(|job| make(service, job)),
            Err(_) => tracing::error!("exports and imports cannot be looked up; they are tried again"),
        }
        std::thread::park_timeout(PAUSE);
    }
}

/// Removes what has expired and folders that no job has; gives the jobs that wait for this server, oldest first.
fn tidy(service: &Service) -> Result<Vec<Job>, Failure> {
    let Some(jobs) = &service.jobs else { return Ok(Vec::new()) };
    let now_ms = service.record.now_ms();
    let (kept, expired): (Vec<Job>, Vec<Job>) =
        service.record.jobs()?.into_iter().partition(|job| job.expires_ms > now_ms);
    for job in &expired {
        jobs.remove(&session(service, job), job, "it has expired")?;
    }
    jobs.remove_unknown(service)?;
    let is_here = |job: &Job| State::of(job) == State::Waiting && jobs.folder_of(job).is_dir();
    let mut waiting: Vec<Job> = kept.into_iter().filter(is_here).collect();
    waiting.sort_by_key(|job| job.expires_ms);
    Ok(waiting)
}

/// Does a job, and writes down what became of it.
fn make(service: &Weak<Service>, mut job: Job) {
    let made = catch_unwind(AssertUnwindSafe(|| run(Work { service, job: &job })));
    let state = match made.unwrap_or_else(|_| Err(Failure::internal().into())) {
        Ok(state) => state,
        // What may be better in a moment is tried again.
        Err(Cut::Failed(failure)) if failure.status != StatusCode::SERVICE_UNAVAILABLE => {
            State::Failed(failure.to_json())
        }
        Err(_) => State::Waiting,
    };
    let Some(service) = service.upgrade() else { return };
    let Some(jobs) = &service.jobs else { return };
    jobs.at_work().remove(&job.id);
    if state == State::Waiting {
        return;
    }
    state.put_in(&mut job);
    job.expires_ms = service.record.now_ms() + KEPT_MS;
    if let Err(Cut::Failed(_)) = jobs.keep(&session(&service, &job), &job, "it is done") {
        tracing::error!("what became of an export or import cannot be written down; it is done again");
    }
}

/// Does what a job's details ask for.
fn run(work: Work<'_>) -> Result<State, Cut> {
    if let Some(order) = ExportOrder::of_value(&work.job.details) {
        return Exporting::begin(work, order)?.run();
    }
    let order = ImportOrder::of_value(&work.job.details).ok_or_else(Failure::internal)?;
    Importing::begin(work, order)?.run()
}

impl Jobs {
    /// Removes folders that no job has.
    fn remove_unknown(&self, service: &Service) -> Result<(), Failure> {
        let _one = self.changing();
        let jobs = service.record.jobs()?;
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(()) };
        for entry in entries.flatten() {
            if jobs.iter().all(|job| *entry.file_name() != *job.id) {
                std::fs::remove_dir_all(entry.path()).map_err(|error| broken(&error))?;
            }
        }
        Ok(())
    }
}
