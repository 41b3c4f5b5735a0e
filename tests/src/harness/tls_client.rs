//! A client over TLS that trusts one authority alone.

use crate::harness::http::{Answer, read_answer};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::io::{BufReader, Error, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const PATIENCE: Duration = Duration::from_secs(60);

/// A client of the server `localhost`.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    address: SocketAddr,
}

/// A connection that came through its handshake, certificate and all.
pub struct TlsConnection(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl TlsClient {
    /// One that trusts the certificate in a PEM file.
    pub fn trusting(authority: &Path, address: SocketAddr) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Each connection is to show the certificate anew.
        config.resumption = Resumption::disabled();
        Self { config: Arc::new(config), address }
    }

    /// Connects, if the server has a certificate that holds now.
    pub fn connect(&self) -> Result<TlsConnection> {
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name).map_err(Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(TlsConnection(BufReader::new(StreamOwned::new(connection, stream))))
    }
}

impl TlsConnection {
    /// The server's certificate.
    pub fn certificate(&self) -> Vec<u8> {
        self.0.get_ref().conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// Any request.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        self.0.get_mut().write_all(text.as_bytes())?;
        read_answer(&mut self.0, method)
    }
}
