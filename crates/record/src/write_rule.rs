//! Rules of the domain that every write must keep, whoever makes it and by whatever way it comes.

use fhir::Document;
use search::query::Query;
use store::ResourceKey;

/// A write as a rule sees it.
pub struct ProposedWrite<'a> {
    /// Which resource.
    pub key: &'a ResourceKey,
    /// The current version; `None` when there is none.
    pub before: Option<&'a Document>,
    /// The version to be; `None` for a deletion.
    pub after: Option<&'a Document>,
}

/// A rule. Pure: what it must know of other resources it states as a query that may match nothing.
pub trait WriteRule: Send + Sync {
    /// A short name for messages and documentation, such as `patient-with-record-stays`.
    fn name(&self) -> &'static str;

    /// What must hold for the write; nothing when the rule does not apply.
    fn check(&self, write: &ProposedWrite<'_>) -> Result<Vec<Requirement>, Violation>;
}

/// Something that must hold at the moment of the commit.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// What must match no resource.
    pub no_match: Query,
    /// What to say when something does match.
    pub violation: Violation,
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name.
    pub rule: &'static str,
    /// What is wrong and how to mend it.
    pub message: String,
    /// Where, as a FHIRPath expression.
    pub expression: String,
}
