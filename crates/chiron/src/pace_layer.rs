//! Refuses what comes too fast from one address, before anything of it is looked at. It is a service of its own, for a
//! middleware made of a function would clone all that is behind it at every request.

use crate::practice::now_ms;
use axum::extract::{ConnectInfo, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use identity::Pace;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Puts all routes behind the pace of addresses.
#[derive(Clone)]
pub struct PaceLayer(pub Arc<Pace>);

impl<S> Layer<S> for PaceLayer {
    type Service = Paced<S>;

    fn layer(&self, inner: S) -> Paced<S> {
        Paced { inner, pace: Arc::clone(&self.0) }
    }
}

/// A service behind the pace of addresses.
#[derive(Clone)]
pub struct Paced<S> {
    inner: S,
    pace: Arc<Pace>,
}

impl<S> Service<Request> for Paced<S>
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

    fn call(&mut self, request: Request) -> Self::Future {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        match peer.map_or(Ok(()), |address| self.pace.come(address, now_ms())) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(wait_s) => Box::pin(std::future::ready(Ok(too_fast(wait_s)))),
        }
    }
}

fn too_fast(wait_s: u64) -> Response {
    let headers = [(header::RETRY_AFTER, wait_s.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, headers, "Too many requests from this address.").into_response()
}
