//! What is written together: changes, what must hold for them, and their audit row.

use crate::version::{ResourceKey, Splice};
use search::query::Query;
use search::rows::IndexRows;
use std::sync::Arc;

/// A write: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The time of the write in milliseconds since 1970. The store never goes back: a commit's time is at least
    /// that of the commit before.
    pub time_ms: i64,
    /// What must hold at the moment of the commit, besides what each change expects.
    pub preconditions: Vec<Precondition>,
    /// The changes, at most one a resource.
    pub changes: Vec<Change>,
    /// Changes to private documents.
    pub private: Vec<PrivateChange>,
    /// The audit row of the whole write, opaque; chained and stored in the same transaction.
    pub audit: Vec<u8>,
}

/// Something that must hold.
#[derive(Clone, Debug)]
pub enum Precondition {
    /// No resource matches (conditional create).
    NoMatch(Query),
    /// Exactly this resource matches (conditional update, patch, delete).
    OnlyMatch(Query, ResourceKey),
    /// The resource is at this version; 0: it does not exist or is deleted (for what was read to decide a write).
    At(ResourceKey, u32),
    /// A private document has this content; `None`: it is not there (for what was read to decide its change).
    Private {
        /// The key space.
        space: String,
        /// The key in it.
        key: String,
        /// The content.
        content: Option<Vec<u8>>,
    },
}

/// A change to one resource.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which.
    pub key: ResourceKey,
    /// What state it must be in.
    pub expect: Expect,
    /// What to do.
    pub action: Action,
}

/// What state a resource must be in for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Any.
    Any,
    /// It never existed, or is deleted.
    Absent,
    /// It exists at this version.
    Version(u32),
}

/// A new version.
#[derive(Clone, Debug)]
pub enum Action {
    /// With this body.
    Put {
        /// See [`crate::Version::body`].
        body: Arc<str>,
        /// See [`crate::Version::splice`].
        splice: Splice,
        /// Its index rows.
        rows: Box<IndexRows>,
    },
    /// Deleted. Deleting what does not exist changes nothing and makes no version.
    Delete,
}

/// A change to a private document.
#[derive(Clone, Debug)]
pub struct PrivateChange {
    /// The key space, such as `account`.
    pub space: String,
    /// The key in it.
    pub key: String,
    /// The new content; `None` removes it.
    pub content: Option<Vec<u8>>,
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its place in commit order.
    pub sequence: u64,
    /// Its time, in milliseconds since 1970.
    pub time_ms: i64,
    /// The version of each change, in order; 0 where a delete found nothing to delete.
    pub versions: Vec<u32>,
}
