//! The checks that are made of each group: one file each, and one row of [`CHECKS`].

mod capability;
mod include;
mod interaction;
mod must_support;
mod operation;
mod reference;
mod search;
mod search_variant;
mod validity;

use crate::group::GroupRun;
use anyhow::Result;

/// Adds to the findings of a group. An error means that the server cannot be reached.
type CheckGroup = fn(&mut GroupRun<'_>) -> Result<()>;

/// Every check, in the order in which they are made.
pub const CHECKS: &[CheckGroup] = &[
    capability::run,
    search::run,
    search_variant::run,
    include::run,
    interaction::run,
    operation::run,
    must_support::run,
    validity::run,
    reference::run,
];

/// True for what is counted: SHALL and SHOULD.
fn is_demanded(expectation: &str) -> bool {
    ["SHALL", "SHOULD"].contains(&expectation)
}
