//! The content of a Binary as it is, for clients that want none of FHIR's formats (R4 binary §2.36.6), whole or in parts.

use crate::answer::{Answer, Content, http_date};
use crate::call::Call;
use crate::failure::Failure;
use crate::range::{Wanted, wanted};
use axum::http::{HeaderName, StatusCode, header};
use record::{Resource, Session};
use std::io::{Read, Seek, SeekFrom};

/// Whatever the content is, it runs nowhere: it came from outside and is served from our own address.
const SAFEGUARDS: [(HeaderName, &str); 3] = [
    (header::CONTENT_DISPOSITION, "attachment"),
    (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The content, when the resource is a Binary with content and the client wants it as it is.
pub(super) fn answer(call: &Call, session: &Session, resource: &Resource) -> Result<Option<Answer>, Failure> {
    if resource.key().type_id.name() != "Binary" || call.presentation.refused.is_none() {
        return Ok(None);
    }
    let Some(content) = session.content(resource)? else { return Ok(None) };
    let media_type =
        resource.document().and_then(|binary| Some(binary.root().get_str("contentType")?.into_owned()));
    let (mut reader, length) = (content.reader, content.length);
    // Unlike a resource, which has several forms, content is the same bytes each time: its tag is a strong one.
    let tag = format!("\"{}\"", resource.version());
    let (status, part) = match wanted(&call.headers, length, &tag, resource.updated_ms()) {
        Wanted::All => (StatusCode::OK, 0..length),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Nothing => {
            let failure = Failure::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "value",
                format!("the content has {length} bytes, and none of those that are asked for"),
            );
            let failure = failure.mended_by("ask for a range within the content").at("http.Range");
            return Err(failure.with_header(header::CONTENT_RANGE, &format!("bytes */{length}")));
        }
    };
    reader.seek(SeekFrom::Start(part.start)).map_err(|_| Failure::internal())?;
    let size = part.end - part.start;
    let content = Content::Stream {
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        source: Box::new(reader.take(size)),
        length: size,
    };
    let mut answer = Answer { status, headers: Vec::new(), content }
        .with_header(header::ETAG, &tag)
        .with_header(header::LAST_MODIFIED, &http_date(resource.updated_ms()))
        .with_header(header::ACCEPT_RANGES, "bytes");
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        answer = answer.with_header(header::CONTENT_RANGE, &range);
    }
    Ok(Some(SAFEGUARDS.into_iter().fold(answer, |answer, (name, value)| answer.with_header(name, value))))
}
