//! The thread that makes exports, one after another, page by page, with the rights of whoever asked.

use super::{Exports, KEPT_MS, Order, State, broken};
use crate::failure::Failure;
use crate::service::Service;
use axum::http::StatusCode;
use fhir::schema::TypeId;
use record::job::Job;
use record::{Origin, Session};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long the thread sleeps at most before it looks for what has expired.
const PAUSE: Duration = Duration::from_secs(60);

/// Why an export is not made.
enum Cut {
    /// The server ends: it begins anew when there is one again.
    Ended,
    /// Nobody wants it any more.
    Removed,
    /// It cannot be made.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Cut {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Starts the thread. It ends with the service.
pub(crate) fn start(service: &Arc<Service>) {
    let Some(exports) = &service.exports else { return };
    let weak = Arc::downgrade(service);
    match std::thread::Builder::new().name("exports".to_owned()).spawn(move || work(&weak)) {
        Ok(thread) => {
            let _ = exports.worker.set(thread.thread().clone());
        }
        Err(error) => tracing::error!(%error, "no thread for exports: they wait"),
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
            Err(_) => tracing::error!("exports cannot be looked up; they are tried again"),
        }
        std::thread::park_timeout(PAUSE);
    }
}

/// Removes what has expired and folders that no job has; gives the jobs that wait for this server, oldest first.
fn tidy(service: &Service) -> Result<Vec<Job>, Failure> {
    let Some(exports) = &service.exports else { return Ok(Vec::new()) };
    let now_ms = service.record.now_ms();
    let (kept, expired): (Vec<Job>, Vec<Job>) =
        service.record.jobs()?.into_iter().partition(|job| job.expires_ms > now_ms);
    for job in &expired {
        exports.remove(&session(service, job), job, "an export has expired")?;
    }
    exports.remove_unknown(service)?;
    let is_here = |job: &Job| State::of(job) == State::Waiting && exports.folder_of(job).is_dir();
    let mut waiting: Vec<Job> = kept.into_iter().filter(is_here).collect();
    waiting.sort_by_key(|job| job.expires_ms);
    Ok(waiting)
}

/// A session with the rights of whoever asked.
fn session(service: &Service, job: &Job) -> Session {
    service.record.session(job.actor.clone(), Origin { address: job.address.clone(), way: "rest" })
}

/// Makes an export, and writes down what became of it.
fn make(service: &Weak<Service>, mut job: Job) {
    let made = catch_unwind(AssertUnwindSafe(|| Making::begin(service, &job)?.run()));
    let state = match made.unwrap_or_else(|_| Err(Failure::internal().into())) {
        Ok(state) => state,
        // What may be better in a moment is tried again.
        Err(Cut::Failed(failure)) if failure.status != StatusCode::SERVICE_UNAVAILABLE => {
            State::Failed(failure.to_json())
        }
        Err(_) => State::Waiting,
    };
    let Some(service) = service.upgrade() else { return };
    let Some(exports) = &service.exports else { return };
    exports.at_work().remove(&job.id);
    if state == State::Waiting {
        return;
    }
    state.put_in(&mut job);
    job.expires_ms = service.record.now_ms() + KEPT_MS;
    if let Err(Cut::Failed(_)) = exports.keep(&session(&service, &job), &job, "an export is done") {
        tracing::error!("what became of an export cannot be written down; it is made again");
    }
}

impl Exports {
    /// Keeps a job that is still there, and gives the time of the commit.
    fn keep(&self, session: &Session, job: &Job, what: &str) -> Result<i64, Cut> {
        let _one = self.changing();
        match session.job(&job.id)? {
            Some(_) => Ok(session.keep_job(job, what)?),
            None => Err(Cut::Removed),
        }
    }

    /// Why the files of a job cannot be written: it was removed meanwhile, or the disk does not let us.
    fn cut(&self, job: &Job, error: &std::io::Error) -> Cut {
        match self.folder_of(job).is_dir() {
            true => broken(error).into(),
            false => Cut::Removed,
        }
    }

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

/// An export at work.
struct Making<'a> {
    service: &'a Weak<Service>,
    job: &'a Job,
    order: Arc<Order>,
    /// The time of the commit that it began with: what changed later is left to the next export.
    moment_ms: i64,
    /// Resources written.
    count: u64,
}

