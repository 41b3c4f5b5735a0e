//! Around everything that is asked and answered: behind it bodies are plain, before it they are as on the wire.

use super::trailing::trailing;
use super::{Algorithm, CONTENT_DIGEST, check, field};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use axum::response::Response;
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// How a body is sent; answers without it (connections that stay open) get no hash.
#[derive(Clone)]
pub(crate) enum Sent {
    /// From memory, these bytes, which may be compressed on their way: the hash stands before them.
    AtOnce(Bytes),
    /// As it is read, however long it is: the hash comes after it, to those who take trailers.
    Piecewise,
}

/// Puts a service behind checks of what is asked and hashes of what is answered. It is a service of its own, for a
/// middleware made of a function would clone all that is behind it at every request.
#[derive(Clone, Copy)]
pub(crate) struct DigestLayer;

impl<S> Layer<S> for DigestLayer {
    type Service = Digests<S>;

    fn layer(&self, inner: S) -> Digests<S> {
        Digests { inner }
    }
}

/// A service behind checks and hashes.
#[derive(Clone)]
pub(crate) struct Digests<S> {
    inner: S,
}

impl<S, B> Service<Request> for Digests<S>
where
    S: Service<Request, Response = axum::http::Response<B>>,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let wanted = Algorithm::wanted(request.headers()).filter(|_| request.method() != Method::HEAD);
        let is_old = request.version() < Version::HTTP_2;
        let takes_trailers = !is_old || lists(request.headers(), &header::TE, "trailers");
        let answer = self.inner.call(check::checked(request));
        Box::pin(async move {
            let response = answer.await?.map(Body::new);
            Ok(with_digest(response, wanted, (is_old, takes_trailers)).await)
        })
    }
}

async fn with_digest(
    mut response: Response,
    wanted: Option<Algorithm>,
    (is_old, takes_trailers): (bool, bool),
) -> Response {
    let sent: Option<Sent> = response.extensions_mut().remove();
    match (sent, wanted) {
        (Some(Sent::AtOnce(plain)), Some(algorithm)) => at_once(response, &plain, algorithm).await,
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

async fn at_once(mut response: Response, plain: &Bytes, algorithm: Algorithm) -> Response {
    if !response.headers().contains_key(header::CONTENT_ENCODING) {
        put(response.headers_mut(), algorithm, plain);
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(collected) = body.collect().await else { return crate::serve::failed() };
    let compressed = collected.to_bytes();
    put(&mut parts.headers, algorithm, &compressed);
    parts.headers.insert(header::CONTENT_LENGTH, compressed.len().into());
    Response::from_parts(parts, Body::from(compressed))
}

fn put(headers: &mut HeaderMap, algorithm: Algorithm, body: &[u8]) {
    headers.extend(HeaderValue::try_from(field(algorithm, body)).ok().map(|value| (CONTENT_DIGEST, value)));
}

fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|listed| listed.split(';').next().is_some_and(|listed| listed.trim().eq_ignore_ascii_case(word)))
}
