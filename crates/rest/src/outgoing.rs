//! Requests to other servers: to those of subscribers, and to sources of imports. They go only where
//! [`record::outgoing::Targets`] lets them, and follow no redirects.

use crate::digest::check::Check;
use crate::digest::{Algorithm, CONTENT_DIGEST, field};
use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use record::outgoing::{Endpoint, Targets};
use rustls_pki_types::ServerName;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What is sent.
pub(crate) struct Message {
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The media type; `None` when there is no body.
    pub media_type: Option<String>,
    pub body: Vec<u8>,
}

/// TLS with the certificates that this machine trusts; `None` when it has none.
static TLS: LazyLock<Option<TlsConnector>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config =
        ClientConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
    (!roots.is_empty()).then(|| TlsConnector::from(Arc::new(config)))
});

/// Sends a message; an error says what the receiver did, and nothing of what was sent.
pub(crate) async fn send(
    targets: &Targets,
    endpoint: &Endpoint,
    headers: &[(String, String)],
    message: Message,
    timeout: Duration,
) -> Result<(), String> {
    let request = request(endpoint, headers, message)?;
    let answer = within(timeout, ask(targets, endpoint, request)).await??;
    match answer.status {
        status if status.is_success() => Ok(()),
        status => Err(format!("the receiver answered {status}")),
    }
}

/// Fetches what is at an endpoint, and hands it on piece by piece until `take` wants no more. An error says what the
/// source did. `timeout` is for the beginning and for each piece: a large file may take as long as it takes.
pub(crate) async fn fetch(
    targets: &Targets,
    endpoint: &Endpoint,
    timeout: Duration,
    take: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), String> {
    let message =
        Message { method: Method::GET, path: endpoint.path.clone(), media_type: None, body: Vec::new() };
    let headers = [("accept-encoding".to_owned(), "gzip".to_owned())];
    let request = request(endpoint, &headers, message)?;
    let mut answer = within(timeout, ask(targets, endpoint, request)).await??;
    if answer.status != StatusCode::OK {
        return Err(format!("the source answered {}", answer.status));
    }
    answer.each_piece(timeout, take).await
}

/// Asks for something, and gives what was answered, whatever its status: of `bytes_max` at most.
pub(crate) async fn ask_whole(
    targets: &Targets,
    endpoint: &Endpoint,
    headers: &[(String, String)],
    message: Message,
    (timeout, bytes_max): (Duration, usize),
) -> Result<(StatusCode, Vec<u8>), String> {
    let request = request(endpoint, headers, message)?;
    let mut answer = within(timeout, ask(targets, endpoint, request)).await??;
    let mut bytes = Vec::new();
    let take = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        if bytes.len() > bytes_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    answer.each_piece(timeout, take).await?;
    match bytes.len() > bytes_max {
        true => Err(format!("the answer has more than {bytes_max} bytes")),
        false => Ok((answer.status, bytes)),
    }
}

async fn within<T>(timeout: Duration, work: impl Future<Output = T>) -> Result<T, String> {
    let done = tokio::time::timeout(timeout, work).await;
    done.map_err(|_| format!("no answer within {} seconds", timeout.as_secs()))
}

/// What a server answered. The connection ends with it.
struct Answer {
    status: StatusCode,
    /// What the server says of the bytes, when it says something.
    check: Option<Check>,
    body: Incoming,
    _connection: AbortOnDrop,
}

impl Answer {
    /// Hands the body on piece by piece until `take` wants no more. `timeout` is for each piece. What was handed on
    /// counts only when no error follows: then it is what the server sent.
    async fn each_piece(
        &mut self,
        timeout: Duration,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), String> {
        while let Some(frame) = within(timeout, self.body.frame()).await? {
            let frame = frame.map_err(|_| "what the source sent broke off")?;
            let Some(piece) = frame.data_ref() else { continue };
            if let Some(check) = &mut self.check {
                check.update(piece);
            }
            if take(piece).is_break() {
                return Ok(());
            }
        }
        self.check.take().map_or(Ok(()), Check::finish).map_err(|damage| damage.what)
    }
}

/// A task that ends with its owner.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn ask(
    targets: &Targets,
    endpoint: &Endpoint,
    request: Request<Full<Bytes>>,
) -> Result<Answer, String> {
    let stream = connect(targets, endpoint).await?;
    if !endpoint.is_tls {
        return exchange(stream, request).await;
    }
    let tls = TLS.as_ref().ok_or("this machine has no certificates to trust servers by")?;
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| "the host's name is none for TLS")?;
    let stream = tls.connect(name, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
    exchange(stream, request).await
}

fn request(
    endpoint: &Endpoint,
    headers: &[(String, String)],
    message: Message,
) -> Result<Request<Full<Bytes>>, String> {
    let host =
        if endpoint.host.contains(':') { format!("[{}]", endpoint.host) } else { endpoint.host.clone() };
    let mut request = Request::builder()
        .method(message.method)
        .uri(message.path)
        .header(HOST, format!("{host}:{}", endpoint.port))
        .header(USER_AGENT, concat!("Chiron/", env!("CARGO_PKG_VERSION")));
    if let Some(media_type) = message.media_type {
        request = request.header(CONTENT_TYPE, media_type);
    }
    if !message.body.is_empty() {
        request = request.header(CONTENT_DIGEST, field(Algorithm::Sha256, &message.body));
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
        .body(Full::new(message.body.into()))
        .map_err(|error| format!("the request cannot be made: {error}"))
}

/// Connects to an address that is allowed. The name is looked up once, so that what is checked is what is reached.
async fn connect(targets: &Targets, endpoint: &Endpoint) -> Result<TcpStream, String> {
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await;
    let addresses: Vec<_> = found.map_err(|_| "the host's name cannot be resolved")?.collect();
    let allowed = addresses.iter().filter(|address| targets.may_reach(endpoint, address.ip()));
    let mut outcome = Err("the host is not on the public network".to_owned());
    for address in allowed {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => outcome = Err(format!("cannot connect: {}", error.kind())),
        }
    }
    outcome
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |error: hyper::Error| format!("the connection broke: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let running = AbortOnDrop(tokio::spawn(async {
        // What goes wrong with it is told to whoever reads the answer.
        let _ = connection.await;
    }));
    let (parts, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
    let check = Check::of(&parts.headers).map_err(|damage| damage.what)?;
    Ok(Answer { status: parts.status, check, body, _connection: running })
}
