//! JSON Web Tokens in the compact form (RFC 7519, RFC 7515): read first, trusted only after a signature was checked.

use super::{from_base64, to_base64};
use serde_json::Value;

/// Letters at most: an assertion has a few hundred.
const LENGTH_MAX: usize = 16 << 10;

/// A token that somebody signed, or says so.
#[derive(Debug)]
pub struct SignedToken<'a> {
    /// The algorithm that its header names.
    pub algorithm: String,
    /// The id of the key that its header names.
    pub key_id: String,
    /// Where its header says the keys are; what it says is only compared.
    pub keys_at: Option<String>,
    /// What it says. True only when the signature is.
    pub claims: Value,
    /// What is signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: Vec<u8>,
}

impl<'a> SignedToken<'a> {
    /// Reads a token; `None` when it is none, or asks for what is not understood (`crit`).
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LENGTH_MAX {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Value = serde_json::from_slice(&from_base64(header)?).ok()?;
        let claims: Value = serde_json::from_slice(&from_base64(claims)?).ok()?;
        let member = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        if header.get("crit").is_some() || !claims.is_object() {
            return None;
        }
        Some(Self {
            algorithm: member("alg")?,
            key_id: member("kid")?,
            keys_at: member("jku"),
            claims,
            message: message.as_bytes(),
            signature: from_base64(signature)?,
        })
    }

    /// A claim that is a text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim that is a moment, in seconds since 1970; fractions are cut off.
    #[allow(clippy::cast_possible_truncation)]
    pub fn moment(&self, claim: &str) -> Option<i64> {
        let value = self.claims.get(claim)?;
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }

    /// Whether it is meant for one of these addresses (`aud` is a text or a list).
    pub fn is_for(&self, addresses: &[&str]) -> bool {
        let is_one = |value: &Value| value.as_str().is_some_and(|text| addresses.contains(&text));
        match self.claims.get("aud") {
            Some(Value::Array(list)) => list.iter().any(is_one),
            Some(one) => is_one(one),
            None => false,
        }
    }
}

/// Header and claims as they are signed.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| to_base64(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}
