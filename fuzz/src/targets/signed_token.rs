//! Signed tokens and sets of keys: what programs and identity providers send.

use super::Target;
use identity::oauth::key_set::{ALGORITHMS, KeySet};
use identity::oauth::signed_token::SignedToken;

pub const TARGET: Target = Target {
    name: "signed_token",
    help: "a signed token and a set of keys, on lines of their own, are read or refused; nobody's signature holds",
    check,
    words: &[
        "\"keys\":[",
        "\"kty\":\"RSA\"",
        "\"kty\":\"EC\"",
        "\"crv\":\"P-384\"",
        "\"kid\":\"1\"",
        "eyJ",
        ".",
    ],
    cases: 8_000,
};

fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (token, keys) = text.split_once('\n').unwrap_or((text, ""));
    let keys = serde_json::from_str(keys).ok().and_then(|set| KeySet::parse(&set, &ALGORITHMS).ok());
    let Some(token) = SignedToken::parse(token) else { return };
    assert!(token.claims.is_object(), "claims are an object");
    let named = (token.algorithm.as_str(), token.key_id.as_str());
    if let Some(keys) = keys {
        assert!(!keys.is_signed(named, token.message, &token.signature), "a signature of nobody's holds");
    }
    let _ = (token.moment("exp"), token.is_for(&["x"]), token.text("iss"));
}
