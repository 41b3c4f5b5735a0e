//! The configuration: flags over environment over one TOML file over what comes with the program.
//!
//! Each setting is a row of [`SETTINGS`]; `chiron config` prints what is in force and where each came from.

use crate::acme;
use crate::identity_provider;
use crate::machine_memory;
use crate::profile_checks;
use crate::tls::{self, CertificateSource};
use crate::virus_scanner;
use crate::wrapping_key;
use anyhow::{Context, Result, anyhow, bail};
use identity::IdleTimes;
use identity::oauth::registration::Registration;
use identity::pace::Rates;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A setting: its name in the file (and, with `--`, as a flag), its environment variable, what it is when nothing
/// says otherwise, and what it means.
pub struct Setting {
    /// The name in the TOML file and of the flag.
    pub name: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// The value when nothing else is said.
    pub default: &'static str,
    /// What it means.
    pub help: &'static str,
}

/// All settings.
pub const SETTINGS: [Setting; 33] = [
    Setting {
        name: "data",
        variable: "CHIRON_DATA",
        default: "chiron-data",
        help: "the folder that holds the practice's data",
    },
    Setting {
        name: "database",
        variable: "CHIRON_DATABASE",
        default: "",
        help: "postgres://user:password@host/name: the records lie there, by TLS with ?sslmode=verify-full&sslrootcert=FILE; empty: in the data folder",
    },
    Setting {
        name: "wrapping-key",
        variable: "CHIRON_WRAPPING_KEY",
        default: "",
        help: "the key without which the data cannot be read: file:PATH; passphrase (in CHIRON_PASSPHRASE) or passphrase:VARIABLE; command:PROGRAM ARGUMENTS, for key services; empty: a file beside the data folder, with .key at its end",
    },
    Setting {
        name: "read-database",
        variable: "CHIRON_READ_DATABASE",
        default: "",
        help: "postgres://… of a replica of the database: reads go there while it has all that was written or seen here",
    },
    Setting {
        name: "listen",
        variable: "CHIRON_LISTEN",
        default: "127.0.0.1:8080",
        help: "the address and port to serve on",
    },
    Setting {
        name: "base-url",
        variable: "CHIRON_BASE_URL",
        default: "",
        help: "the address that others reach the server by; empty: made from acme-host or listen",
    },
    Setting {
        name: "tls-certificate",
        variable: "CHIRON_TLS_CERTIFICATE",
        default: "",
        help: "a PEM file with the server's certificate and those that lead to its authority, read anew when it changes; empty: plain HTTP",
    },
    Setting {
        name: "tls-key",
        variable: "CHIRON_TLS_KEY",
        default: "",
        help: "a PEM file with the certificate's private key",
    },
    Setting {
        name: "acme-host",
        variable: "CHIRON_ACME_HOST",
        default: "",
        help: "the public name of this server, or several with commas: a certificate for it is asked of an authority by ACME, whose terms are agreed to thereby, and renewed; port 443 of the name must lead to listen, which is 0.0.0.0:443 then unless it is said; empty: no authority is asked",
    },
    Setting {
        name: "acme-contact",
        variable: "CHIRON_ACME_CONTACT",
        default: "",
        help: "a mail address that the authority may write to; empty: none",
    },
    Setting {
        name: "acme-directory",
        variable: "CHIRON_ACME_DIRECTORY",
        default: acme::DIRECTORY,
        help: "the URL of the authority's directory: Let's Encrypt, or that of a network of its own",
    },
    Setting {
        name: "acme-directory-certificate",
        variable: "CHIRON_ACME_DIRECTORY_CERTIFICATE",
        default: "",
        help: "a PEM file with the certificate that an authority of one's own is checked by; empty: what this machine trusts",
    },
    Setting {
        name: "http-redirect-listen",
        variable: "CHIRON_HTTP_REDIRECT_LISTEN",
        default: "",
        help: "an address and port, such as 0.0.0.0:80, whose plain HTTP only leads to base-url, which is https then; empty: none",
    },
    Setting {
        name: "behind-proxy",
        variable: "CHIRON_BEHIND_PROXY",
        default: "false",
        help: "true: a proxy in front ends TLS, so plain HTTP beyond this machine is meant",
    },
    Setting {
        name: "lenient-search",
        variable: "CHIRON_LENIENT_SEARCH",
        default: "false",
        help: "true: unknown search parameters are dropped with a warning instead of refused",
    },
    Setting {
        name: "binary-megabytes",
        variable: "CHIRON_BINARY_MEGABYTES",
        default: "4096",
        help: "the largest file that may be sent to Binary as it is, or fetched by $import, in units of 1,048,576 bytes",
    },
    Setting {
        name: "virus-scanner",
        variable: "CHIRON_VIRUS_SCANNER",
        default: "",
        help: "where ClamAV's clamd listens, host:port or the path of its socket: it looks at all contents before they are kept, and without it none are; empty: nobody looks",
    },
    Setting {
        name: "audit-reads",
        variable: "CHIRON_AUDIT_READS",
        default: "true",
        help: "false only to measure what the audit of reads costs: never with patients' data",
    },
    Setting {
        name: "anchor-file",
        variable: "CHIRON_ANCHOR_FILE",
        default: "",
        help: "a file, best on another machine or on what cannot be rewritten, to which the server appends each hour where the audit log ends, signed: `chiron verify --anchors` finds then what was cut off; empty: such anchors stand in the audit log alone",
    },
    Setting {
        name: "validate-profiles",
        variable: "CHIRON_VALIDATE_PROFILES",
        default: "declared",
        help: "profiles checked on write: off; declared: those in meta.profile; us-core-6, -7 or -8: US Core's too",
    },
    Setting {
        name: "idle-minutes",
        variable: "CHIRON_IDLE_MINUTES",
        default: "15",
        help: "how long a person stays signed in without doing anything; of roles, the shortest counts: 15, front-desk=5",
    },
    Setting {
        name: "requests-per-minute",
        variable: "CHIRON_REQUESTS_PER_MINUTE",
        default: "6000, address=60000",
        help: "how many requests a person or an app may send in a minute, and how many may come from one address; 0: as many as come",
    },
    Setting {
        name: "cache-megabytes",
        variable: "CHIRON_CACHE_MEGABYTES",
        default: "",
        help: "memory for documents that were read lately, in units of 1,048,576 bytes; empty: an eighth of the machine's, from 64 to 512",
    },
    Setting {
        name: "outgoing-targets",
        variable: "CHIRON_OUTGOING_TARGETS",
        default: "",
        help: "hosts (host or host:port, with commas) that requests may go to over plain HTTP or inside the network",
    },
    Setting {
        name: "app-registration",
        variable: "CHIRON_APP_REGISTRATION",
        default: "off",
        help: "whether apps may register by themselves: off; token: with a token of `chiron app invite`; open: all, for people",
    },
    Setting {
        name: "organization",
        variable: "CHIRON_ORGANIZATION",
        default: "",
        help: "the id of the Organization that the practice is, shown to apps in which patients look for it; empty: none",
    },
    Setting {
        name: "openid-issuer",
        variable: "CHIRON_OPENID_ISSUER",
        default: "",
        help: "the https address of the hospital's identity provider (OpenID Connect), by which people may sign in; it sends them back to /sign-in/openid/return; empty: none",
    },
    Setting {
        name: "openid-client-id",
        variable: "CHIRON_OPENID_CLIENT_ID",
        default: "",
        help: "what the identity provider calls this server",
    },
    Setting {
        name: "openid-secret-file",
        variable: "CHIRON_OPENID_SECRET_FILE",
        default: "",
        help: "a file with the secret that the identity provider gave to this server; empty: it is a public client",
    },
    Setting {
        name: "openid-label",
        variable: "CHIRON_OPENID_LABEL",
        default: "",
        help: "what people call the identity provider: it stands behind the word With; empty: your hospital account",
    },
    Setting {
        name: "openid-name-claim",
        variable: "CHIRON_OPENID_NAME_CLAIM",
        default: "preferred_username",
        help: "which claim of the identity provider is the name that an administrator lets people in by; email counts when it is verified",
    },
    Setting {
        name: "openid-acr",
        variable: "CHIRON_OPENID_ACR",
        default: "",
        help: "ways of showing who one is (acr), with commas, of which the identity provider must have asked for one, such as one with two factors; empty: any",
    },
    Setting {
        name: "log",
        variable: "CHIRON_LOG",
        default: "info",
        help: "what to log: error, warn, info, debug",
    },
];

