//! Hashes on what is sent and received (RFC 9530; 45 CFR 170.315(d)(8)): a body that did not arrive as it was sent is
//! refused, and whoever takes ours can see that it is whole.
//!
//! A hash is of the bytes on the wire: compressed, when they are compressed, and of a part, when a part is sent.

pub(crate) mod check;
mod layer;
mod trailing;

pub(crate) use check::verify;
pub(crate) use layer::{DigestLayer, Sent};

use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256, SHA512};

/// The hash of the bytes that a message carries.
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// The hash of the whole of what a message carries, perhaps in part.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
/// Which hash a client would have.
const WANT_CONTENT_DIGEST: HeaderName = HeaderName::from_static("want-content-digest");

/// The algorithms that are registered as secure (RFC 9530 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha256,
    Sha512,
}

const ALGORITHMS: [(&str, Algorithm); 2] = [("sha-256", Algorithm::Sha256), ("sha-512", Algorithm::Sha512)];

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
    }

    fn name(self) -> &'static str {
        ALGORITHMS[self as usize].0
    }

    /// What a client wants of us: SHA-256 when it says nothing, nothing when it wants none of ours.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut best = (0, None);
        let mut is_asked = false;
        for (name, weight) in members(headers, &WANT_CONTENT_DIGEST) {
            is_asked = true;
            let weight: u8 = weight.parse().unwrap_or_default();
            if let (Some(algorithm), true) = (Self::named(name), weight > best.0) {
                best = (weight, Some(algorithm));
            }
        }
        if is_asked { best.1 } else { Some(Self::Sha256) }
    }
}

/// A hash that is being made.
#[derive(Clone)]
pub(crate) struct Hasher {
    algorithm: Algorithm,
    context: Context,
}

impl Hasher {
    pub fn new(algorithm: Algorithm) -> Self {
        let implementation = match algorithm {
            Algorithm::Sha256 => &SHA256,
            Algorithm::Sha512 => &SHA512,
        };
        Self { algorithm, context: Context::new(implementation) }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    fn finish(self) -> (Algorithm, ring::digest::Digest) {
        (self.algorithm, self.context.finish())
    }

    /// The value of a field (RFC 8941 §3.3.5: bytes between colons).
    fn into_field(self) -> String {
        let (algorithm, hash) = self.finish();
        format!("{}=:{}:", algorithm.name(), STANDARD.encode(hash))
    }
}

/// The field for a body.
pub(crate) fn field(algorithm: Algorithm, body: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(body);
    hasher.into_field()
}

/// The members of a dictionary (RFC 8941 §3.2), without their parameters; values as they stand.
fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'a str, &'a str)> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
    let members = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|member| !member.is_empty());
    members.map(|member| {
        let member = member.split(';').next().unwrap_or_default().trim_end();
        member.split_once('=').unwrap_or((member, ""))
    })
}
