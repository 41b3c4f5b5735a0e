//! A program that works by itself: its key, and the assertions that it signs (SMART App Launch 2.2, "Client
//! Authentication: Asymmetric").

use anyhow::{Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The bytes of one coordinate of a public key of P-384.
const COORDINATE_BYTES: usize = 48;

/// A program with a key; registered when it has an id.
pub struct Service {
    key: EcdsaKeyPair,
    /// Its client id.
    pub id: String,
}

impl Service {
    /// One with a new key, not registered.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn new() -> Result<Self> {
        let random = SystemRandom::new();
        let failed = |_| anyhow!("no key could be made");
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).map_err(failed)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, made.as_ref(), &random);
        Ok(Self { key: key.map_err(|_| anyhow!("the key that was made is none"))?, id: String::new() })
    }

    /// Its public key, as a JSON Web Key Set.
    pub fn public(&self) -> Value {
        // The first byte says that the point is not compressed.
        let point = self.key.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(COORDINATE_BYTES.min(point.len()));
        json!({ "keys": [{ "kty": "EC", "crv": "P-384", "kid": "one", "alg": "ES384", "key_ops": ["verify"],
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) }] })
    }

    /// The claims of an assertion that is right, with an id of its own.
    pub fn claims(&self, audience: &str, id: &str) -> Value {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        json!({ "iss": self.id, "sub": self.id, "aud": audience, "exp": now_s + 240, "jti": id })
    }

    /// An assertion.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn sign(&self, claims: &Value) -> Result<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "ES384", "kid": "one", "typ": "JWT" });
        let message = format!("{}.{}", part(&header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes());
        let signature = signature.map_err(|_| anyhow!("an assertion could not be signed"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
