//! What a request is refused with: a status and the issues that say why and how to mend it.

use crate::operation_outcome::{Issue, operation_outcome};
use crate::pool::Refusal;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use fhir::ParseError;
use record::StoreError;

/// A refusal or failure.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub status: StatusCode,
    pub issues: Vec<Issue>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// Seconds after which a client may try again.
const RETRY_AFTER_S: u32 = 1;

impl Failure {
    /// A failure with one issue; `what` says what is wrong.
    pub fn new(status: StatusCode, code: &'static str, what: impl Into<String>) -> Self {
        Self { status, issues: vec![Issue::error(code, what)], headers: Vec::new() }
    }

    /// A malformed request.
    pub fn bad_request(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", what)
    }

    /// A parameter whose value is wrong.
    pub fn parameter(name: &str, how_to_mend: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "value", format!("the value of {name} is not understood"))
            .mended_by(how_to_mend)
            .at(&format!("http.{name}"))
    }

    /// A parameter that must be there and is not.
    pub fn missing(name: &str, how_to_mend: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "required", format!("the parameter {name} is missing"))
            .mended_by(how_to_mend)
            .at(&format!("http.{name}"))
    }

    /// Something that is not there.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", what)
    }

    /// A fault of the program or the machine: nothing of it is told.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "exception", "the server failed to answer this request")
            .mended_by("try again; if it happens again, tell the administrator the time of the request")
    }

    /// With the text that says how to mend it.
    pub fn mended_by(mut self, details: impl Into<String>) -> Self {
        if let Some(issue) = self.issues.first_mut() {
            issue.details = details.into();
        }
        self
    }

    /// With the place of the fault.
    pub fn at(mut self, expression: &str) -> Self {
        if let Some(issue) = self.issues.first_mut() {
            expression.clone_into(&mut issue.expression);
        }
        self
    }

    /// With a header.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// To be tried again later.
    pub fn try_again(self) -> Self {
        self.with_header(header::RETRY_AFTER, &RETRY_AFTER_S.to_string())
    }

    /// The OperationOutcome as JSON.
    pub fn to_json(&self) -> String {
        operation_outcome(&self.issues)
    }

    /// This failure in an entry of a bundle.
    fn in_entry(mut self, index: usize) -> Self {
        let place = format!("Bundle.entry[{index}]");
        for issue in &mut self.issues {
            let inner = std::mem::take(&mut issue.expression);
            let inner = inner.strip_prefix("Bundle.entry").unwrap_or(&inner);
            issue.expression = match inner.strip_prefix('.') {
                Some(rest) => format!("{place}.{rest}"),
                None if inner.is_empty() => place.clone(),
                None if inner.starts_with("http.") => format!("{place}.request.url"),
                None => {
                    let within = inner.split_once('.').map_or(String::new(), |(_, rest)| format!(".{rest}"));
                    format!("{place}.resource{within}")
                }
            };
        }
        self
    }
}

/// Status, issue code and remedy of the refusals that differ in nothing else.
type Row = (StatusCode, &'static str, &'static str);

const NOT_FOUND: Row =
    (StatusCode::NOT_FOUND, "not-found", "check the type and the id, or search for the resource");
const GONE: Row =
    (StatusCode::GONE, "deleted", "read an earlier version from its history, or write it anew with PUT");
const DENIED: Row = (StatusCode::FORBIDDEN, "forbidden", "ask for a role or a token that allows this");
const CONFLICT: Row = (
    StatusCode::PRECONDITION_FAILED,
    "conflict",
    "read the resource again and repeat the change on top of it",
);
const MULTIPLE: Row =
    (StatusCode::PRECONDITION_FAILED, "multiple-matches", "give a condition that names exactly one resource");
const NONE: Row = (
    StatusCode::PRECONDITION_FAILED,
    "not-found",
    "give a condition that names exactly one resource, or make the resource first",
);
/// How the record says that a condition matches nothing.
const NONE_FOUND: &str = "no resource";
const RULE: Row =
    (StatusCode::UNPROCESSABLE_ENTITY, "business-rule", "change the content so that the rule holds");
const MALFORMED: Row = (StatusCode::BAD_REQUEST, "invalid", "correct the request");
const CHANGED: Row = (StatusCode::CONFLICT, "conflict", "the data changed meanwhile; send the request again");
const COSTLY: Row = (StatusCode::BAD_REQUEST, "too-costly", "ask for less at once");
const CURSOR: Row =
    (StatusCode::BAD_REQUEST, "value", "follow the links of an answer as they are, or begin the search anew");
const DISK_FULL: Row =
    (StatusCode::INSUFFICIENT_STORAGE, "no-store", "nothing was written; the administrator must free space");
const BUSY: Row =
    (StatusCode::SERVICE_UNAVAILABLE, "throttled", "too much is asked at once; try again in a moment");
