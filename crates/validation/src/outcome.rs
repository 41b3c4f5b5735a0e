//! What a validation found.

use crate::issue::{Issue, Severity};
use std::fmt;

/// All findings about one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The findings in the order of the walk, which is nearly that of the document.
    pub issues: Vec<Issue>,
}

impl Outcome {
    /// True when nothing is an error: warnings and information do not make a resource invalid.
    pub fn is_valid(&self) -> bool {
        self.errors().next().is_none()
    }

    /// The findings that make the resource invalid.
    pub fn errors(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.severity >= Severity::Error)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.issues.iter().try_for_each(|issue| writeln!(f, "{issue}"))
    }
}

impl std::error::Error for Outcome {}
