//! The server's certificate and its key.

use anyhow::{Context, Result, anyhow, bail};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// Where they are, as PEM.
#[derive(Clone, Debug)]
pub struct Files {
    /// The certificate, and behind it those that lead to an authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Files {
    /// When each was last written: what tells that they changed.
    pub fn stamp(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| fs::metadata(path).and_then(|data| data.modified()).ok())
    }

    fn read(&self) -> Result<CertifiedKey> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let chain: Vec<CertificateDer> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| {
                anyhow!(
                    "tls-certificate {certificate}: {error}; it is PEM, the server's own certificate first"
                )
            })?;
        if chain.is_empty() {
            bail!(
                "tls-certificate {certificate} holds no certificate; it is PEM, the server's own certificate first"
            );
        }
        let private = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| {
            anyhow!(
                "tls-key {key}: {error}; it is the certificate's private key in PEM, without a passphrase"
            )
        })?;
        let provider = ring::default_provider();
        CertifiedKey::from_der(chain, private, &provider).with_context(|| {
            format!("tls-key {key} is not the key of the first certificate in {certificate}")
        })
    }
}

/// The certificate that new connections get.
pub(super) struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    pub fn read(files: &Files) -> Result<Self> {
        Ok(Self(RwLock::new(Arc::new(files.read()?))))
    }

    /// Reads the files again; when that fails, all stays as it was.
    pub fn renew(&self, files: &Files) -> Result<()> {
        let new = Arc::new(files.read()?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}
