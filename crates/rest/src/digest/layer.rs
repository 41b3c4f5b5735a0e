//! Around everything that is asked and answered: behind it bodies are plain, before it they are as on the wire.

use super::trailing::trailing;
use super::{Algorithm, CONTENT_DIGEST, check, field};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;

/// How a body is sent; answers without it (connections that stay open) get no hash.
#[derive(Clone, Copy)]
pub(crate) enum Sent {
    /// From memory: the hash stands before it.
    AtOnce,
    /// As it is read, however long it is: the hash comes after it, to those who take trailers.
    Piecewise,
}

/// Checks what is asked, and puts the hash on what is answered.
pub(crate) async fn with_digests(request: Request, next: Next) -> Response {
    let wanted = Algorithm::wanted(request.headers()).filter(|_| request.method() != Method::HEAD);
    let is_old = request.version() < Version::HTTP_2;
    let takes_trailers = !is_old || lists(request.headers(), &header::TE, "trailers");
    let mut response = next.run(check::checked(request)).await;
    let sent: Option<Sent> = response.extensions_mut().remove();
    match (sent, wanted) {
        (Some(Sent::AtOnce), Some(algorithm)) => at_once(response, algorithm).await,
        (Some(Sent::Piecewise), Some(algorithm)) if takes_trailers => {
            response.headers_mut().insert(header::TRAILER, HeaderValue::from(CONTENT_DIGEST));
            if is_old {
                // A message of a stated length has no trailers (RFC 9112 §7.1.2).
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            response.map(|body| trailing(body, algorithm))
        }
        _ => response,
    }
}

async fn at_once(response: Response, algorithm: Algorithm) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(collected) = body.collect().await else { return crate::serve::failed() };
    let bytes = collected.to_bytes();
    if let Ok(value) = HeaderValue::from_str(&field(algorithm, &bytes)) {
        parts.headers.insert(CONTENT_DIGEST, value);
    }
    if !bytes.is_empty() {
        parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|listed| listed.split(';').next().is_some_and(|listed| listed.trim().eq_ignore_ascii_case(word)))
}
