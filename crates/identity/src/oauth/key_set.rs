//! Public keys of programs (JSON Web Key Sets, RFC 7517), and what a signature is by.
//!
//! Only the two algorithms that SMART demands exist here, each with its own kind of key: a public key can never be taken for a
//! secret, nor one algorithm's key for another's.

use super::from_base64;
use crate::{IdentityError, mistake};
use ring::signature::{
    ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA384, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

/// The algorithms of signatures that programs make.
pub const ALGORITHMS: [&str; 2] = ["RS384", "ES384"];

/// Keys at most: a set is read for each request.
const KEYS_MAX: usize = 50;

/// A set of public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// A point of P-384, uncompressed.
    P384(Vec<u8>),
}

impl KeySet {
    /// Reads a set. Keys of other kinds and for other uses are left out.
    ///
    /// # Errors
    /// When no key can be used, and when a key is a private one.
    pub fn parse(set: &Value) -> Result<Self, IdentityError> {
        let Some(keys) = set.get("keys").and_then(Value::as_array) else {
            return mistake("The keys are a JSON Web Key Set: {\"keys\": [ … ]}.");
        };
        if keys.iter().any(|key| ["d", "p", "q", "k"].iter().any(|secret| key.get(secret).is_some())) {
            return mistake(
                "A private key is in the set: it is not secret any more. Make a new one and give its public half.",
            );
        }
        let keys: Vec<Key> = keys.iter().take(KEYS_MAX).filter_map(read).collect();
        if keys.is_empty() {
            return mistake(
                "None of the keys can be used: give RSA (2048 bits or more, RS384) or P-384 (ES384), each with a kid.",
            );
        }
        Ok(Self(keys))
    }

    /// Whether a key of an id is in it.
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }

    /// Whether a signature over a message is by the key of an id, by an algorithm.
    pub fn is_signed(&self, (algorithm, id): (&str, &str), message: &[u8], signature: &[u8]) -> bool {
        self.0.iter().filter(|key| key.id == id).any(|key| match (&key.kind, algorithm) {
            (Kind::Rsa(n, e), "RS384") => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA384, message, signature)
                .is_ok(),
            (Kind::P384(point), "ES384") => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature).is_ok()
            }
            _ => false,
        })
    }
}

fn read(key: &Value) -> Option<Key> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let number = |name: &str| text(name).and_then(from_base64);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (kind, algorithm) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let modulus = number("n")?;
            let begin = modulus.iter().position(|byte| *byte != 0)?;
            let modulus = modulus[begin..].to_vec();
            if modulus.len() < 256 {
                return None;
            }
            (Kind::Rsa(modulus, number("e")?), "RS384")
        }
        ("EC", Some("P-384")) => {
            let mut point = vec![4];
            for name in ["x", "y"] {
                let coordinate = number(name).filter(|bytes| bytes.len() <= 48)?;
                point.resize(point.len() + 48 - coordinate.len(), 0);
                point.extend(coordinate);
            }
            (Kind::P384(point), "ES384")
        }
        _ => return None,
    };
    let is_for_it = text("alg").is_none_or(|named| named == algorithm);
    is_for_it.then(|| text("kid")).flatten().map(|id| Key { id: id.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::super::to_base64;
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RsaEncoding, RsaKeyPair};
    use rsa::pkcs8::EncodePrivateKey;
    use serde_json::json;

    fn pair() -> RsaKeyPair {
        let mut random = super::super::signing_key::SystemRandomness;
        let made = rsa::RsaPrivateKey::new(&mut random, 2048).unwrap().to_pkcs8_der().unwrap();
        RsaKeyPair::from_pkcs8(made.as_bytes()).unwrap()
    }

    fn signed(pair: &RsaKeyPair, how: &'static dyn RsaEncoding) -> Vec<u8> {
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(how, &SystemRandom::new(), b"message", &mut signature).unwrap();
        signature
    }

    #[test]
    fn a_signature_is_by_its_key_and_its_algorithm() {
        let pair = pair();
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
        let key = json!({ "kty": "RSA", "kid": "1", "n": to_base64(&public.n), "e": to_base64(&public.e) });
        let set = KeySet::parse(&json!({ "keys": [key, { "kty": "oct", "kid": "2" }] })).unwrap();
        let right = signed(&pair, &RSA_PKCS1_SHA384);
        assert!(set.is_signed(("RS384", "1"), b"message", &right));
        for (named, message) in [
            (("RS384", "1"), &b"massage"[..]),
            (("RS384", "2"), b"message"),
            (("ES384", "1"), b"message"),
            (("RS256", "1"), b"message"),
            (("HS256", "1"), b"message"),
            (("none", "1"), b"message"),
        ] {
            assert!(!set.is_signed(named, message, &right), "{named:?}");
        }
        assert!(!set.is_signed(("RS384", "1"), b"message", &signed(&pair, &RSA_PKCS1_SHA256)));
        assert!(set.has("1") && !set.has("2"));
    }

    #[test]
    fn sets_without_a_key_that_can_be_used_are_refused() {
        let short = json!({ "kty": "RSA", "kid": "1", "n": to_base64(&[0xff; 128]), "e": "AQAB" });
        let nameless = json!({ "kty": "RSA", "n": to_base64(&[0xff; 256]), "e": "AQAB" });
        let other =
            json!({ "kty": "RSA", "kid": "1", "alg": "RS256", "n": to_base64(&[0xff; 256]), "e": "AQAB" });
        for keys in [
            json!([]),
            json!([short]),
            json!([nameless]),
            json!([other]),
            json!([{ "kty": "oct", "kid": "1", "k": "AA" }]),
        ] {
            assert!(KeySet::parse(&json!({ "keys": keys })).is_err(), "{keys}");
        }
        assert!(KeySet::parse(&json!([])).is_err());
    }
}
