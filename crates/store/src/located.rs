//! Where a resource stands, by the directory, and whether a change may be made to it.

use crate::batch::Expect;
use crate::error::StoreError;
use crate::prepare::PreparedChange;

/// What index rows point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub home: i64,
    pub recency: i64,
    pub key: i64,
}

/// Where a resource stands. One that was deleted keeps its place, so that its past is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    pub key: i64,
    pub home: i64,
    pub recency: i64,
    pub version: u32,
    pub deleted: bool,
}

impl Located {
    /// Where its index rows point.
    pub fn target(self) -> Target {
        Target { home: self.home, recency: self.recency, key: self.key }
    }
}

/// The version that a write is compared with; 0 when there is none or it is deleted.
pub(crate) fn current_version(located: Option<Located>) -> u32 {
    located.filter(|located| !located.deleted).map_or(0, |located| located.version)
}

/// Refuses a change to a resource that is not in the state that the change expects.
pub(crate) fn meets(change: &PreparedChange, located: Option<Located>) -> Result<(), StoreError> {
    let current = current_version(located);
    let holds = match change.expect {
        Expect::Any => true,
        Expect::Absent => current == 0,
        Expect::Version(version) => current == version,
    };
    if holds { Ok(()) } else { Err(StoreError::VersionConflict { key: change.key.clone(), current }) }
}
