//! Why an expression has no result for a focus.

use thiserror::Error;

/// An expression was asked something that the standard answers with an error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvaluationError {
    /// Several items where one at most belongs (FHIRPath §4.5, singleton evaluation of collections).
    #[error("{operation} needs one item and found several; choose one, for example with first()")]
    NotSingleton {
        /// The function or operator.
        operation: &'static str,
    },
    /// An item of a type that the function or operator has no meaning for.
    #[error("{operation} has no meaning for {found}")]
    WrongType {
        /// The function or operator.
        operation: &'static str,
        /// The name of the type found.
        found: &'static str,
    },
    /// `%name` that neither the standard nor the caller defines.
    #[error("there is no variable %{0}")]
    UnknownVariable(String),
    /// A type name that no model has.
    #[error("there is no type {0}")]
    UnknownType(String),
    /// The environment could not answer, such as a profile nobody knows.
    #[error("{operation} has no answer for {subject}")]
    Unanswered {
        /// The function.
        operation: &'static str,
        /// What it was asked about.
        subject: String,
    },
    /// The pattern is no regular expression, or one with parts that are not supported (look-around, back references).
    #[error("not a usable regular expression: {0}")]
    BadPattern(String),
    /// The caller set no time for `now()`, `today()` and `timeOfDay()`.
    #[error("the caller did not say what time it is")]
    NoClock,
    /// More work than [`crate::Context::limit`] allows.
    #[error("the expression needs more than {0} steps; narrow it")]
    TooCostly(u64),
}
