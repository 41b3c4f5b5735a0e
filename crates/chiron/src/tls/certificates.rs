//! The server's certificate and its key, and the proofs that an authority asks for before it gives one.

use super::Validity;
use anyhow::{Context, Result, bail};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// The protocol of an authority that looks for a proof (RFC 8737 §3): no other may be offered with it.
pub const PROOF_PROTOCOL: &[u8] = b"acme-tls/1";

/// What new connections get. A certificate that is put in place holds for them, and those that there are go on.
#[derive(Default)]
pub struct Certificates {
    current: RwLock<Option<Arc<CertifiedKey>>>,
    proofs: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Certificates {
    /// Has new connections get a certificate.
    pub fn put(&self, certificate: CertifiedKey) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certificate));
    }

    /// How long the certificate holds; `None` when there is none.
    pub fn validity(&self) -> Option<Validity> {
        let current = self.current()?;
        Validity::of(current.cert.first()?)
    }

    /// Has an authority that looks for proofs find these, by the names of hosts in small letters, and no others.
    pub fn prove(&self, proofs: HashMap<String, Arc<CertifiedKey>>) {
        *self.proofs.write().unwrap_or_else(PoisonError::into_inner) = proofs;
    }

    fn current(&self) -> Option<Arc<CertifiedKey>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn proof(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        self.proofs.read().unwrap_or_else(PoisonError::into_inner).get(&host.to_ascii_lowercase()).cloned()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asks_for_proof = hello
            .alpn()
            .is_some_and(|mut names| names.next() == Some(PROOF_PROTOCOL) && names.next().is_none());
        match asks_for_proof {
            true => self.proof(hello.server_name()?),
            false => self.current(),
        }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

/// A certificate, behind it those that lead to an authority, and its private key, all in PEM.
///
/// # Errors
/// When they are something else, or the key is not the first certificate's.
pub fn certified(chain: &str, key: &str) -> Result<CertifiedKey> {
    let chain: Vec<CertificateDer> = CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<_, _>>()
        .context("the certificate is no PEM")?;
    if chain.is_empty() {
        bail!("there is no certificate");
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("the private key is no PEM")?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .context("the key is not that of the first certificate")
}
