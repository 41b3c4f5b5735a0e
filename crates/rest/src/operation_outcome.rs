//! OperationOutcome: what is said of a request besides its answer.

use fhir::{Object, Value};

/// One thing to be said (`OperationOutcome.issue`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// `fatal`, `error`, `warning` or `information`.
    pub severity: &'static str,
    /// A code of `http://hl7.org/fhir/issue-type`.
    pub code: &'static str,
    /// What is wrong.
    pub diagnostics: String,
    /// What it means for the person who asks, and how to mend it.
    pub details: String,
    /// Where: FHIRPath in the resource sent, or `http.NAME` for a header or parameter.
    pub expression: String,
}

impl Issue {
    pub fn error(code: &'static str, diagnostics: impl Into<String>) -> Self {
        Self {
            severity: "error",
            code,
            diagnostics: diagnostics.into(),
            details: String::new(),
            expression: String::new(),
        }
    }

    pub fn information(text: impl Into<String>) -> Self {
        Self { severity: "information", ..Self::error("informational", text) }
    }

    /// The issue of a finding of the validator's.
    pub fn of_finding(finding: &validation::Issue) -> Self {
        let place = format!("line {}, column {}: {}", finding.line, finding.column, finding.rule);
        Self {
            severity: finding.severity.code(),
            code: finding.code.code(),
            diagnostics: place,
            details: finding.message.clone(),
            expression: finding.expression.clone(),
        }
    }

    /// The issue of something wrong with a search.
    pub fn of_search(severity: &'static str, error: &search::SearchError) -> Self {
        let (code, details) = search_issue(error.kind);
        Self {
            severity,
            code,
            diagnostics: error.to_string(),
            details: details.to_owned(),
            expression: format!("http.{}", error.parameter),
        }
    }

    fn to_value(&self) -> Value {
        let mut issue = Object::new();
        issue.set("severity", self.severity);
        issue.set("code", self.code);
        let details = if self.details.is_empty() { &self.diagnostics } else { &self.details };
        issue.set("details", fhir::object! { "text" => details.as_str() });
        issue.set("diagnostics", self.diagnostics.as_str());
        if !self.expression.is_empty() {
            issue.set("expression", vec![self.expression.as_str()]);
        }
        issue.into()
    }
}

/// The issue code of what is wrong with a search, and how to mend it.
fn search_issue(kind: search::SearchErrorKind) -> (&'static str, &'static str) {
    use search::SearchErrorKind as Kind;
    match kind {
        Kind::UnknownParameter => {
            ("not-supported", "correct or remove the parameter; /metadata lists those of each type")
        }
        Kind::BadModifier => ("not-supported", "correct or remove the modifier"),
        Kind::BadValue => ("value", "correct the value"),
        Kind::Unsupported => ("not-supported", "search without this parameter"),
        Kind::UnknownTerminology => ("not-found", "name a value set or code system that the server has"),
        Kind::TooCostly => ("too-costly", "ask for less at once"),
    }
}

/// An OperationOutcome as JSON.
pub(crate) fn operation_outcome(issues: &[Issue]) -> String {
    let issues = issues.iter().map(Issue::to_value).collect::<Vec<_>>();
    fhir::object! { "resourceType" => "OperationOutcome", "issue" => Value::Array(issues) }.to_json()
}
