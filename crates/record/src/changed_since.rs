//! What changed since somebody looked: for what is made of resources once and kept.

use crate::error::Error;
use fhir::schema::TypeId;
use store::{ResourceKey, Store};

/// Changes that are looked through in one step.
const STEP_CHANGES: usize = 1_024;
/// Commits further behind are not looked through: all is made anew.
const BEHIND_MAX: u64 = 10_000;

/// Whether the commits between two are few enough to be looked through.
pub(crate) fn is_near(after: u64, newest: u64) -> bool {
    newest - after <= BEHIND_MAX
}

/// Gives what the commits behind one and up to another changed, until the taker wants no more.
pub(crate) fn each_change(
    store: &dyn Store,
    mut after: u64,
    newest: u64,
    mut take: impl FnMut(ResourceKey) -> bool,
) -> Result<(), Error> {
    while after < newest {
        let commits = store.changes(after, STEP_CHANGES)?;
        let Some(last) = commits.last() else { break };
        after = last.sequence;
        let changed = commits.into_iter().flat_map(|commit| commit.changes);
        if !changed.map(|(key, _)| key).all(&mut take) {
            break;
        }
    }
    Ok(())
}

/// Whether commits behind one and up to another changed a resource of a type, or are too many to look.
pub(crate) fn changed_since(
    store: &dyn Store,
    wanted: TypeId,
    after: u64,
    newest: u64,
) -> Result<bool, Error> {
    let mut is_changed = !is_near(after, newest);
    if !is_changed {
        each_change(store, after, newest, |key| {
            is_changed = key.type_id == wanted;
            !is_changed
        })?;
    }
    Ok(is_changed)
}
