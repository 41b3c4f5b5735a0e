//! A job at work: the record is held for a moment at a time, so that a server ends without waiting for a job.

use super::{Jobs, broken};
use crate::failure::Failure;
use crate::service::Service;
use record::job::Job;
use record::{Origin, Session};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// Why a job is not done.
pub(super) enum Cut {
    /// The server ends: it is done when there is one again.
    Ended,
    /// Nobody wants it any more.
    Removed,
    /// It cannot be done.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Cut {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A job at work.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub service: &'a Weak<Service>,
    pub job: &'a Job,
}

/// A moment in which the record is held.
pub(super) struct Moment {
    pub service: Arc<Service>,
    /// With the rights of whoever asked.
    pub session: Session,
}

impl Work<'_> {
    /// The next moment, if the job is still wanted.
    pub fn moment(&self) -> Result<Moment, Cut> {
        let service = self.service.upgrade().ok_or(Cut::Ended)?;
        let session = session(&service, self.job);
        match session.job(&self.job.id)? {
            Some(_) => Ok(Moment { service, session }),
            None => Err(Cut::Removed),
        }
    }

    /// Tells what it is at.
    pub fn tell(&self, what: String) {
        if let Some(service) = self.service.upgrade()
            && let Some(jobs) = &service.jobs
        {
            jobs.at_work().insert(self.job.id.clone(), what);
        }
    }

    /// Keeps the job as it is, and gives the time of the commit.
    pub fn keep(&self, what: &str) -> Result<i64, Cut> {
        let moment = self.moment()?;
        moment.jobs()?.keep(&moment.session, self.job, what)
    }

    /// The folder of its files.
    pub fn folder(&self) -> Result<PathBuf, Cut> {
        let service = self.service.upgrade().ok_or(Cut::Ended)?;
        Ok(service.jobs.as_ref().ok_or(Cut::Ended)?.folder_of(self.job))
    }

    /// Makes the names of the files last, before anyone is told that they are there.
    pub fn sync_folder(&self) -> Result<(), Cut> {
        let folder = self.folder()?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| self.cut(&error))
    }

    /// Why the files of the job cannot be written: it was removed meanwhile, or the disk does not let us.
    pub fn cut(&self, error: &std::io::Error) -> Cut {
        match self.folder() {
            Ok(folder) if folder.is_dir() => broken(error).into(),
            Ok(_) => Cut::Removed,
            Err(cut) => cut,
        }
    }
}

impl Moment {
    /// The jobs of the server.
    pub fn jobs(&self) -> Result<&Jobs, Cut> {
        self.service.jobs.as_ref().ok_or(Cut::Ended)
    }
}

impl Jobs {
    /// Keeps a job that is still there, and gives the time of the commit.
    pub(super) fn keep(&self, session: &Session, job: &Job, what: &str) -> Result<i64, Cut> {
        let _one = self.changing();
        match session.job(&job.id)? {
            Some(_) => Ok(session.keep_job(job, what)?),
            None => Err(Cut::Removed),
        }
    }
}

/// A session with the rights of whoever asked.
pub(super) fn session(service: &Service, job: &Job) -> Session {
    service.record.session(job.actor.clone(), Origin { address: job.address.clone(), way: "rest" })
}
