//! TLS 1.2 and 1.3 at the server's own socket (criterion d9), with certificates from files that are read anew when they change.

mod certificate;
mod listener;

pub use certificate::Files;
pub use listener::{Peer, TlsListener};

use anyhow::{Context, Result};
use certificate::Current;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::version::{TLS12, TLS13};

/// How often the files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(2);

/// What connections are accepted with. A thread goes on to look at the files.
///
/// # Errors
/// When a file cannot be read, holds something else, or the key is not the certificate's: it says which, and what to do.
pub fn acceptor(files: &Files) -> Result<TlsAcceptor> {
    let current = Arc::new(Current::read(files)?);
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .context("TLS 1.2 and 1.3")?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&current) as Arc<_>);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let (at_work, files) = (Arc::downgrade(&current), files.clone());
    std::thread::Builder::new().name("certificates".to_owned()).spawn(move || {
        let mut seen = files.stamp();
        while let Some(current) = at_work.upgrade() {
            let stamp = files.stamp();
            if stamp != seen {
                match current.renew(&files) {
                    Ok(()) => tracing::info!("the certificate was read anew"),
                    Err(error) => tracing::error!("the certificate stays as it was: {error:#}"),
                }
                seen = stamp;
            }
            drop(current);
            std::thread::sleep(LOOK_AT_FILES);
        }
    })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
