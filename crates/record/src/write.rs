//! Writes: one resource or a whole transaction, by one path.
//!
//! A [`decision`] finds which resources are meant, rewrites references, validates, holds everything against the write
//! rules, and hands one batch to the store, all or nothing. What was read to decide is a precondition of the batch: if
//! it changed meanwhile, the write is decided anew.

mod decision;
mod links;
mod names;
mod outcome;
mod resolve;

pub(crate) use decision::put;

use crate::audit::{AuditOutcome, Touched, audit_event};
use crate::condition::Condition;
use crate::error::Error;
use crate::patch::Patch;
use crate::private_documents::DocumentChange;
use crate::resource::Resource;
use crate::session::Session;
use crate::write_rule::Violation;
use access::{Grant, Interaction};
use decision::Decision;
use fhir::Node;
use fhir::schema::TypeId;
use outcome::Refusal;
use std::sync::PoisonError;
use store::{Expect, ResourceKey, StoreError};

/// A write asked for.
pub struct WriteRequest<'a> {
    /// What to do.
    pub action: WriteAction<'a>,
    /// The name that other entries of the same bundle use for this resource (`Bundle.entry.fullUrl`).
    pub full_url: Option<String>,
}

/// What to do.
pub enum WriteAction<'a> {
    /// Make a new resource, unless one matches the condition.
    Create {
        /// The type.
        type_id: TypeId,
        /// The resource as sent.
        resource: Node<'a>,
        /// `If-None-Exist`.
        unless: Option<Condition>,
    },
    /// Put this content in the place of the resource, or make it.
    Update {
        /// Which.
        target: Target,
        /// The resource as sent.
        resource: Node<'a>,
        /// What state it must be in.
        expect: Expect,
    },
    /// Change parts of the resource.
    Patch {
        /// Which.
        target: Target,
        /// The changes.
        patch: Patch,
        /// What state it must be in.
        expect: Expect,
    },
    /// Delete the resource.
    Delete {
        /// Which.
        target: Target,
        /// What state it must be in.
        expect: Expect,
    },
}

/// What a write is aimed at.
pub enum Target {
    /// A resource by name.
    Key(ResourceKey),
    /// The one resource that matches.
    Condition(Condition),
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What happened.
    pub effect: Effect,
    /// The resource now; `None` after a delete.
    pub resource: Option<Resource>,
    /// Its name; `None` when a conditional delete found nothing.
    pub key: Option<ResourceKey>,
    /// Its version; 0 when nothing was there to delete.
    pub version: u32,
    /// When that version was made, in milliseconds since 1970; 0 when there is none.
    pub updated_ms: i64,
}

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is new, or there again after it was deleted.
    Created,
    /// It has a new version.
    Updated,
    /// The content was the same: no new version.
    Unchanged,
    /// The condition of a create matched it: nothing was written.
    Existing,
    /// It was deleted, or was not there.
    Deleted,
}

/// How often a write is decided anew when what it was decided on changed meanwhile.
const ATTEMPTS: usize = 64;
/// From this attempt on, writes that were overtaken go one after another, so that none is overtaken for ever.
const PATIENCE: usize = 3;

impl Session {
    /// Writes one resource.
    pub fn write(&self, request: WriteRequest<'_>) -> Result<Written, Error> {
        let mut written = self.write_all(std::slice::from_ref(&request)).map_err(Error::without_entry)?;
        Ok(written.remove(0))
    }

