//! Where a database is, and how one connects to it.

use super::tls::{Tls, Trust};
use crate::error::StoreError;
use std::path::PathBuf;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

/// An address that was read.
#[derive(Clone)]
pub(super) struct Address {
    pub config: Config,
    /// `None`: connections are not encrypted.
    pub tls: Option<Tls>,
}

impl Address {
    /// Reads `postgres://user:password@host/name?sslmode=…&sslrootcert=…`. Without `sslmode`, or with `disable`, nothing is
    /// encrypted; modes that leave it to the server are refused, for they promise nothing.
    pub fn read(url: &str) -> Result<Self, StoreError> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut authorities, mut others) = ("disable", None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                // `system`: the authorities that the machine trusts, as they are without it.
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", value)) => authorities = Some(PathBuf::from(decoded(value))),
                _ => others.push(pair),
            }
        }
        let place =
            if others.is_empty() { place.to_owned() } else { format!("{place}?{}", others.join("&")) };
        let mut config: Config = place.parse().map_err(|error: tokio_postgres::Error| refused(error))?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(refused("sslmode is understood in an address that begins with postgres://"));
        }
        let trust = match (mode, &authorities) {
            ("disable", _) => None,
            // Whoever names authorities wants them to be asked.
            ("require", None) => Some(Trust::Anyone),
            ("require" | "verify-ca", _) => Some(Trust::Authority),
            ("verify-full", _) => Some(Trust::AuthorityAndHost),
            _ => {
                let known = "sslmode is one of disable, require, verify-ca and verify-full";
                return Err(refused(format!("{known}, not {mode}")));
            }
        };
        let tls = trust.map(|trust| Tls::new(trust, authorities.as_deref())).transpose().map_err(refused)?;
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls })
    }
}

fn refused(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::World { context: "read the database's address", source: error.into() }
}

/// A value of an address, in which a character may stand as `%` and two hexadecimal digits.
fn decoded(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}
