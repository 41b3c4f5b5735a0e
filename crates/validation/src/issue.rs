//! One finding: what is wrong, where, and how to mend it.

use std::borrow::Cow;
use std::fmt;

/// How grave a finding is (FHIR: IssueSeverity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing to mend.
    Information,
    /// Allowed, but probably not what was meant.
    Warning,
    /// The resource breaks a rule.
    Error,
    /// Nothing more could be checked.
    Fatal,
}

impl Severity {
    /// The code in FHIR.
    pub fn code(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// What sort of rule is broken (FHIR: IssueType, the part of it that validation uses).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssueType {
    /// The shape is wrong: an unknown member, an array where one value belongs.
    Structure,
    /// Something that must be there is missing.
    Required,
    /// A value is not of its type's form.
    Value,
    /// A rule of the definition is broken.
    Invariant,
    /// A code is not of its value set.
    CodeInvalid,
    /// The same thing stands twice where it must be unique.
    Duplicate,
    /// What is pointed at is not there.
    NotFound,
    /// Content that would be dangerous to show.
    Security,
    /// More than the limits allow.
    TooLong,
    /// Not everything was listed.
    TooCostly,
    /// A kind of content that is not known.
    NotSupported,
    /// For the reader's information.
    Informational,
}

impl IssueType {
    /// The code in FHIR.
    pub fn code(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::Invariant => "invariant",
            Self::CodeInvalid => "code-invalid",
            Self::Duplicate => "duplicate",
            Self::NotFound => "not-found",
            Self::Security => "security",
            Self::TooLong => "too-long",
            Self::TooCostly => "too-costly",
            Self::NotSupported => "not-supported",
            Self::Informational => "informational",
        }
    }
}

/// One finding of a validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How grave it is.
    pub severity: Severity,
    /// What sort of rule is broken.
    pub code: IssueType,
    /// The place, in the simple FHIRPath of `OperationOutcome.issue.expression`: `Patient.name[0].given[1]`.
    pub expression: String,
    /// 1-based line in the document.
    pub line: usize,
    /// 1-based column in the line, in characters.
    pub column: usize,
    /// What is wrong and how to mend it, in one sentence.
    pub message: String,
    /// The key of the rule: an invariant's own (`pat-1`) or one of this crate's (`unknown-member`).
    pub rule: Cow<'static, str>,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, expression, line, column, message, rule, .. } = self;
        let severity = severity.code();
        write!(f, "{severity}: {expression} (line {line}, column {column}): {message} [{rule}]")
    }
}
