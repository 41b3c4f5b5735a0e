//! Requests to the authority: HTTPS alone, one connection for each, no redirects, answers of bounded size and time.

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::http::uri::Uri;
use axum::http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an answer may be.
const ANSWER_BYTES: usize = 1 << 20;

/// Speaks with the authority.
#[derive(Clone)]
pub struct HttpsClient {
    tls: TlsConnector,
}

impl HttpsClient {
    /// One that trusts what a PEM file holds, or what this machine trusts.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate, or this machine trusts nobody.
    pub fn new(trusted: Option<&Path>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        match trusted {
            Some(path) => roots.add_parsable_certificates(read_certificates(path)?),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        if roots.is_empty() {
            bail!(
                "there is nothing to check the authority of certificates by: install the system's certificates \
                 (ca-certificates), or name a PEM file with acme-directory-certificate"
            );
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("TLS 1.2 and 1.3")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    async fn ask(&self, request: Request<BodyWrapper<Bytes>>) -> Result<Response<Full<Bytes>>> {
        let (mut parts, body) = request.into_parts();
        let Some((host, authority)) = parts.uri.host().zip(parts.uri.authority()) else {
            bail!("'{}' is no URL of a server", parts.uri);
        };
        if parts.uri.scheme_str() != Some("https") {
            bail!("'{}' is not asked: only https is", parts.uri);
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(443);
        parts.headers.insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse::<Uri>()?;
        let stream = TcpStream::connect((host.as_str(), port))
            .await
            .with_context(|| format!("{host}:{port} cannot be reached"))?;
        let name = ServerName::try_from(host.clone())?;
        let stream =
            self.tls.connect(name, stream).await.with_context(|| format!("TLS with {host}:{port} failed"))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async {
            let (parts, body) = sender.send_request(Request::from_parts(parts, body)).await?.into_parts();
            let body = Limited::new(body, ANSWER_BYTES).collect().await;
            let body =
                body.map_err(|error| anyhow::anyhow!("the answer of {host}:{port} broke off: {error}"))?;
            Ok(Response::from_parts(parts, Full::new(body.to_bytes())))
        };
        tokio::pin!(connection);
        tokio::pin!(exchange);
        let mut is_open = true;
        loop {
            tokio::select! {
                answer = &mut exchange => break answer,
                // What goes wrong with the connection is told to whoever reads the answer.
                _ = &mut connection, if is_open => is_open = false,
            }
        }
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let read = read.with_context(|| format!("acme-directory-certificate {shown}"))?;
    if read.is_empty() {
        bail!("acme-directory-certificate {shown} holds no certificate; it is PEM");
    }
    Ok(read)
}

impl HttpClient for HttpsClient {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move {
            let answer = tokio::time::timeout(PATIENCE, client.ask(request)).await;
            let answer = answer.unwrap_or_else(|_| {
                Err(anyhow::anyhow!("the authority did not answer within {} seconds", PATIENCE.as_secs()))
            });
            answer.map(BytesResponse::from).map_err(|error| Error::Other(format!("{error:#}").into()))
        })
    }
}
