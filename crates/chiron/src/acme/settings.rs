//! What the settings say of the authority that certificates are asked of.

use anyhow::{Result, bail};
use rustls_pki_types::ServerName;
use std::path::PathBuf;

/// The authority that is asked unless another is named: Let's Encrypt.
pub const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Which certificates are asked for, and of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The names that the certificate is for, in small letters; at least one.
    pub hosts: Vec<String>,
    /// The mail address that the authority may write to.
    pub contact: Option<String>,
    /// The URL of the authority's directory (RFC 8555 §7.1.1).
    pub directory: String,
    /// A PEM file with what the authority's own HTTPS is checked by; `None`: what this machine trusts.
    pub directory_certificate: Option<PathBuf>,
}

impl Settings {
    /// Reads the settings `acme-host`, `acme-contact`, `acme-directory` and `acme-directory-certificate`; `None` when the
    /// first is empty.
    ///
    /// # Errors
    /// When one is not what it should be: it says which, and what to write.
    pub fn parse(host: &str, contact: &str, directory: &str, certificate: &str) -> Result<Option<Self>> {
        let hosts = parse_hosts(host)?;
        if hosts.is_empty() {
            return match [contact, certificate] {
                ["", ""] => Ok(None),
                ["", _] => {
                    bail!("acme-directory-certificate needs acme-host: the name that a certificate is for")
                }
                _ => bail!("acme-contact needs acme-host: the name that a certificate is for"),
            };
        }
        let contact = contact.trim().trim_start_matches("mailto:");
        let is_address = contact.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !contact.contains([' ', ',', '?', '\n'])
        });
        if !contact.is_empty() && !is_address {
            bail!("acme-contact is one mail address like office@practice.example, not '{contact}'");
        }
        if !directory.starts_with("https://") {
            bail!(
                "acme-directory is the https URL of an authority's directory like {DIRECTORY}, not '{directory}'"
            );
        }
        Ok(Some(Self {
            hosts,
            contact: Some(contact).filter(|text| !text.is_empty()).map(str::to_owned),
            directory: directory.to_owned(),
            directory_certificate: Some(certificate).filter(|path| !path.is_empty()).map(PathBuf::from),
        }))
    }

    /// The address that the server is reached by: authorities look for proofs at port 443 (RFC 8737 §3), so that is the
    /// port that leads here, whatever the server itself listens on.
    pub fn base_url(&self) -> String {
        format!("https://{}", self.hosts.first().map_or("", String::as_str))
    }

    /// The names between commas.
    pub fn names(&self) -> String {
        self.hosts.join(", ")
    }
}

fn parse_hosts(text: &str) -> Result<Vec<String>> {
    let mut hosts: Vec<String> = Vec::new();
    for host in text.split(',').map(|one| one.trim().to_ascii_lowercase()).filter(|one| !one.is_empty()) {
        if host.contains('*') {
            bail!(
                "acme-host: '{host}' stands for many names, which this way gives no certificate for: write each name"
            );
        }
        if !matches!(ServerName::try_from(host.as_str()), Ok(ServerName::DnsName(_))) || host.ends_with('.') {
            bail!("acme-host is a name like chart.practice.example, several with commas, not '{host}'");
        }
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(host: &str, contact: &str, directory: &str) -> Result<Option<Settings>> {
        Settings::parse(host, contact, directory, "")
    }

    #[test]
    fn one_name_is_enough() {
        let settings =
            parse("Chart.Practice.example, b.example,chart.practice.example", "", DIRECTORY).unwrap();
        let settings = settings.unwrap();
        assert_eq!(settings.hosts, ["chart.practice.example", "b.example"]);
        assert_eq!(settings.base_url(), "https://chart.practice.example");
        assert_eq!(parse("", "", DIRECTORY).unwrap(), None);
    }

    #[test]
    fn mistakes_are_named() {
        for (host, contact, directory, sign) in [
            ("*.practice.example", "", DIRECTORY, "write each name"),
            ("https://practice.example", "", DIRECTORY, "acme-host is a name"),
            ("192.0.2.1", "", DIRECTORY, "acme-host is a name"),
            ("practice.example", "office", DIRECTORY, "acme-contact is one mail address"),
            ("practice.example", "a@b, c@d", DIRECTORY, "acme-contact is one mail address"),
            ("practice.example", "", "http://127.0.0.1/directory", "acme-directory is the https URL"),
            ("", "office@practice.example", DIRECTORY, "acme-contact needs acme-host"),
        ] {
            let error = parse(host, contact, directory).unwrap_err().to_string();
            assert!(error.contains(sign), "{error}");
        }
    }
}
