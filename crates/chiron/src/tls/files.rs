//! A certificate and its key in files, which are read anew when they change.

use super::Certificates;
use anyhow::{Context, Result, anyhow, bail};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::sign::CertifiedKey;

/// How often the files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(2);

/// Where they are, as PEM.
#[derive(Clone, Debug)]
pub struct Files {
    /// The certificate, and behind it those that lead to an authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Files {
    /// What they hold. A thread goes on to look at them as long as the answer is used.
    ///
    /// # Errors
    /// When a file cannot be read, holds something else, or the key is not the certificate's: it says which, and what to do.
    pub fn follow(&self) -> Result<Arc<Certificates>> {
        let certificates = Arc::new(Certificates::default());
        certificates.put(self.read()?);
        let (at_work, files) = (Arc::downgrade(&certificates), self.clone());
        std::thread::Builder::new().name("certificates".to_owned()).spawn(move || {
            let mut seen = files.stamp();
            while let Some(certificates) = at_work.upgrade() {
                let stamp = files.stamp();
                if stamp != seen {
                    // When that fails, all stays as it was.
                    match files.read() {
                        Ok(new) => {
                            certificates.put(new);
                            tracing::info!("the certificate was read anew");
                        }
                        Err(error) => tracing::error!("the certificate stays as it was: {error:#}"),
                    }
                    seen = stamp;
                }
                drop(certificates);
                std::thread::sleep(LOOK_AT_FILES);
            }
        })?;
        Ok(certificates)
    }

    /// When each was last written: what tells that they changed.
    fn stamp(&self) -> [Option<SystemTime>; 2] {
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
