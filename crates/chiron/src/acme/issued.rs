//! A certificate that an authority gave.

use super::settings::Settings;
use crate::tls;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::sign::CertifiedKey;

/// A certificate with its private key, and what it was asked for by.
#[derive(Serialize, Deserialize)]
pub struct Issued {
    /// The names that it is for.
    pub hosts: Vec<String>,
    /// The directory of the authority.
    pub directory: String,
    /// The certificate and those that lead to the authority, in PEM.
    pub chain: String,
    /// Its private key, in PEM.
    pub key: String,
}

impl Issued {
    /// Whether it is what the settings ask for.
    pub fn is_of(&self, settings: &Settings) -> bool {
        self.hosts == settings.hosts && self.directory == settings.directory
    }

    /// It as connections get it.
    pub fn certified(&self) -> Result<CertifiedKey> {
        tls::certified(&self.chain, &self.key)
    }
}
