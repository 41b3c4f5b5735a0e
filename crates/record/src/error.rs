//! What a session refuses or fails at, in kinds that an edge can turn into its own answers.

use crate::write_rule::Violation;
use access::Denial;
use store::{ResourceKey, StoreError};

/// A refusal (the user's fault, with the remedy) or a failure (the world's).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such resource or version, and never was.
    #[error("there is no {0}")]
    NotFound(String),
    /// The resource was deleted.
    #[error("{key} was deleted; its history is at {key}/_history")]
    Gone {
        /// Which.
        key: ResourceKey,
        /// The version that deleted it.
        version: u32,
    },
    /// The actor may not do this.
    #[error("{0}")]
    Denied(Denial),
    /// The resource breaks the definitions; nothing was written.
    #[error("the resource is not valid: {}", first_message(.0))]
    Invalid(validation::Outcome),
    /// The search was not understood.
    #[error("{0}")]
    Search(search::SearchError),
    /// The resource changed since the version that the write names.
    #[error("{}", conflict_message(.key, *.current, *.expected))]
    VersionConflict {
        /// Which.
        key: ResourceKey,
        /// The version now; 0 when it does not exist.
        current: u32,
        /// The version named; 0 when it must not exist.
        expected: u32,
    },
    /// A condition that must match at most one resource, or exactly one, matches another number.
    #[error("the condition '{condition}' matches {found}; {advice}")]
    Condition {
        /// The condition as given.
        condition: String,
        /// How many match, in words.
        found: &'static str,
        /// How to mend it.
        advice: &'static str,
    },
    /// A rule of the domain is broken; nothing was written.
    #[error("{}", .0.message)]
    Rule(Violation),
    /// The request itself is malformed.
    #[error("{message}")]
    Request {
        /// Where, as a FHIRPath expression; may be empty.
        expression: String,
        /// What is wrong and how to mend it.
        message: String,
    },
    /// An error in one entry of a bundle.
    #[error("entry {index}: {error}")]
    Entry {
        /// Which entry, from 0.
        index: usize,
        /// The error in it.
        error: Box<Error>,
    },
    /// The virus scanner cannot look at a content; nothing was written.
    #[error("the virus scanner cannot look at the content: {0}")]
    NotScanned(String),
    /// The store refuses or fails.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Error {
    /// A malformed request.
    pub fn request(expression: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Request { expression: expression.into(), message: message.into() }
    }

    /// The error itself, without the entries it stands in.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::Entry { error, .. } => error.innermost(),
            other => other,
        }
    }

    /// The error itself, without the entry it stands in.
    #[must_use]
    pub(crate) fn without_entry(self) -> Self {
        match self {
            Self::Entry { error, .. } => *error,
            other => other,
        }
    }

    /// True when the policy refuses: that is audited where it is decided.
    pub(crate) fn is_denial(&self) -> bool {
        matches!(self.innermost(), Self::Denied(_))
    }

    /// This error, in an entry of a bundle.
    pub fn in_entry(self, index: usize) -> Self {
        Self::Entry { index, error: Box::new(self) }
    }
}

impl From<Denial> for Error {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<search::SearchError> for Error {
    fn from(error: search::SearchError) -> Self {
        Self::Search(error)
    }
}

fn first_message(outcome: &validation::Outcome) -> String {
    outcome
        .errors()
        .next()
        .map_or_else(String::new, |issue| format!("{}: {}", issue.expression, issue.message))
}

fn conflict_message(key: &ResourceKey, current: u32, expected: u32) -> String {
    match (current, expected) {
        (_, 0) => format!("{key} exists already, at version {current}; update it or take another id"),
        (0, _) => format!("{key} does not exist or was deleted, so it is not at version {expected}"),
        _ => format!(
            "{key} is at version {current}, not {expected}; read it again and repeat the change on top of it"
        ),
    }
}
