//! Proofs that the server is reached by a name (RFC 8737): a certificate for it that nobody trusts, with a hash in it that
//! only the account's owner can make.

use anyhow::{Context, Result};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::sign::CertifiedKey;

/// The proof for a host; the hash is of the key authorization (RFC 8555 §8.1), by SHA-256.
pub fn certificate(host: &str, hash: &[u8]) -> Result<CertifiedKey> {
    let mut parameters = CertificateParams::new([host.to_owned()])?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(hash)];
    let key = KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    // What looks whether key and certificate fit refuses a critical extension that it does not know.
    let key = ring::default_provider()
        .key_provider
        .load_private_key(key)
        .context("making a proof for the authority")?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}
