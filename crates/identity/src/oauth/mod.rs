//! Programs that act for people, and by themselves: an authorization server (RFC 6749, OpenID Connect Core 1.0, SMART App
//! Launch 2.2).
//!
//! A [`Client`] is a program that an administrator knows. What a person lets it do is a [`Grant`]: one private document that
//! has the authorization code, the refresh token and the access tokens that hang on it, all as hashes, so that all of them
//! end together. Every secret that hangs on a grant begins with the grant's id: `GRANT.RANDOM`.

pub mod address;
pub mod assertion;
pub mod authorization;
pub mod client;
pub mod client_proof;
pub mod clients;
pub mod endpoints;
pub mod grant;
pub mod grants;
pub mod inspection;
pub mod key_set;
pub mod launch;
pub mod registration;
pub mod scope_list;
pub mod signed_token;
pub mod signing_key;
pub mod token;

pub use authorization::AuthorizationRequest;
pub use client::{Client, ClientState, Proof};
pub use clients::Clients;
pub use endpoints::Endpoints;
pub use grant::Grant;
pub use grants::Grants;
pub use scope_list::{ScopeList, Word};

use crate::IdentityError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a program is refused with (RFC 6749 §5.2, §4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct Refusal {
    /// The error's code in the standard.
    pub code: &'static str,
    /// What is wrong and how to mend it, for the program's developer.
    pub description: String,
}

impl Refusal {
    /// A refusal of a code.
    pub fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}

/// Refuses a request.
pub(crate) fn refuse<T>(code: &'static str, description: impl Into<String>) -> Result<T, IdentityError> {
    Err(IdentityError::Refused(Refusal::new(code, description)))
}

/// 160 random bits as 40 letters and digits.
pub(crate) fn new_secret() -> String {
    let mut secret = [0; 20];
    getrandom::fill(&mut secret).expect("the operating system gives randomness");
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a secret is the one of a hash, in the same time wherever they differ.
pub(crate) fn is_secret(secret: &str, kept: &str) -> bool {
    blake3::Hash::from_hex(kept).is_ok_and(|kept| blake3::hash(secret.as_bytes()) == kept)
}

/// Base 64 for URLs, without padding (RFC 7515 §2).
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base 64 for URLs.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
