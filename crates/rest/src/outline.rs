//! The tables as others may see them: for documentation and for tests that touch every row.

use crate::interactions::{INTERACTIONS, Run};
use crate::operations::{OPERATIONS, Operation};

/// A row of the table of interactions.
#[derive(Clone, Copy, Debug)]
pub struct InteractionOutline {
    /// The HTTP method.
    pub method: &'static str,
    /// The path behind the base, with `{placeholders}`.
    pub path: &'static str,
    /// What the standard calls it, or our own name.
    pub name: &'static str,
    /// True when no token is needed.
    pub is_open: bool,
}

/// A row of the table of operations.
#[derive(Clone, Debug)]
pub struct OperationOutline {
    /// The name, without `$`.
    pub name: &'static str,
    /// Where it can be called: path patterns behind the base.
    pub paths: Vec<String>,
    /// True when it changes data.
    pub affects_state: bool,
}

/// Every interaction.
pub fn interaction_outline() -> impl Iterator<Item = InteractionOutline> {
    INTERACTIONS.iter().map(|row| InteractionOutline {
        method: row.method,
        path: row.path,
        name: row.name,
        is_open: matches!(row.run, Run::Open(_)),
    })
}

/// Every operation.
pub fn operation_outline() -> impl Iterator<Item = OperationOutline> {
    OPERATIONS.iter().map(|row| OperationOutline {
        name: row.name,
        paths: operation_paths(row),
        affects_state: row.affects_state,
    })
}

/// The path patterns of an operation.
pub(crate) fn operation_paths(operation: &Operation) -> Vec<String> {
    let types = if operation.types.is_empty() { &["{type}"] } else { operation.types };
    let paths = |name: &&'static str| {
        let name = *name;
        operation
            .levels
            .iter()
            .map(move |level| format!("{}${}", level.path().replace("{type}", name), operation.name))
    };
    types.iter().flat_map(paths).collect()
}
