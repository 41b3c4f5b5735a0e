//! Whether resources of a type changed since somebody looked: for what is made of them once and kept.

use crate::error::Error;
use fhir::schema::TypeId;
use store::Store;

/// Changes that are looked through in one step.
const STEP_CHANGES: usize = 1_024;
/// Commits further behind are not looked through: all is made anew.
const BEHIND_MAX: u64 = 10_000;

/// Whether commits behind one and up to another changed a resource of a type, or are too many to look.
pub(crate) fn changed_since(
    store: &dyn Store,
    wanted: TypeId,
    mut after: u64,
    newest: u64,
) -> Result<bool, Error> {
    if newest - after > BEHIND_MAX {
        return Ok(true);
    }
    while after < newest {
        let commits = store.changes(after, STEP_CHANGES)?;
        let Some(last) = commits.last() else { break };
        after = last.sequence;
        if commits.iter().flat_map(|commit| &commit.changes).any(|(key, _)| key.type_id == wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}
