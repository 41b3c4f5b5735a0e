//! One way to the provider and back. All of it follows from one text that the browser keeps in a cookie meanwhile, so that
//! any server of the practice can receive who comes back, and nobody else's code can be put in its place.

use crate::oauth::{from_base64, new_secret, to_base64};
use serde::{Deserialize, Serialize};

/// What somebody goes to the provider for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To sign in, and go on to a page of ours.
    SignIn {
        /// The page's address.
        to: String,
    },
    /// To show anew who they are, and go on to a page of ours.
    Confirm {
        /// The page's address.
        to: String,
    },
    /// To be known by the provider from now on.
    Link,
    /// To follow an invitation.
    Join {
        /// The invitation's secret.
        invitation: String,
    },
}

/// A way that somebody is on.
#[derive(Debug)]
pub(super) struct Ceremony {
    /// What the browser keeps: a secret, and what it is for.
    pub cookie: String,
    /// What they are there for.
    pub purpose: Purpose,
}

impl Ceremony {
    /// Begins one.
    pub fn begin(purpose: Purpose) -> Self {
        let json = serde_json::to_vec(&purpose).expect("a purpose is JSON");
        Self { cookie: format!("{}.{}", new_secret(), to_base64(&json)), purpose }
    }

    /// The one that a browser is on.
    pub fn of_cookie(cookie: &str) -> Option<Self> {
        let (secret, purpose) = cookie.split_once('.')?;
        let purpose = serde_json::from_slice(&from_base64(purpose)?).ok()?;
        (secret.len() == 40).then(|| Self { cookie: cookie.to_owned(), purpose })
    }

    /// What the provider sends back with the browser (RFC 6749 §10.12).
    pub fn state(&self) -> String {
        self.derived("chiron 2026 state of a sign-in by OpenID Connect")
    }

    /// What the token must have (OpenID Connect Core §15.5.2).
    pub fn nonce(&self) -> String {
        self.derived("chiron 2026 nonce of a sign-in by OpenID Connect")
    }

    /// What shows that the code is exchanged by who asked for it (RFC 7636 §4.1).
    pub fn verifier(&self) -> String {
        self.derived("chiron 2026 verifier of a sign-in by OpenID Connect")
    }

    /// What the verifier is announced by (RFC 7636 §4.2, `S256`).
    pub fn challenge(&self) -> String {
        to_base64(ring::digest::digest(&ring::digest::SHA256, self.verifier().as_bytes()).as_ref())
    }

    fn derived(&self, context: &str) -> String {
        to_base64(&blake3::derive_key(context, self.cookie.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_way_follows_from_its_cookie_and_no_part_from_another() {
        let begun = Ceremony::begin(Purpose::SignIn { to: "/patients?q=ä".to_owned() });
        let back = Ceremony::of_cookie(&begun.cookie).unwrap();
        assert_eq!((&back.purpose, back.state()), (&begun.purpose, begun.state()));
        let parts = [begun.state(), begun.nonce(), begun.verifier(), begun.challenge()];
        let other = Ceremony::begin(begun.purpose.clone());
        for (at, part) in parts.iter().enumerate() {
            assert_eq!(part.len(), 43);
            assert!(!parts[..at].contains(part) && !begun.cookie.contains(part.as_str()));
            assert_ne!(*part, [other.state(), other.nonce(), other.verifier(), other.challenge()][at]);
        }
        // What it is for cannot be changed on the way.
        let (secret, _) = begun.cookie.split_once('.').unwrap();
        let link = to_base64(br#""link""#);
        assert_ne!(Ceremony::of_cookie(&format!("{secret}.{link}")).unwrap().state(), begun.state());
        for wrong in ["", ".", "abc.e30", &format!("{secret}.e30"), &format!("{secret}.!"), secret] {
            assert!(Ceremony::of_cookie(wrong).is_none(), "{wrong}");
        }
    }
}