const NOT_SCANNED: Row = (
    StatusCode::SERVICE_UNAVAILABLE,
    "transient",
    "nothing was written; try again in a moment, or ask the administrator (setting virus-scanner)",
);
const AWAY: Row = (
    StatusCode::SERVICE_UNAVAILABLE,
    "transient",
    "the database does not answer; try again in a moment. A write may have been done: read before you send it again",
);

fn by_row((status, code, details): Row, what: impl Into<String>) -> Failure {
    Failure::new(status, code, what).mended_by(details)
}

impl From<record::Error> for Failure {
    fn from(error: record::Error) -> Self {
        use record::Error;
        let what = error.to_string();
        match error {
            Error::NotFound(_) => by_row(NOT_FOUND, what),
            Error::Gone { version, .. } => {
                by_row(GONE, what).with_header(header::ETAG, &crate::answer::etag(version))
            }
            Error::Denied(_) => by_row(DENIED, what),
            Error::Invalid(outcome) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                issues: outcome.issues.iter().map(Issue::of_finding).collect(),
                headers: Vec::new(),
            },
            Error::Search(error) => Self {
                status: StatusCode::BAD_REQUEST,
                issues: vec![Issue::of_search("error", &error)],
                headers: Vec::new(),
            },
            Error::VersionConflict { .. } => by_row(CONFLICT, what).at("http.If-Match"),
            Error::Condition { found: NONE_FOUND, .. } => by_row(NONE, what),
            Error::Condition { .. } => by_row(MULTIPLE, what),
            Error::Rule(violation) => by_row(RULE, what).at(&violation.expression),
            Error::Request { expression, .. } => by_row(MALFORMED, what).at(&expression),
            Error::Entry { index, error } => Self::from(*error).in_entry(index),
            Error::NotScanned(_) => {
                tracing::error!(error = %what, "content is refused");
                by_row(NOT_SCANNED, what).try_again()
            }
            Error::Store(error) => Self::from(error),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let what = error.to_string();
        match error {
            StoreError::VersionConflict { .. } | StoreError::ConditionConflict { .. } => {
                by_row(CHANGED, what)
            }
            StoreError::TooCostly { .. } => by_row(COSTLY, what),
            StoreError::BadCursor => by_row(CURSOR, what).at("http._cursor"),
            StoreError::DiskFull => by_row(DISK_FULL, what),
            StoreError::Busy => by_row(BUSY, what).try_again(),
            StoreError::Unavailable { .. } => {
                tracing::error!(error = %what, "the database is away");
                by_row(AWAY, "the database is away").try_again()
            }
            _ => {
                tracing::error!(error = %what, "the store failed");
                Self::internal()
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Full => by_row(BUSY, "the server has as many requests as it takes").try_again(),
            Refusal::TimedOut => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "timeout",
                "the request took longer than the server allows",
            )
            .mended_by("ask for less at once; a write may have been done: read before you send it again")
            .try_again(),
            Refusal::Panicked => Self::internal(),
        }
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "structure", error.to_string())
            .mended_by(error.problem.to_string())
            .at(&error.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_an_entry_names_the_entry() {
        let rows = [
            ("", "Bundle.entry[3]"),
            ("Bundle.entry.request.url", "Bundle.entry[3].request.url"),
            ("Patient.name[0].family", "Bundle.entry[3].resource.name[0].family"),
            ("Patient", "Bundle.entry[3].resource"),
            ("http.name", "Bundle.entry[3].request.url"),
        ];
        for (inner, outer) in rows {
            let failure = Failure::bad_request("wrong").at(inner).in_entry(3);
            assert_eq!(failure.issues[0].expression, outer);
        }
    }

    #[test]
    fn refusals_of_the_store_are_told_apart() {
        let costly = StoreError::TooCostly { advice: "name a patient".to_owned() };
        let condition = StoreError::ConditionConflict { precondition: 0, matches: Vec::new() };
        let rows = [
            (costly, 400, "too-costly"),
            (condition, 409, "conflict"),
            (StoreError::BadCursor, 400, "value"),
            (StoreError::DiskFull, 507, "no-store"),
            (StoreError::Busy, 503, "throttled"),
            (StoreError::Unavailable { context: "read", reason: "gone".into() }, 503, "transient"),
            (StoreError::Damaged("x".to_owned()), 500, "exception"),
        ];
        for (error, status, code) in rows {
            let failure = Failure::from(error);
            assert_eq!((failure.status.as_u16(), failure.issues[0].code), (status, code));
            assert!(!failure.issues[0].details.is_empty());
        }
        assert!(Failure::from(StoreError::Busy).headers.iter().any(|(name, _)| name == header::RETRY_AFTER));
    }

    #[test]
    fn faults_of_the_program_tell_nothing() {
        let world = StoreError::World { context: "reading", source: "a secret path".into() };
        let failure = Failure::from(world);
        assert_eq!(failure.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!failure.to_json().contains("secret"));
    }
}
