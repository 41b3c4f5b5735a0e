//! Work that outlives the request that asked for it, and the process: a private document says what it is, for whom it is
//! done, and how far it came.

use crate::audit::{AuditOutcome, Touched};
use crate::credential::{actor_object, read_actor};
use crate::error::Error;
use crate::session::{Record, Session};
use access::{Actor, Interaction};
use fhir::schema::TypeId;
use fhir::{Document, Limits, Value};
use search::parse::Request;

const SPACE: &str = "job";

/// A piece of work.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name, unique.
    pub id: String,
    /// For whom it is done: all that it reads is narrowed by their rights.
    pub actor: Actor,
    /// The network address that it was asked for from.
    pub address: String,
    /// When it is forgotten, in milliseconds since 1970.
    pub expires_ms: i64,
    /// What is to be done and what became of it, as whoever does it writes it down.
    pub details: Value,
}

impl Record {
    /// All jobs: for those who do them.
    pub fn jobs(&self) -> Result<Vec<Job>, Error> {
        let documents = self.store.list_private(SPACE)?;
        Ok(documents.into_iter().filter_map(|(id, content)| decode(id, &content)).collect())
    }
}

impl Session {
    /// A job of this actor's: of the same person with the same rights. That of another is as if it were not there.
    pub fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        let content = self.record.store.read_private(SPACE, id)?;
        let job = content.and_then(|content| decode(id.to_owned(), &content));
        Ok(job.filter(|job| job.actor == self.actor))
    }

    /// A new job of this actor's, which is kept nowhere yet.
    pub fn new_job(&self, expires_ms: i64, details: Value) -> Job {
        let id = (self.record.new_id)();
        Job { id, actor: self.actor.clone(), address: self.origin.address.clone(), expires_ms, details }
    }

    /// Keeps a job as it is now; `what` says why, for the audit. Gives the time of the commit: whatever is committed
    /// later has this time or a later one.
    pub fn keep_job(&self, job: &Job, what: &str) -> Result<i64, Error> {
        self.change_job(&job.id, Some(encode(job)), what)
    }

    /// Forgets a job.
    pub fn end_job(&self, job: &Job, what: &str) -> Result<(), Error> {
        self.change_job(&job.id, None, what).map(|_| ())
    }

    /// Writes down that what a job made is handed out.
    pub fn audit_job(&self, job: &Job, what: &str) -> Result<(), Error> {
        let what = format!("job {}: {what}", job.id);
        self.audit(Interaction::Operate, &Touched::default(), &what, AuditOutcome::Done)
    }

    /// Whether this actor may search a type.
    pub fn may_search(&self, type_id: TypeId) -> bool {
        self.leave(Interaction::Search, type_id).is_ok()
    }

    /// Whether this actor may make resources of a type.
    pub fn may_create(&self, type_id: TypeId) -> bool {
        self.leave(Interaction::Create, type_id).is_ok()
    }

    /// Whether this actor may take away resources of a type in bulk.
    pub fn may_export(&self, type_id: TypeId) -> bool {
        self.leave(Interaction::Export, type_id).is_ok()
    }

    /// Refuses to let resources of a type be taken away in bulk where this actor may not.
    pub fn check_export(&self, type_id: TypeId) -> Result<(), Error> {
        self.authorise(Interaction::Export, type_id).map(|_| ())
    }

    /// Refuses to put resources of a type where this actor may not.
    pub fn check_put(&self, type_id: TypeId) -> Result<(), Error> {
        self.authorise(Interaction::Update, type_id).map(|_| ())
    }

    /// Refuses a search that this actor may not make, without making it.
    pub fn check_search(&self, request: &Request) -> Result<(), Error> {
        self.authorise_request(request).map(|_| ())
    }

    fn change_job(&self, id: &str, content: Option<Vec<u8>>, what: &str) -> Result<i64, Error> {
        self.change_private(SPACE, id.to_owned(), content, &format!("job {id}: {what}"))
    }
}

fn encode(job: &Job) -> Vec<u8> {
    let object = fhir::object! {
        "actor" => actor_object(&job.actor),
        "address" => job.address.as_str(),
        "expires_ms" => job.expires_ms,
        "details" => job.details.clone(),
    };
    object.to_json().into_bytes()
}

fn decode(id: String, content: &[u8]) -> Option<Job> {
    let document = Document::parse_with(content.to_vec(), Limits::UNBOUNDED).ok()?;
    let root = document.root();
    Some(Job {
        id,
        actor: read_actor(root.get("actor")?)?,
        address: root.get_str("address")?.into_owned(),
        expires_ms: root.get("expires_ms")?.as_number()?.parse().ok()?,
        details: Value::from(root.get("details")?),
    })
}
