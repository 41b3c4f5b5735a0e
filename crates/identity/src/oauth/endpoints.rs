//! Where what is: every address that clients are told.

use record::Record;

/// The addresses of an authorization server, made from that of its FHIR API.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The FHIR API: what tokens are for (`aud`), and what an app is told at its launch (`iss`).
    pub fhir: String,
    /// Who signs identity tokens (OpenID Connect), and who answers an authorization request (RFC 9207).
    pub issuer: String,
}

/// The path where people let programs in.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// The path where programs get tokens.
pub const TOKEN: &str = "/oauth/token";
/// The path where programs ask what a token is.
pub const INTROSPECT: &str = "/oauth/introspect";
/// The path where programs end a token.
pub const REVOKE: &str = "/oauth/revoke";
/// The path where programs register by themselves.
pub const REGISTER: &str = "/oauth/register";
/// The path of the keys that identity tokens are signed with.
pub const KEYS: &str = "/.well-known/jwks.json";
/// The path of colours and sizes for apps.
pub const STYLE: &str = "/oauth/smart-style.json";
/// The path of the page where people see to their apps.
pub const APPS: &str = "/apps";

impl Endpoints {
    /// Those of a record's API.
    pub fn of(record: &Record) -> Self {
        let fhir = record.base_url().trim_end_matches('/').to_owned();
        let issuer = fhir.strip_suffix("/fhir").unwrap_or(&fhir).to_owned();
        Self { fhir, issuer }
    }

    /// The whole address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Whether an address is that of the FHIR API; a slash at the end makes no difference.
    pub fn is_fhir(&self, address: &str) -> bool {
        address.trim_end_matches('/') == self.fhir
    }
}
