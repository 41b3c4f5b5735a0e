//! Public keys of programs and of identity providers (JSON Web Key Sets, RFC 7517), and what a signature is by.
//!
//! Each algorithm has its own kind of key, and a set takes only those that its reader named: a public key can never be taken
//! for a secret, nor one algorithm's key for another's.

use super::from_base64;
use crate::{IdentityError, mistake};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

/// The algorithms of signatures that programs make: the two that SMART demands.
pub const ALGORITHMS: [&str; 2] = ["RS384", "ES384"];

/// Keys at most: a set is read for each request.
const KEYS_MAX: usize = 50;

/// How the signatures of an algorithm are checked.
enum Check {
    Rsa(&'static RsaParameters),
    /// By the name of its curve.
    Curve(&'static str, &'static EcdsaVerificationAlgorithm),
}

/// Algorithms that are understood (RFC 7518 §3.1).
const CHECKS: [(&str, Check); 6] = [
    ("RS256", Check::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
    ("RS384", Check::Rsa(&RSA_PKCS1_2048_8192_SHA384)),
    ("RS512", Check::Rsa(&RSA_PKCS1_2048_8192_SHA512)),
    ("PS256", Check::Rsa(&RSA_PSS_2048_8192_SHA256)),
    ("ES256", Check::Curve("P-256", &ECDSA_P256_SHA256_FIXED)),
    ("ES384", Check::Curve("P-384", &ECDSA_P384_SHA384_FIXED)),
];

/// Curves, and the bytes of a coordinate.
const CURVES: [(&str, usize); 2] = [("P-256", 32), ("P-384", 48)];

/// A set of public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Key>,
    /// The algorithms that are taken.
    algorithms: &'static [&'static str],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: String,
    /// The only algorithm that it is for; `None`: all of its kind.
    algorithm: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// The name of a curve, and a point of it, uncompressed.
    Curve(&'static str, Vec<u8>),
}

impl KeySet {
    /// Reads a set of keys for some algorithms. Keys of other kinds and for other uses are left out.
    ///
    /// # Errors
    /// When no key can be used, and when a key is a private one.
    pub fn parse(set: &Value, algorithms: &'static [&'static str]) -> Result<Self, IdentityError> {
        let Some(keys) = set.get("keys").and_then(Value::as_array) else {
            return mistake("The keys are a JSON Web Key Set: {\"keys\": [ … ]}.");
        };
        if keys.iter().any(|key| ["d", "p", "q", "k"].iter().any(|secret| key.get(secret).is_some())) {
            return mistake(
                "A private key is in the set: it is not secret any more. Make a new one and give its public half.",
            );
        }
        let is_for_one = |key: &Key| algorithms.iter().any(|name| key.check(name).is_some());
        let keys: Vec<Key> = keys.iter().take(KEYS_MAX).filter_map(read).filter(is_for_one).collect();
        if keys.is_empty() {
            return mistake(format!(
                "None of the keys can be used: give RSA (2048 bits or more) or elliptic keys for {}, each with a kid.",
                algorithms.join(" or ")
            ));
        }
        Ok(Self { keys, algorithms })
    }

    /// Whether a key of an id is in it.
    pub fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id == id)
    }

    /// Whether a signature over a message is by the key of an id, by an algorithm.
    pub fn is_signed(&self, (algorithm, id): (&str, &str), message: &[u8], signature: &[u8]) -> bool {
        let is_taken = self.algorithms.contains(&algorithm);
        let mut keys = self.keys.iter().filter(|key| is_taken && key.id == id);
        keys.any(|key| match (&key.kind, key.check(algorithm)) {
            (Kind::Rsa(n, e), Some(Check::Rsa(how))) => {
                RsaPublicKeyComponents { n, e }.verify(how, message, signature).is_ok()
            }
            (Kind::Curve(_, point), Some(Check::Curve(_, how))) => {
                UnparsedPublicKey::new(*how, point).verify(message, signature).is_ok()
            }
            _ => false,
        })
    }
}

impl Key {
    /// How its signatures by an algorithm are checked; `None` when it makes none by it.
    fn check(&self, algorithm: &str) -> Option<&'static Check> {
        let (_, check) = CHECKS.iter().find(|(name, _)| *name == algorithm)?;
        let is_its_kind = match (&self.kind, check) {
            (Kind::Rsa(..), Check::Rsa(_)) => true,
            (Kind::Curve(curve, _), Check::Curve(of, _)) => curve == of,
            _ => false,
        };
        let is_for_it = self.algorithm.as_deref().is_none_or(|only| only == algorithm);
        (is_its_kind && is_for_it).then_some(check)
    }
}

fn read(key: &Value) -> Option<Key> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let number = |name: &str| text(name).and_then(from_base64);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let kind = match text("kty")? {
        "RSA" => {
            let modulus = number("n")?;
            let begin = modulus.iter().position(|byte| *byte != 0)?;
            let modulus = modulus[begin..].to_vec();
            if modulus.len() < 256 {
                return None;
            }
            Kind::Rsa(modulus, number("e")?)
        }
        "EC" => {
            let named = text("crv")?;
            let (curve, length) = CURVES.into_iter().find(|(name, _)| *name == named)?;
            let mut point = vec![4];
            for name in ["x", "y"] {
                let coordinate = number(name).filter(|bytes| bytes.len() <= length)?;
                point.resize(point.len() + length - coordinate.len(), 0);
                point.extend(coordinate);
            }
            Kind::Curve(curve, point)
        }
        _ => return None,
    };
    Some(Key { id: text("kid")?.to_owned(), algorithm: text("alg").map(str::to_owned), kind })
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
        let set =
            KeySet::parse(&json!({ "keys": [key, { "kty": "oct", "kid": "2" }] }), &ALGORITHMS).unwrap();
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
            assert!(KeySet::parse(&json!({ "keys": keys }), &ALGORITHMS).is_err(), "{keys}");
        }
        assert!(KeySet::parse(&json!([]), &ALGORITHMS).is_err());
    }
}
