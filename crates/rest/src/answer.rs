//! What a request is answered with.

use crate::failure::Failure;
use crate::operation_outcome::operation_outcome;
use crate::streamed::Source;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use record::Resource;
use std::time::{Duration, UNIX_EPOCH};

/// An answer, before it is given its format.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub content: Content,
}

/// What an answer carries.
pub(crate) enum Content {
    /// Nothing.
    Empty,
    /// A resource as JSON, to be written in the format asked for, with stand-ins for long contents.
    Resource(String),
    /// Bytes as they are, with their media type.
    Native {
        /// The media type.
        media_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Bytes that are read as the client takes them.
    Stream {
        /// The media type.
        media_type: String,
        /// Gives the bytes.
        source: Source,
        /// Their number.
        length: u64,
    },
}

impl Answer {
    /// 200 with a resource.
    pub fn resource(json: String) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), content: Content::Resource(json) }
    }

    /// A status alone.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content: Content::Empty }
    }

    /// With a header.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// With `ETag` and `Last-Modified` of a version (R4 http §3.1.0.1.3).
    pub fn with_version(self, version: u32, updated_ms: i64) -> Self {
        self.with_header(header::ETAG, &etag(version))
            .with_header(header::LAST_MODIFIED, &http_date(updated_ms))
    }

    /// A version of a resource, as reads give it.
    pub fn version(json: String, resource: &Resource) -> Self {
        Self::resource(json).with_version(resource.version(), resource.updated_ms())
    }
}

impl From<&Failure> for Answer {
    fn from(failure: &Failure) -> Self {
        Self {
            status: failure.status,
            headers: failure.headers.clone(),
            content: Content::Resource(operation_outcome(&failure.issues)),
        }
    }
}

/// A version as a weak entity tag.
pub(crate) fn etag(version: u32) -> String {
    format!("W/\"{version}\"")
}

/// A moment as HTTP writes it, to the second. Moments before 1970 are written as 1970.
pub(crate) fn http_date(ms: i64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}

/// Reads a moment as HTTP writes it: the whole second, in seconds since 1970.
pub(crate) fn parse_http_date(text: &str) -> Option<u64> {
    let moment = httpdate::parse_http_date(text).ok()?;
    Some(moment.duration_since(UNIX_EPOCH).ok()?.as_secs())
}
