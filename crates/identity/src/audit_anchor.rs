//! Anchors of the audit log as signed texts (JSON Web Signatures in the compact form, RFC 7515 §7.1): by the key of this
//! installation, whose public half everybody can fetch, so that others can tell a kept anchor from an invented one.

use crate::oauth::signed_token::SignedToken;
use crate::oauth::signing_key::SigningKey;
use crate::{IdentityError, mistake};
use record::Record;
use record::audit::anchor::Anchor;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the claims are about (`sub`): no token of another use has it.
const SUBJECT: &str = "audit-anchor";

/// Signs an anchor.
pub fn sign(record: &Arc<Record>, anchor: &Anchor) -> Result<String, IdentityError> {
    let Ok(anchor) = serde_json::from_str::<Value>(&anchor.to_json()) else {
        return mistake("The anchor is no JSON.");
    };
    let claims = json!({ "iss": record.base_url(), "sub": SUBJECT, "anchor": anchor });
    SigningKey::of(record)?.sign(&claims)
}

/// Reads an anchor that this installation signed.
///
/// # Errors
/// It is none, or not signed by the key of this installation, or changed since.
pub fn read(record: &Arc<Record>, text: &str) -> Result<Anchor, IdentityError> {
    let Some(token) = SignedToken::parse(text.trim()) else {
        return mistake("It is no signed anchor.");
    };
    if !SigningKey::of(record)?.has_signed(&token) {
        return mistake("Its signature is not by the key of this installation, or it was changed.");
    }
    let anchor = token.claims.get("anchor").filter(|_| token.text("sub") == Some(SUBJECT));
    match anchor.and_then(|anchor| Anchor::parse(&anchor.to_string())) {
        Some(anchor) => Ok(anchor),
        None => mistake("It is signed by this installation, but it is no anchor."),
    }
}