/// Where the server listens when an authority of certificates has to find it, unless it is said: RFC 8737 §3 names the port.
const ACME_LISTEN: &str = "0.0.0.0:443";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The configuration file.
    File(PathBuf),
    /// What comes with the program.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The values in force, by name, each with its source.
#[derive(Clone, Debug)]
pub struct Config {
    values: BTreeMap<&'static str, (String, Source)>,
}

impl Config {
    /// Puts the sources together. `flags` has what was given on the command line, by setting name; `file` is the
    /// configuration file named there, which then must exist.
    pub fn load(flags: &BTreeMap<&'static str, String>, file: Option<&Path>) -> Result<Self> {
        let variable = |name: &str| std::env::var(name).ok();
        let path = match file {
            Some(path) => path.to_path_buf(),
            None => PathBuf::from("chiron.toml"),
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        Self::merge(flags, variable, &text, &path)
    }

    fn merge(
        flags: &BTreeMap<&'static str, String>,
        variable: impl Fn(&str) -> Option<String>,
        file: &str,
        path: &Path,
    ) -> Result<Self> {
        let table: toml::Table = file.parse().with_context(|| format!("reading {}", path.display()))?;
        if let Some(unknown) =
            table.keys().find(|key| SETTINGS.iter().all(|setting| setting.name != key.as_str()))
        {
            let known = SETTINGS.map(|setting| setting.name).join(", ");
            bail!("{}: there is no setting '{unknown}'; the settings are {known}", path.display());
        }
        let value = |setting: &Setting| {
            let from_file = || {
                let value = table.get(setting.name)?;
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Some((text, Source::File(path.to_path_buf())))
            };
            let flag = flags.get(setting.name).map(|text| (text.clone(), Source::Flag));
            flag.or_else(|| variable(setting.variable).map(|text| (text, Source::Environment)))
                .or_else(from_file)
                .unwrap_or_else(|| (setting.default.to_owned(), Source::Default))
        };
        let mut config =
            Self { values: SETTINGS.iter().map(|setting| (setting.name, value(setting))).collect() };
        if !config.get("acme-host").is_empty() && config.values["listen"].1 == Source::Default {
            config.values.insert("listen", (ACME_LISTEN.to_owned(), Source::Default));
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.flag("behind-proxy")?;
        self.flag("lenient-search")?;
        self.flag("audit-reads")?;
        self.binary_bytes()?;
        self.cache_bytes()?;
        self.idle_times()?;
        self.rates()?;
        self.registration()?;
        self.tls()?;
        identity_provider::settings(self)?;
        virus_scanner::of(self)?;
        self.http_redirect()?;
        wrapping_key::of(self, &self.data())?;
        profile_checks::settings(self.get("validate-profiles"))?;
        self.listen().map(|_| ())
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> &str {
        &self.values[name].0
    }

    /// A setting that is true or false.
    pub fn flag(&self, name: &str) -> Result<bool> {
        let (text, source) = &self.values[name];
        text.parse().with_context(|| format!("{name} (from {source}) is true or false, not '{text}'"))
    }

    /// Memory for documents that were read lately, in bytes.
    pub fn cache_bytes(&self) -> Result<usize> {
        let (text, source) = &self.values["cache-megabytes"];
        if text.is_empty() {
            return Ok(machine_memory::for_documents());
        }
        let megabytes: u16 = text
            .parse()
            .with_context(|| format!("cache-megabytes (from {source}) is a whole number, not '{text}'"))?;
        Ok(usize::from(megabytes) << 20)
    }

    /// The largest file that may be sent to Binary as it is, in bytes.
    pub fn binary_bytes(&self) -> Result<u64> {
        let (text, source) = &self.values["binary-megabytes"];
        let megabytes: u32 = text
            .parse()
            .with_context(|| format!("binary-megabytes (from {source}) is a whole number, not '{text}'"))?;
        Ok(u64::from(megabytes) << 20)
    }

    /// How long a session of the pages holds without use.
    pub fn idle_times(&self) -> Result<IdleTimes> {
        let (text, source) = &self.values["idle-minutes"];
        IdleTimes::parse(text).map_err(|what| anyhow!("idle-minutes (from {source}): {what}"))
    }

    /// How many requests may come in a minute.
    pub fn rates(&self) -> Result<Rates> {
        let (text, source) = &self.values["requests-per-minute"];
        Rates::parse(text).map_err(|what| anyhow!("requests-per-minute (from {source}): {what}"))
    }

    /// Whether apps may register by themselves.
    pub fn registration(&self) -> Result<Registration> {
        let (text, source) = &self.values["app-registration"];
        let read = Registration::parse(text);
        read.with_context(|| format!("app-registration (from {source}) is off, token or open, not '{text}'"))
    }

    /// The folder that holds the data.
    pub fn data(&self) -> PathBuf {
        PathBuf::from(self.get("data"))
    }

    /// The URL of the database that holds the records; `None` when the data folder does.
    pub fn database(&self) -> Option<&str> {
        Some(self.get("database")).filter(|url| !url.is_empty())
    }

    /// The URL of a database that follows the one that is written.
    pub fn read_database(&self) -> Option<String> {
        Some(self.get("read-database")).filter(|url| !url.is_empty()).map(str::to_owned)
    }

    /// The address to serve on.
    pub fn listen(&self) -> Result<SocketAddr> {
        let (text, source) = &self.values["listen"];
        text.parse().with_context(|| {
            format!("listen (from {source}) is an address and port like 127.0.0.1:8080, not '{text}'")
        })
    }

    /// Where the server's certificate comes from; `None` when it speaks plain HTTP.
    pub fn tls(&self) -> Result<Option<CertificateSource>> {
        let [host, contact] = ["acme-host", "acme-contact"].map(|name| self.get(name));
        let certificate = self.get("acme-directory-certificate");
        let authority = acme::Settings::parse(host, contact, self.get("acme-directory"), certificate)?;
        match ([self.get("tls-certificate"), self.get("tls-key")], authority) {
            (["", ""], None) => Ok(None),
            (["", ""], Some(authority)) => Ok(Some(CertificateSource::Authority(authority))),
            (_, Some(_)) => bail!(
                "acme-host asks an authority for the certificate, and tls-certificate and tls-key name one in files: \
                 leave out the one or the others"
            ),
            (["", _], None) => {
                bail!("tls-key needs tls-certificate: the file of the certificate that it is the key of")
            }
            ([_, ""], None) => bail!("tls-certificate needs tls-key: the file of its private key"),
            ([certificate, key], None) => {
                let (certificate, key) = (PathBuf::from(certificate), PathBuf::from(key));
                Ok(Some(CertificateSource::Files(tls::Files { certificate, key })))
            }
        }
    }

    /// Where plain HTTP is led to HTTPS, if anywhere.
    pub fn http_redirect(&self) -> Result<Option<SocketAddr>> {
        let (text, source) = &self.values["http-redirect-listen"];
        if text.is_empty() {
            return Ok(None);
        }
        let address: SocketAddr = text.parse().with_context(|| {
            format!(
                "http-redirect-listen (from {source}) is an address and port like 0.0.0.0:80, not '{text}'"
            )
        })?;
        let base_url = self.base_url()?;
        if !base_url.starts_with("https://") {
            bail!(
                "http-redirect-listen leads to the base-url, and {base_url} is not https: give a certificate (--acme-host, \
                 or --tls-certificate and --tls-key), or say the https base-url that a proxy in front serves"
            );
        }
        if address == self.listen()? {
            bail!("http-redirect-listen and listen are both {address}: choose another port for one of them");
        }
        Ok(Some(address))
    }

    /// The address that others reach the server by, without a slash at the end.
    pub fn base_url(&self) -> Result<String> {
        match (self.get("base-url"), self.tls()?) {
            ("", Some(CertificateSource::Authority(authority))) => Ok(authority.base_url()),
            ("", _) => self.local_url(),
            (url, _) => Ok(url.trim_end_matches('/').to_owned()),
        }
    }

    /// The address that the server itself serves on.
    pub fn local_url(&self) -> Result<String> {
        let scheme = if self.tls()?.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.listen()?))
    }

    /// Each setting with its value, as it may be shown, and its source.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Setting, Cow<'_, str>, &Source)> {
        SETTINGS.iter().map(|setting| {
            let (value, source) = &self.values[setting.name];
            (setting, without_password(value), source)
        })
    }
}

