//! Requests signed by an account (RFC 8555 §6.2; JSON Web Signatures, RFC 7515 §7.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

/// Bytes as such texts have them.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What such a text has.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The public key of an account: a point of the curve P-256, in Base64.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountKey {
    x: String,
    y: String,
}

impl AccountKey {
    /// The key of an account that is forgotten.
    pub fn nobodys() -> Self {
        Self { x: String::new(), y: String::new() }
    }

    /// Whether its account is forgotten.
    pub fn is_nobodys(&self) -> bool {
        self.x.is_empty()
    }

    /// The key authorization for a token (RFC 8555 §8.1, RFC 7638).
    pub fn authorization(&self, token: &str) -> String {
        let Self { x, y } = self;
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        format!("{token}.{}", encode(digest(&SHA256, canonical.as_bytes()).as_ref()))
    }
}

/// A request.
pub struct SignedRequest {
    header: Value,
    /// What is asked for; nothing when something is only to be shown.
    pub payload: Value,
    message: String,
    signature: Vec<u8>,
}

impl SignedRequest {
    /// Reads one; who signed it is to be looked at.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let [header, payload, signature] =
            ["protected", "payload", "signature"].map(|name| body[name].as_str());
        let (header, payload) = (header?, payload?);
        Some(Self {
            message: format!("{header}.{payload}"),
            header: serde_json::from_slice(&decode(header)?).ok()?,
            payload: serde_json::from_slice(&decode(payload)?).unwrap_or(Value::Null),
            signature: decode(signature?)?,
        })
    }

    /// A text of the header that is signed.
    pub fn text(&self, name: &str) -> &str {
        self.header[name].as_str().unwrap_or_default()
    }

    /// The key that it brings along.
    pub fn own_key(&self) -> Option<AccountKey> {
        let key = &self.header["jwk"];
        let is_known = key["kty"] == "EC" && key["crv"] == "P-256";
        let coordinate = |name: &str| key[name].as_str().map(str::to_owned);
        Some(AccountKey { x: coordinate("x")?, y: coordinate("y")? }).filter(|_| is_known)
    }

    /// Whether a key signed it.
    pub fn is_signed_by(&self, key: &AccountKey) -> bool {
        let Some((x, y)) = decode(&key.x).zip(decode(&key.y)) else { return false };
        let point = [vec![4], x, y].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        self.text("alg") == "ES256" && key.verify(self.message.as_bytes(), &self.signature).is_ok()
    }
}
