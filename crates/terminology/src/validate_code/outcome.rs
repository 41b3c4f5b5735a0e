//! What is answered when a code was validated.

use fhir::{Value, array, object};

/// System of [`Issue::kind`].
const ISSUE_KIND_SYSTEM: &str = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type";

/// Whether codes are right, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Outcome {
    /// True when a code is right.
    pub result: bool,
    /// The errors in one text; without errors the warnings; `None` without either.
    pub message: Option<String>,
    /// The code found.
    pub code: Option<String>,
    /// Its system.
    pub system: Option<String>,
    /// The version of the system in which it was found.
    pub version: Option<String>,
    /// The right display.
    pub display: Option<String>,
    /// True when the concept is out of use.
    pub inactive: bool,
    /// Systems that would have been needed and are not here.
    pub unknown_systems: Vec<String>,
    /// What is to be said about the codes.
    pub issues: Vec<Issue>,
}

/// How grave an issue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueSeverity {
    /// The code is wrong or could not be validated.
    Error,
    /// The code can be used but should be looked at.
    Warning,
    /// Good to know.
    Information,
}

impl IssueSeverity {
    /// The code in FHIR.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// One thing to be said about a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How grave it is.
    pub severity: IssueSeverity,
    /// Issue type of OperationOutcome, such as `code-invalid`.
    pub code: &'static str,
    /// What kind of terminology issue it is, such as `not-in-vs`.
    pub kind: &'static str,
    /// The text for people.
    pub text: String,
    /// Where it is, as an expression.
    pub expression: String,
}

impl Outcome {
    pub(crate) fn push(&mut self, severity: IssueSeverity, kind: Kind, text: String, expression: String) {
        let (code, kind) = kind.codes();
        let issue = Issue { severity, code, kind, text, expression };
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }

    /// Sets result and message by the issues.
    pub(crate) fn settle(mut self) -> Self {
        let texts = |severity: IssueSeverity| -> Vec<&str> {
            let of_severity = self.issues.iter().filter(|issue| issue.severity == severity);
            let mut texts: Vec<&str> = of_severity.map(|issue| issue.text.as_str()).collect();
            texts.sort_unstable();
            texts.dedup();
            texts
        };
        let (errors, warnings) = (texts(IssueSeverity::Error), texts(IssueSeverity::Warning));
        self.result = errors.is_empty();
        let said = if errors.is_empty() { warnings } else { errors };
        self.message = Some(said.join("; ")).filter(|text| !text.is_empty());
        self
    }

    /// The answer as a FHIR Parameters resource.
    pub fn to_parameters(&self) -> Value {
        let mut parameters = vec![object! { "name" => "result", "valueBoolean" => self.result }];
        let mut text = |name: &str, kind: &str, value: &Option<String>| {
            if let Some(value) = value {
                parameters.push(object! { "name" => name, kind => value.as_str() });
            }
        };
        text("message", "valueString", &self.message);
        text("display", "valueString", &self.display);
        text("code", "valueCode", &self.code);
        text("system", "valueUri", &self.system);
        text("version", "valueString", &self.version);
        if self.inactive {
            parameters.push(object! { "name" => "inactive", "valueBoolean" => true });
        }
        for system in &self.unknown_systems {
            parameters.push(object! { "name" => "x-unknown-system", "valueCanonical" => system.as_str() });
        }
        if !self.issues.is_empty() {
            let issues: Vec<Value> = self.issues.iter().map(Issue::to_value).collect();
            let outcome = object! { "resourceType" => "OperationOutcome", "issue" => issues };
            parameters.push(object! { "name" => "issues", "resource" => outcome });
        }
        object! { "resourceType" => "Parameters", "parameter" => parameters }
    }
}

impl Issue {
    /// The issue as a part of an OperationOutcome.
    pub fn to_value(&self) -> Value {
        let coding = object! { "system" => ISSUE_KIND_SYSTEM, "code" => self.kind };
        let mut issue = object! {
            "severity" => self.severity.as_str(),
            "code" => self.code,
            "details" => object! { "coding" => array![coding], "text" => self.text.as_str() },
        };
        if let Some(object) = issue.as_object_mut().filter(|_| !self.expression.is_empty()) {
            object.set("location", array![self.expression.as_str()]);
            object.set("expression", array![self.expression.as_str()]);
        }
        issue
    }
}

/// Kinds of issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NotInValueSet,
    ThisCodeNotInValueSet,
    InvalidCode,
    UnknownSystem,
    InvalidDisplay,
    CannotInfer,
    InvalidData,
    CodeComment,
    CodeRule,
    VersionMismatch,
}

impl Kind {
    /// Type in an OperationOutcome, and kind of terminology issue.
    fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::NotInValueSet => ("code-invalid", "not-in-vs"),
            Self::ThisCodeNotInValueSet => ("code-invalid", "this-code-not-in-vs"),
            Self::InvalidCode => ("code-invalid", "invalid-code"),
            Self::UnknownSystem => ("not-found", "not-found"),
            Self::InvalidDisplay => ("invalid", "invalid-display"),
            Self::CannotInfer => ("not-found", "cannot-infer"),
            Self::InvalidData => ("invalid", "invalid-data"),
            Self::CodeComment => ("business-rule", "code-comment"),
            Self::CodeRule => ("business-rule", "code-rule"),
            Self::VersionMismatch => ("invalid", "vs-invalid"),
        }
    }
}
