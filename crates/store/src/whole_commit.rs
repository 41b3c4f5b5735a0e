//! The commit stream: commits with all that they wrote, in a form that no backend owns. What is read from one store can be
//! written into another, which then has the same versions, times, order and hashes.

use crate::batch::{Action, Batch, Change, Expect};
use crate::blob::{Mark, marks};
use crate::body::Body;
use crate::commit_log::Chain;
use crate::version::{ResourceKey, Splice};
use search::rows::index_rows;
use std::sync::Arc;

/// A commit with all that it wrote but private documents.
#[derive(Clone, PartialEq)]
pub struct WholeCommit {
    /// Its place in commit order.
    pub sequence: u64,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The versions it made, in order.
    pub changes: Vec<WholeChange>,
    /// Its audit row.
    pub audit: Vec<u8>,
    /// The hash over it and all commits before.
    pub chain: [u8; 32],
}

/// A version in a commit.
#[derive(Clone, PartialEq)]
pub struct WholeChange {
    /// Which resource.
    pub key: ResourceKey,
    /// The store's internal key of the resource.
    pub number: i64,
    /// The version.
    pub version: u32,
    /// See [`crate::Version::body`]; `None` when it is a deletion.
    pub body: Option<Arc<Body>>,
    /// See [`crate::Version::splice`].
    pub splice: Splice,
}

const _: () = assert!(size_of::<Chain>() == 32);

impl WholeCommit {
    /// The marks of contents in the versions that it made.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        let bodies = self.changes.iter().filter_map(|change| change.body.as_deref());
        bodies.flat_map(|body| marks(body)).map(|(_, mark)| mark)
    }

    /// The batch that writes this commit again.
    pub(crate) fn batch(&self) -> Result<Batch, crate::StoreError> {
        let mut changes = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            let action = match &change.body {
                None => Action::Delete,
                Some(body) => {
                    let rows = Box::new(index_rows(body.document(&change.key)?));
                    Action::Put { body: body.text(), splice: change.splice, rows }
                }
            };
            changes.push(Change { key: change.key.clone(), expect: Expect::Any, action });
        }
        Ok(Batch { time_ms: self.time_ms, changes, audit: self.audit.clone(), ..Batch::default() })
    }
}
