//! A body whose hash follows it.

use super::{Algorithm, CONTENT_DIGEST, Hasher};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderValue};
use http_body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The body, with its hash as a trailer.
pub(super) fn trailing(body: Body, algorithm: Algorithm) -> Body {
    Body::new(Trailing { body, hasher: Some(Hasher::new(algorithm)) })
}

struct Trailing {
    body: Body,
    /// `None` once the trailer was given.
    hasher: Option<Hasher>,
}

impl HttpBody for Trailing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() {
            let value =
                self.hasher.take().and_then(|hasher| HeaderValue::from_str(&hasher.into_field()).ok());
            let trailer = value.map(|value| HeaderMap::from_iter([(CONTENT_DIGEST, value)]));
            return Poll::Ready(trailer.map(|trailer| Ok(Frame::trailers(trailer))));
        }
        if let (Some(Ok(frame)), Some(hasher)) = (&frame, &mut self.hasher)
            && let Some(bytes) = frame.data_ref()
        {
            hasher.update(bytes);
        }
        Poll::Ready(frame)
    }
}