    /// Writes several resources, all or nothing. An error names its entry.
    pub fn write_all(&self, requests: &[WriteRequest<'_>]) -> Result<Vec<Written>, Error> {
        let written = self.write_all_with(requests, &[])?;
        Ok(written.expect("no private document can have changed"))
    }

    /// Writes several resources and changes private documents, all or nothing. `None` when one of the documents is not as it
    /// was read: then nothing is written. An error names its entry.
    pub fn write_all_with(
        &self,
        requests: &[WriteRequest<'_>],
        documents: &[DocumentChange],
    ) -> Result<Option<Vec<Written>>, Error> {
        let permits = requests.iter().enumerate().map(|(index, request)| {
            Permit::ask(self, &request.action).map_err(|error| error.in_entry(index))
        });
        let permits: Result<Vec<Permit>, Error> = permits.collect();
        let result = permits.and_then(|permits| self.write_permitted((requests, documents), &permits));
        if let Err(error) = &result
            && !error.is_denial()
        {
            self.audit_failure(requests)?;
        }
        result
    }

    fn write_permitted(
        &self,
        (requests, documents): (&[WriteRequest<'_>], &[DocumentChange]),
        permits: &[Permit],
    ) -> Result<Option<Vec<Written>>, Error> {
        let mut queue = None;
        for attempt in 1..=ATTEMPTS {
            if attempt > PATIENCE && queue.is_none() {
                queue = Some(self.record.overtaken.lock().unwrap_or_else(PoisonError::into_inner));
            }
            let decision = Decision::make(self, requests, permits);
            match decision.and_then(|decision| decision.with_documents(documents).commit()) {
                Err(Refusal::Again) if !self.are_as_read(documents)? => return Ok(None),
                Err(Refusal::Again) => {}
                Err(Refusal::Final(error)) => return Err(*error),
                Ok(written) => return Ok(Some(written)),
            }
        }
        Err(StoreError::Busy.into())
    }

    /// A write that failed may still have told something: that a condition matches, that a version is another.
    fn audit_failure(&self, requests: &[WriteRequest<'_>]) -> Result<(), Error> {
        let interaction = match requests {
            [only] => only.action.needs().0,
            _ => Interaction::Operate,
        };
        let keys = requests.iter().filter_map(|request| request.action.key()).cloned();
        self.audit(interaction, &Touched::names(keys), &asked(requests), AuditOutcome::Failed)
    }
}

/// The conditions of requests, a line each: for the audit.
fn asked(requests: &[WriteRequest<'_>]) -> String {
    let texts: Vec<_> = requests
        .iter()
        .filter_map(|request| request.action.condition())
        .map(|condition| condition.text.as_str())
        .collect();
    texts.join("\n")
}

/// What the policy allows of a request.
struct Permit {
    /// To do it.
    write: Grant,
    /// To look for what its condition names, and to be shown it.
    search: Option<Grant>,
}

impl Permit {
    fn ask(session: &Session, action: &WriteAction<'_>) -> Result<Self, Error> {
        let (interaction, type_id) = action.needs();
        if type_id == audit_event() {
            return Err(Error::Rule(Violation {
                rule: "audit-log-is-written-by-the-server",
                message: "AuditEvents are the server's own record of what was done: they are read and searched, never \
                          written; keep those of other systems there, or as a DocumentReference"
                    .to_owned(),
                expression: "AuditEvent".to_owned(),
            }));
        }
        let write = session.authorise(interaction, type_id)?;
        let search = match action.condition() {
            Some(condition) => Some(session.authorise(Interaction::Search, condition.type_id)?),
            None => None,
        };
        Ok(Self { write, search })
    }
}

impl WriteAction<'_> {
    fn needs(&self) -> (Interaction, TypeId) {
        match self {
            Self::Create { type_id, .. } => (Interaction::Create, *type_id),
            Self::Update { target, .. } | Self::Patch { target, .. } => {
                (Interaction::Update, target.type_id())
            }
            Self::Delete { target, .. } => (Interaction::Delete, target.type_id()),
        }
    }

    fn target(&self) -> Option<&Target> {
        match self {
            Self::Create { .. } => None,
            Self::Update { target, .. } | Self::Patch { target, .. } | Self::Delete { target, .. } => {
                Some(target)
            }
        }
    }

    /// The resource, when the request names it.
    pub(crate) fn key(&self) -> Option<&ResourceKey> {
        match self.target()? {
            Target::Key(key) => Some(key),
            Target::Condition(_) => None,
        }
    }

    fn condition(&self) -> Option<&Condition> {
        match (self, self.target()) {
            (Self::Create { unless, .. }, _) => unless.as_ref(),
            (_, Some(Target::Condition(condition))) => Some(condition),
            _ => None,
        }
    }
}

impl Target {
    fn type_id(&self) -> TypeId {
        match self {
            Self::Key(key) => key.type_id,
            Self::Condition(condition) => condition.type_id,
        }
    }
}
