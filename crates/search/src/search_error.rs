//! What can be wrong with a search.

/// Why a search cannot be done as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct SearchError {
    /// What sort of fault.
    pub kind: SearchErrorKind,
    /// The parameter as it was written, with its modifier.
    pub parameter: String,
    /// What is wrong and how to mend it.
    pub problem: String,
}

/// The sorts of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchErrorKind {
    /// There is no such parameter.
    UnknownParameter,
    /// The modifier is unknown, or does not fit the parameter.
    BadModifier,
    /// The value is malformed.
    BadValue,
    /// The standard has it; this server has not.
    Unsupported,
    /// The value set or code system is not known.
    UnknownTerminology,
    /// It would look at too much.
    TooCostly,
}

impl SearchError {
    pub(crate) fn new(kind: SearchErrorKind, parameter: &str, problem: impl Into<String>) -> Self {
        Self { kind, parameter: parameter.to_owned(), problem: problem.into() }
    }
}
