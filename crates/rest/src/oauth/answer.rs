//! Answers to programs: JSON that no cache keeps (RFC 6749 §5.1, §5.2).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use identity::IdentityError;
use identity::oauth::Refusal;
use serde_json::{Value, json};

/// What a program is told.
pub(super) enum Told {
    /// It was done.
    Done(Option<Value>),
    /// It was refused.
    Refused(Refusal),
    /// The server failed.
    Failed,
    /// The server has too much to do.
    Busy,
}

/// Codes that have a status of their own, with the scheme that is asked for; the others are 400.
const STATUSES: [(&str, StatusCode, Option<&str>); 3] = [
    ("invalid_client", StatusCode::UNAUTHORIZED, Some("Basic realm=\"token\"")),
    ("invalid_token", StatusCode::UNAUTHORIZED, Some("Bearer realm=\"token\", error=\"invalid_token\"")),
    ("access_denied", StatusCode::FORBIDDEN, None),
];

impl Told {
    /// What an error is to a program.
    pub fn of(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(refusal) => Self::Refused(refusal),
            IdentityError::Mistake(what) => Self::Refused(Refusal::new("invalid_request", what)),
            IdentityError::Record(record::Error::Denied(_)) => {
                Self::Refused(Refusal::new("access_denied", "the token does not allow this"))
            }
            IdentityError::Record(record::Error::Store(record::StoreError::Busy)) => Self::Busy,
            IdentityError::Record(_) => {
                tracing::error!("a request for a token failed");
                Self::Failed
            }
        }
    }
}

/// The answer.
pub(super) fn told(told: Told) -> Response {
    let (status, challenge, body) = match told {
        Told::Done(body) => (StatusCode::OK, None, body),
        Told::Refused(Refusal { code, description }) => {
            let row = STATUSES.iter().find(|(known, _, _)| *known == code);
            let (status, challenge) = row.map_or((StatusCode::BAD_REQUEST, None), |row| (row.1, row.2));
            (status, challenge, Some(json!({ "error": code, "error_description": description })))
        }
        Told::Failed => (StatusCode::INTERNAL_SERVER_ERROR, None, Some(json!({ "error": "server_error" }))),
        Told::Busy => {
            (StatusCode::SERVICE_UNAVAILABLE, None, Some(json!({ "error": "temporarily_unavailable" })))
        }
    };
    let mut response = json_response(status, body.as_ref());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    if let Some(challenge) = challenge {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// A document that is for everybody.
pub(super) fn open(document: &Value) -> Response {
    let mut response = json_response(StatusCode::OK, Some(document));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    response
}

fn json_response(status: StatusCode, body: Option<&Value>) -> Response {
    let mut response = Response::new(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
    *response.status_mut() = status;
    if body.is_some() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}
