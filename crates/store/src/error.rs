//! What can go wrong with a store, in kinds a caller can act on.

use crate::version::ResourceKey;

/// A store's refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A change or precondition named a version that is not the current one.
    #[error("{key} is at version {current}, not as expected")]
    VersionConflict {
        /// Which resource.
        key: ResourceKey,
        /// The current version; 0 when it does not exist or is deleted.
        current: u32,
    },
    /// A conditional write's query matches something else than it must.
    #[error("the condition of the write does not hold any more")]
    ConditionConflict {
        /// Which precondition, by position.
        precondition: usize,
        /// What matches, at most two.
        matches: Vec<ResourceKey>,
    },
    /// The search would look at too much.
    #[error("too costly: {advice}")]
    TooCostly {
        /// How to ask for less.
        advice: String,
    },
    /// A cursor that this store did not make.
    #[error("the page cursor is not one of this server's; begin the search anew")]
    BadCursor,
    /// No space left on the device: nothing was written.
    #[error("the disk is full")]
    DiskFull,
    /// The queue of writes is full; try again later.
    #[error("the store is busy")]
    Busy,
    /// The database is away. Reads may be tried again, and so may writes that name the version they expect; whether
    /// another write was done is not known when its answer was lost.
    #[error("the database cannot be reached: {context}: {reason}")]
    Unavailable {
        /// What was being done.
        context: &'static str,
        /// What the network or the database says.
        reason: String,
    },
    /// Another process has the data directory.
    #[error("the data directory is in use by process {0}")]
    InUse(String),
    /// The data directory was written by a newer program.
    #[error(
        "the data is of schema {found}, newer than the {known} this program knows; use the newer program"
    )]
    NewerSchema {
        /// What was found.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// The data directory was written before data was encrypted, which no release did.
    #[error(
        "the data is of schema {found}, of before the first release: export it with the program that wrote it, and import it anew"
    )]
    OlderSchema {
        /// What was found.
        found: u32,
    },
    /// Stored data is not as it was written.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// What was asked for cannot be read any more: the key of the record that it is of was destroyed.
    #[error("a record in it was destroyed, and cannot be written down again")]
    Shredded,
    /// Anything else of the world: the database, the file system.
    #[error("{context}: {source}")]
    World {
        /// What was being done.
        context: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// True for answers that leave a transaction as it was.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::VersionConflict { .. }
                | Self::ConditionConflict { .. }
                | Self::TooCostly { .. }
                | Self::BadCursor
        )
    }
}

/// Turns an error of the file system into the store's, with what was being done.
pub(crate) fn failed_io(context: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    move |error| match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        _ => StoreError::World { context, source: Box::new(error) },
    }
}
