//! TLS 1.2 and 1.3 at the server's own socket (criterion d9), with certificates from files that are read anew when they
//! change, or from an authority that gives them by ACME (`crate::acme`).

mod certificates;
mod ending;
mod files;
mod listener;
mod validity;

pub use certificates::{Certificates, PROOF_PROTOCOL, certified};
pub use ending::{Renewal, keep_telling};
pub use files::Files;
pub use listener::{Peer, TlsListener};
pub use validity::Validity;

use crate::acme;
use anyhow::{Context, Result};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::version::{TLS12, TLS13};

/// Where the server's certificate comes from.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// Files of whoever runs the server.
    Files(Files),
    /// An authority that the server itself asks.
    Authority(acme::Settings),
}

/// What connections are accepted with.
///
/// # Errors
/// When the library knows neither version of TLS, which is a fault of ours.
pub fn acceptor(certificates: &Arc<Certificates>) -> Result<TlsAcceptor> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .context("TLS 1.2 and 1.3")?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(certificates) as Arc<_>);
    // Who asks for a proof alone has no certificate unless an authority was asked for one.
    config.alpn_protocols = [&b"h2"[..], b"http/1.1", PROOF_PROTOCOL].map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}
