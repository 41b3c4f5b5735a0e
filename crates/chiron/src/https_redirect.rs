//! A listener that leads from HTTP to HTTPS: whoever forgot the s is told the address, and nothing else is said in plain text.
//!
//! The address is the configured one. The Host header is not looked at: whoever makes it up would lead others away with it.

use anyhow::{Result, bail};
use axum::body::Bytes;
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections at a time at most: the next wait in the system's queue.
const CONNECTIONS: usize = 256;

/// How long to wait when the system gives no connection, because it has no more.
const PAUSE: Duration = Duration::from_millis(100);

/// What a request reads that would have sent something in plain text.
const REFUSED: &str = "This port only leads to HTTPS. What was sent was not taken: send it to an address that begins with https://\n";

/// Goes on to answer connections at an address; `base_url` has no slash at its end.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn start(address: SocketAddr, base_url: String) -> Result<()> {
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            bail!("{address} cannot be served on: {error}; choose another with --http-redirect-listen")
        }
    };
    tokio::spawn(accept(listener, base_url.into()));
    Ok(())
}

async fn accept(listener: TcpListener, base_url: Arc<str>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(permit) = Arc::clone(&free).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let base_url = Arc::clone(&base_url);
        tokio::spawn(async move {
            // A client that goes away has nothing to be told.
            let _ = tokio::time::timeout(PATIENCE, serve(stream, &base_url)).await;
            drop(permit);
        });
    }
}

async fn serve(stream: TcpStream, base_url: &str) -> Result<(), hyper::Error> {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(answer(request.method(), request.uri(), base_url))
    });
    http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn answer(method: &Method, address: &Uri, base_url: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    if method != Method::GET && method != Method::HEAD {
        *response.status_mut() = StatusCode::FORBIDDEN;
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        *response.body_mut() = Full::new(Bytes::from_static(REFUSED.as_bytes()));
        return response;
    }
    // What does not begin with a slash could end the name of the host in another way.
    let path = address.path_and_query().map_or("", PathAndQuery::as_str);
    let path = if path.starts_with('/') { path } else { "/" };
    match HeaderValue::from_bytes(format!("{base_url}{path}").as_bytes()) {
        Ok(location) => {
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
            response.headers_mut().insert(header::LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}