impl<'a> Making<'a> {
    /// Begins, also what was cut off before.
    fn begin(service: &'a Weak<Service>, job: &'a Job) -> Result<Self, Cut> {
        let order = Arc::new(Order::of_value(&job.details).ok_or_else(Failure::internal)?);
        let at_work = service.upgrade().ok_or(Cut::Ended)?;
        let exports = at_work.exports.as_ref().ok_or(Cut::Ended)?;
        let moment_ms = exports.keep(&session(&at_work, job), job, "an export begins")?;
        empty(&exports.folder_of(job)).map_err(|error| exports.cut(job, &error))?;
        Ok(Self { service, job, order, moment_ms, count: 0 })
    }

    fn run(mut self) -> Result<State, Cut> {
        let mut files = Vec::new();
        for (done, type_id) in self.order.types.clone().into_iter().enumerate() {
            let count = self.count;
            self.write_type(type_id, done)?;
            if self.count > count {
                files.push((type_id.name().to_owned(), self.count - count));
            }
        }
        self.sync_folder()?;
        Ok(State::Done { moment_ms: self.moment_ms, files })
    }

    /// Makes the names of the files last, before anyone is told that they are there.
    fn sync_folder(&self) -> Result<(), Cut> {
        let service = self.service.upgrade().ok_or(Cut::Ended)?;
        let exports = service.exports.as_ref().ok_or(Cut::Ended)?;
        let synced = File::open(exports.folder_of(self.job)).and_then(|folder| folder.sync_all());
        synced.map_err(|error| exports.cut(self.job, &error))
    }

    /// Writes the file of a type, unless there is nothing of it.
    fn write_type(&mut self, type_id: TypeId, done: usize) -> Result<(), Cut> {
        let order = Arc::clone(&self.order);
        let mut file = None;
        for patient in order.compartments() {
            let mut cursor = None;
            loop {
                cursor = self.write_page(&mut file, type_id, patient, cursor)?;
                self.tell(type_id, done)?;
                if cursor.is_none() {
                    break;
                }
            }
        }
        let Some(file) = file else { return Ok(()) };
        let synced = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        synced.and_then(|file| file.sync_all()).map_err(|error| broken(&error).into())
    }

    /// Writes a page of what a search finds; gives where the next begins. The record is held open for the page only.
    fn write_page(
        &mut self,
        file: &mut Option<BufWriter<File>>,
        type_id: TypeId,
        patient: Option<&str>,
        cursor: Option<String>,
    ) -> Result<Option<String>, Cut> {
        let service = self.service.upgrade().ok_or(Cut::Ended)?;
        let exports = service.exports.as_ref().ok_or(Cut::Ended)?;
        let session = session(&service, self.job);
        if session.job(&self.job.id)?.is_none() {
            return Err(Cut::Removed);
        }
        let mut request = self.order.search(&session, type_id, patient)?;
        request.query.cursor = cursor;
        let found = session.search(&request)?;
        let subset = self.order.subset(type_id)?;
        for resource in found.matches {
            let is_in_time = resource.updated_ms() <= self.moment_ms;
            if !is_in_time || !self.order.has(&resource, patient, service.record.base_url()) {
                continue;
            }
            let file = match file {
                Some(file) => file,
                None => {
                    let made = File::create(exports.file(self.job, type_id));
                    file.insert(BufWriter::new(made.map_err(|error| exports.cut(self.job, &error))?))
                }
            };
            write_line(&service, &subset.of(&resource)?, file).map_err(|error| broken(&error))?;
            self.count += 1;
        }
        Ok(found.next)
    }

    fn tell(&self, type_id: TypeId, done: usize) -> Result<(), Cut> {
        let service = self.service.upgrade().ok_or(Cut::Ended)?;
        let exports = service.exports.as_ref().ok_or(Cut::Ended)?;
        let (total, count) = (self.order.types.len(), self.count);
        let told = format!("{count} resources; {} is type {} of {total}", type_id.name(), done + 1);
        exports.at_work().insert(self.job.id.clone(), told);
        Ok(())
    }
}

/// A folder with nothing in it. It is there: a job without its folder is another server's.
fn empty(folder: &Path) -> std::io::Result<()> {
    std::fs::read_dir(folder)?.try_for_each(|entry| std::fs::remove_file(entry?.path()))
}

fn write_line(service: &Service, json: &str, file: &mut BufWriter<File>) -> std::io::Result<()> {
    std::io::copy(&mut service.record.whole_line(json), file)?;
    file.write_all(b"\n")
}
