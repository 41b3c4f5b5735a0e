//! Private documents of other crates, such as accounts: beside the clinical data, never found by search or history.
//!
//! Each change is audited by a text that says what was done and for whom, never the content.

use crate::audit::{AuditOutcome, Touched};
use crate::error::Error;
use crate::session::{Record, Session};
use access::Interaction;
use store::{Batch, Precondition, PrivateChange, StoreError};

/// A document put in place, or taken away, if it is still as it was read.
#[derive(Clone, Debug)]
pub struct DocumentChange {
    /// The key space, such as `account`.
    pub space: &'static str,
    /// The key in it.
    pub key: String,
    /// As it was read; `None`: it was not there.
    pub before: Option<Vec<u8>>,
    /// As it is to be; `None` takes it away.
    pub after: Option<Vec<u8>>,
}

impl DocumentChange {
    /// Takes away a document that was read.
    pub fn removal(space: &'static str, key: String, read: Vec<u8>) -> Self {
        Self { space, key, before: Some(read), after: None }
    }

    /// What must be so for the change, and the change.
    pub(crate) fn into_parts(self) -> (Precondition, PrivateChange) {
        let Self { space, key, before, after } = self;
        let space = space.to_owned();
        let precondition = Precondition::Private { space: space.clone(), key: key.clone(), content: before };
        (precondition, PrivateChange { space, key, content: after })
    }
}

impl Record {
    /// A document; `None` when it is not there.
    pub fn private_document(&self, space: &'static str, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.store.read_private(space, key)?)
    }

    /// The documents of a space, by key.
    pub fn private_documents(&self, space: &'static str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        Ok(self.store.list_private(space)?)
    }
}

impl Session {
    /// Changes documents together. False when one of them is not as it was read: then none is changed.
    pub fn change_documents(&self, changes: Vec<DocumentChange>, what: &str) -> Result<bool, Error> {
        self.change_documents_about(None, changes, what)
    }

    /// The same for documents that are about a patient: the audit row says about whom.
    pub fn change_documents_about(
        &self,
        patient: Option<&str>,
        changes: Vec<DocumentChange>,
        what: &str,
    ) -> Result<bool, Error> {
        let mut touched = Touched::default();
        touched.patients.extend(patient.map(str::to_owned));
        let mut batch = Batch {
            time_ms: self.record.now_ms(),
            audit: self.row(Interaction::Operate, &touched, what, AuditOutcome::Done),
            ..Batch::default()
        };
        for change in changes {
            let (precondition, change) = change.into_parts();
            batch.preconditions.push(precondition);
            batch.private.push(change);
        }
        match self.record.store.commit(batch) {
            Ok(_) => Ok(true),
            Err(StoreError::ConditionConflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether documents are still as they were read.
    pub(crate) fn are_as_read(&self, changes: &[DocumentChange]) -> Result<bool, Error> {
        for DocumentChange { space, key, before, .. } in changes {
            if self.record.private_document(space, key)? != *before {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes down that somebody tried to become this actor, and could not.
    pub fn audit_refused_ceremony(&self, what: &str) -> Result<(), Error> {
        self.audit(Interaction::Operate, &Touched::default(), what, AuditOutcome::Refused)
    }

    /// Refuses whoever may not do everything.
    pub fn require_administrator(&self) -> Result<(), Error> {
        self.authorise_all(Interaction::Operate).map(|_| ())
    }
}
