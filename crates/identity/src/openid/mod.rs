//! Sign-in with the identity provider of a hospital (OpenID Connect Core 1.0, the authorization code flow, with this server as
//! the relying party).
//!
//! The person goes to the [`Provider`], shows there who they are, and comes back with a code, which is exchanged for a signed
//! token. What the token says, [`Shown`], leads to an account that was linked to it before, or that waits for that name.

mod ceremony;
mod id_token;
mod metadata;
mod people;
mod provider;
#[cfg(test)]
mod provider_tests;
mod transport;

pub use ceremony::Purpose;
pub use id_token::Shown;
pub use people::sign_in;
pub use provider::{Begun, Provider, ProviderSettings, Unshown};
pub use transport::{Ask, Asking, Told, Transport};

use serde::{Deserialize, Serialize};

/// What an account is at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenIdLink {
    /// Whoever comes with this name for the first time is its person. In small letters.
    Awaited(String),
    /// The person that the provider knows by a subject, which it never gives to anybody else.
    Known {
        /// The provider.
        issuer: String,
        /// The person there.
        subject: String,
    },
}
