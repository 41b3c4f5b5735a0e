//! Read (R4 http §3.1.0.4): the current version of a resource.

use super::native;
use crate::answer::{Answer, parse_http_date};
use crate::call::Call;
use crate::failure::Failure;
use crate::subset::Subset;
use axum::http::{StatusCode, header};
use record::{Resource, Session};

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let resource = session.read(&call.place.key()?)?;
    answer(call, session, &resource)
}

/// A version, or 304 when the client has it already, or the content of a Binary as it is.
pub(super) fn answer(call: &Call, session: &Session, resource: &Resource) -> Result<Answer, Failure> {
    if is_known(call, resource) {
        let same = Answer::empty(StatusCode::NOT_MODIFIED);
        return Ok(same.with_version(resource.version(), resource.updated_ms()));
    }
    if let Some(native) = native::answer(call, session, resource)? {
        return Ok(native);
    }
    call.presentation.check()?;
    Ok(Answer::version(Subset::read(&call.query)?.of(resource)?, resource))
}

/// Conditional read (R4 http §3.1.0.4.1). `If-None-Match` decides alone when it is there (RFC 9110 §13.1.3).
fn is_known(call: &Call, resource: &Resource) -> bool {
    let mut tags =
        call.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).peekable();
    if tags.peek().is_some() {
        let is_this = |tag: &str| {
            let tag = tag.trim();
            tag == "*" || tag.trim_start_matches("W/").trim_matches('"').parse() == Ok(resource.version())
        };
        return tags.flat_map(|line| line.split(',')).any(is_this);
    }
    let since = call.header(header::IF_MODIFIED_SINCE).and_then(parse_http_date);
    since.is_some_and(|since| {
        u64::try_from(resource.updated_ms() / 1000).is_ok_and(|updated| updated <= since)
    })
}