/// A URL without the password in it; anything else as it is.
pub fn without_password(value: &str) -> Cow<'_, str> {
    let shown = || {
        let (scheme, rest) = value.split_once("://")?;
        let (account, host) = rest.rsplit_once('@')?;
        let (user, _) = account.split_once(':')?;
        Some(format!("{scheme}://{user}:…@{host}"))
    };
    shown().map_or(Cow::Borrowed(value), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(flag: Option<&str>, variable: Option<&str>, file: &str) -> Result<Config> {
        let flags = flag.map(|text| ("listen", text.to_owned())).into_iter().collect();
        let variable = |name: &str| variable.filter(|_| name == "CHIRON_LISTEN").map(str::to_owned);
        Config::merge(&flags, variable, file, Path::new("c.toml"))
    }

    #[test]
    fn flags_win_over_environment_over_file_over_default() {
        let file = "listen = \"127.0.0.1:3\"\nbehind-proxy = true";
        let config = merged(Some("127.0.0.1:1"), Some("127.0.0.1:2"), file).unwrap();
        assert_eq!((config.get("listen"), &config.values["listen"].1), ("127.0.0.1:1", &Source::Flag));
        assert!(config.flag("behind-proxy").unwrap());
        assert_eq!(merged(None, Some("127.0.0.1:2"), file).unwrap().get("listen"), "127.0.0.1:2");
        assert_eq!(merged(None, None, file).unwrap().get("listen"), "127.0.0.1:3");
        assert_eq!(merged(None, None, "").unwrap().get("listen"), "127.0.0.1:8080");
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(
            without_password("postgres://anna:s:e@c@host:5432/name"),
            "postgres://anna:…@host:5432/name"
        );
        for plain in ["postgres://anna@host/name", "http://127.0.0.1:8080", "info", ""] {
            assert_eq!(without_password(plain), plain);
        }
    }

    #[test]
    fn mistakes_name_the_setting_and_its_source() {
        let error = merged(None, None, "lissten = \"x\"").unwrap_err().to_string();
        assert!(error.contains("lissten") && error.contains("listen"), "{error}");
        let error = merged(None, Some("here"), "").unwrap_err().to_string();
        assert!(error.contains("environment") && error.contains("here"), "{error}");
    }

    #[test]
    fn a_public_name_is_the_one_setting_that_its_certificate_needs() {
        let config = merged(None, None, "acme-host = \"chart.practice.example\"").unwrap();
        assert_eq!(
            (config.get("listen"), &*config.base_url().unwrap()),
            ("0.0.0.0:443", "https://chart.practice.example")
        );
        let config = merged(Some("[::]:8443"), None, "acme-host = \"chart.practice.example\"").unwrap();
        // Authorities come to 443 whatever it is passed on to.
        assert_eq!(
            (config.get("listen"), &*config.base_url().unwrap()),
            ("[::]:8443", "https://chart.practice.example")
        );
        let config =
            merged(None, None, "acme-host = \"a.example\"\nbase-url = \"https://b.example:8443/\"").unwrap();
        assert_eq!(config.base_url().unwrap(), "https://b.example:8443");
    }

    #[test]
    fn no_damage_to_the_file_is_more_than_an_error() {
        let file = "data = \"/srv/é\"\nlisten = '[::1]:80' # here\nbehind-proxy = true\n";
        for at in (0..file.len()).filter(|at| file.is_char_boundary(*at)) {
            let (head, tail) = file.split_at(at);
            let rest = &tail[tail.chars().next().map_or(0, char::len_utf8)..];
            for middle in ["", "\"", "=", "[", "{", "\n", "\0", "\\u", "99999999999999999999", "1979-05-27"] {
                for text in [
                    format!("{head}{middle}{tail}"),
                    format!("{head}{middle}{rest}"),
                    format!("{head}{middle}"),
                ] {
                    if let Ok(config) = merged(None, None, &text) {
                        assert_eq!(config.rows().count(), SETTINGS.len());
                        config.listen().unwrap();
                    }
                    let _ = merged(Some(&text), None, "");
                    let _ = merged(None, Some(&text), "");
                }
            }
        }
    }
}
