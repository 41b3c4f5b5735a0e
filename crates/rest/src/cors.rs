//! Pages of other origins may ask (Fetch Standard §3.2): browser apps are programs like others, and show their token in a
//! header. No cookie counts here, so an origin gains nothing by being one.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// What of an answer's headers a page may read.
const EXPOSED: &str =
    "Content-Location, ETag, Last-Modified, Link, Location, Retry-After, WWW-Authenticate, X-Progress";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
/// How long a browser may remember it, in seconds.
const REMEMBERED_S: &str = "600";

/// Lets pages of all origins ask what is behind it.
#[derive(Clone, Copy)]
pub(crate) struct CorsLayer;

impl<S> Layer<S> for CorsLayer {
    type Service = Cors<S>;

    fn layer(&self, inner: S) -> Cors<S> {
        Cors { inner }
    }
}

/// A service that pages of all origins may ask.
#[derive(Clone)]
pub(crate) struct Cors<S> {
    inner: S,
}

impl<S> Service<Request> for Cors<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    /// Answers a browser that asks whether its page may ask, and tells it that it may read the answer.
    fn call(&mut self, request: Request) -> Self::Future {
        let is_asking_first = *request.method() == Method::OPTIONS
            && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if is_asking_first {
            let answer = may_ask(request.headers());
            return Box::pin(std::future::ready(Ok(answer)));
        }
        let answer = self.inner.call(request);
        Box::pin(async { answer.await.map(may_read) })
    }
}

fn may_ask(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    put(headers, header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
    let asked = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    headers.extend(asked.map(|asked| (header::ACCESS_CONTROL_ALLOW_HEADERS, asked)));
    response
}

fn may_read(mut response: Response) -> Response {
    let headers = response.headers_mut();
    put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
