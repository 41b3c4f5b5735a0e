//! What a page says when it cannot be shown.

use crate::page::{encoded, html};
use crate::shell::Shell;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use identity::IdentityError;
use record::{Error, Session};

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    title: &'static str,
    message: String,
    /// Where else to go: words and address.
    way_on: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    shell: Shell,
    title: &'a str,
    message: &'a str,
    way_on: &'a Option<(&'static str, String)>,
}

impl Failure {
    /// Our own fault.
    pub(crate) fn bug() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "Something went wrong here",
            message: "Nothing was changed. Try again; if it happens again, tell the people who run this server when."
                .to_owned(),
            way_on: None,
        }
    }

    /// A template that does not render.
    pub(crate) fn template(error: askama::Error) -> Self {
        tracing::error!(%error, "a page did not render");
        Self::bug()
    }

    /// Nothing at this address.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, title: "Not here", message: message.into(), way_on: None }
    }

    /// Why a patient's record cannot be shown. Who may break glass is shown where, whether there is a record or not.
    pub(crate) fn of_patient(error: Error, session: &Session, patient: &str) -> Self {
        let is_closed = matches!(error, Error::NotFound(_) | Error::Denied(_));
        let may_open = is_closed && session.record().may_break_glass(session.actor());
        let way_on =
            may_open.then(|| ("Emergency access", format!("/emergency?patient={}", encoded(patient))));
        Self { way_on, ..error.into() }
    }

    /// Too much was asked in a short time.
    pub(crate) fn too_fast(wait_s: u64) -> Self {
        let message =
            format!("Very many pages were asked for in a short time. Wait {wait_s} s and try again.");
        Self::told(StatusCode::TOO_MANY_REQUESTS, "One moment", message)
    }

    /// A refusal in words of its own.
    pub(crate) fn told(status: StatusCode, title: &'static str, message: impl Into<String>) -> Self {
        Self { status, title, message: message.into(), way_on: None }
    }

    /// The same, with where else to go.
    pub(crate) fn with_way_on(self, words: &'static str, address: String) -> Self {
        Self { way_on: Some((words, address)), ..self }
    }

    pub(crate) fn into_page(self, session: Option<&Session>) -> Response {
        let page = FailurePage {
            shell: Shell::of(session),
            title: self.title,
            message: &self.message,
            way_on: &self.way_on,
        };
        match html(&page) {
            Ok(page) => (self.status, page).into_response(),
            Err(_) => self.status.into_response(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (status, title) = match &error {
            Error::NotFound(_) => (StatusCode::NOT_FOUND, "Not here"),
            Error::Gone { .. } => (StatusCode::GONE, "Deleted"),
            Error::Denied(_) => (StatusCode::FORBIDDEN, "Not for you"),
            Error::Search(_) | Error::Request { .. } => (StatusCode::BAD_REQUEST, "Not understood"),
            _ => {
                tracing::error!("a page failed: {}", kind(&error));
                return Self::bug();
            }
        };
        Self { status, title, message: error.to_string(), way_on: None }
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Mistake(message) => {
                Self { status: StatusCode::UNPROCESSABLE_ENTITY, title: "Not done", message, way_on: None }
            }
            IdentityError::Refused(refusal) => Self {
                status: StatusCode::BAD_REQUEST,
                title: "Not done",
                message: refusal.description,
                way_on: None,
            },
            IdentityError::Record(error) => error.into(),
        }
    }
}

/// The kind of an error for the log; its text may name a patient's data.
pub(crate) fn kind(error: &Error) -> &'static str {
    match error {
        Error::Store(_) => "the store failed",
        Error::Invalid(_) => "a resource is not valid",
        _ => "the record refused",
    }
}
