//! What an index of words rests on, whatever engine it lies in: it follows the commits, and only says where to look.
//!
//! What it names, and what changed between its place in commit order and that of the read, hold every match; the matcher
//! decides. So it may lag, and may be lost: it is made anew from the first commit.

use crate::error::StoreError;
use crate::history::{self, Commits};
use fhir::schema::TypeId;
use std::time::Duration;

/// Changes taken in one step: one transaction.
pub(crate) const STEP_CHANGES: usize = 1_024;

/// How long commits are gathered when there are few: the index's own transactions must not keep pace with the writer's,
/// whose disk and processor they share.
pub(crate) const GATHERING: Duration = Duration::from_millis(250);

/// Changes since the index's place that are looked at one by one; when there are more, there is no index.
const LAG_CHANGES: usize = 4_096;

/// The ids of what changed of a type between the index's place and a moment; `None` when that is too much.
pub(crate) fn changed_since(
    commits: &impl Commits,
    place: u64,
    moment: u64,
    type_id: TypeId,
) -> Result<Option<Vec<String>>, StoreError> {
    if place >= moment {
        return Ok(Some(Vec::new()));
    }
    let behind = history::changes(commits, place, LAG_CHANGES)?;
    if behind.last().is_some_and(|last| last.sequence < moment) {
        return Ok(None);
    }
    let changed = behind.iter().flat_map(|commit| &commit.changes);
    Ok(Some(changed.filter(|(key, _)| key.type_id == type_id).map(|(key, _)| key.id.to_string()).collect()))
}
