//! What all writes have in common: their target, what they expect to find, and how they are answered.

use crate::answer::{Answer, etag};
use crate::call::Call;
use crate::failure::Failure;
use crate::operation_outcome::{Issue, operation_outcome};
use crate::prefer::Return;
use crate::subset::Subset;
use axum::http::{StatusCode, header};
use record::write::{Effect, Target, Written};
use record::{Expect, Session};

/// What a write is aimed at: the resource in the path, or the one that the URL's parameters name.
pub(super) fn target(call: &Call, session: &Session) -> Result<Target, Failure> {
    match call.place.id {
        Some(_) => Ok(Target::Key(call.place.key()?)),
        None => Ok(Target::Condition(session.condition(call.place.only_type()?, &call.condition())?)),
    }
}

/// What state the resource must be in: `If-Match`, or `If-None-Match: *` (R4 http §3.1.0.6.1).
pub(super) fn expectation(call: &Call) -> Result<Expect, Failure> {
    if call.header(header::IF_NONE_MATCH).is_some_and(|tag| tag.trim() == "*") {
        return Ok(Expect::Absent);
    }
    match call.headers.get(header::IF_MATCH) {
        None => Ok(Expect::Any),
        Some(value) => {
            let tag = value.to_str().unwrap_or_default();
            Ok(Expect::Version(
                record::bundle::parse_etag(tag).map_err(|error| Failure::from(error).at("http.If-Match"))?,
            ))
        }
    }
}

/// What became of a write, in words.
pub(crate) fn said(effect: Effect) -> &'static str {
    match effect {
        Effect::Created => "the resource was made",
        Effect::Updated => "the resource has a new version",
        Effect::Unchanged => "the content was the same: there is no new version",
        Effect::Existing => "a resource matches already: nothing was written",
        Effect::Deleted => "the resource is deleted",
    }
}

/// The status of a write.
pub(crate) fn status(effect: Effect) -> StatusCode {
    match effect {
        Effect::Created => StatusCode::CREATED,
        Effect::Updated | Effect::Unchanged | Effect::Existing => StatusCode::OK,
        Effect::Deleted => StatusCode::NO_CONTENT,
    }
}

/// The answer to a write, by `Prefer: return` (R4 http §3.1.0.1.7).
pub(super) fn answer(call: &Call, written: Written) -> Result<Answer, Failure> {
    let status = status(written.effect);
    let returned = match (&written.resource, call.prefer.returns) {
        (Some(resource), Return::Representation) => Some(Subset::read(&call.query)?.of(resource)?),
        (_, Return::OperationOutcome) => Some(operation_outcome(&[Issue::information(said(written.effect))])),
        _ => None,
    };
    let mut answer = match returned {
        Some(json) if status == StatusCode::NO_CONTENT => Answer::resource(json),
        Some(json) => Answer { status, ..Answer::resource(json) },
        None => Answer::empty(status),
    };
    let Some(key) = &written.key else { return Ok(answer) };
    if written.version > 0 {
        answer = match written.effect {
            Effect::Deleted => answer.with_header(header::ETAG, &etag(written.version)),
            _ => answer.with_version(written.version, written.updated_ms),
        };
    }
    let url = format!("{}/_history/{}", call.full_url(key), written.version);
    Ok(match written.effect {
        Effect::Created | Effect::Existing => {
            answer.with_header(header::LOCATION, &url).with_header(header::CONTENT_LOCATION, &url)
        }
        Effect::Updated | Effect::Unchanged => answer.with_header(header::CONTENT_LOCATION, &url),
        Effect::Deleted => answer,
    })
}
