//! A program shows that it is itself by a token that it signed (RFC 7523, SMART App Launch 2.2 "Asymmetric Authentication").

use super::client::{Client, Proof};
use super::endpoints::{Endpoints, TOKEN};
use super::key_set::{ALGORITHMS, KeySet};
use super::refuse;
use super::signed_token::SignedToken;
use crate::IdentityError;
use record::Session;
use record::credential::hash;
use record::private_documents::DocumentChange;
use serde::{Deserialize, Serialize};

/// What `client_assertion_type` says.
pub const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead an assertion may end, in seconds.
const AHEAD_S: i64 = 300;
/// How far the program's clock may be off, in seconds.
const SKEW_S: i64 = 10;

/// The assertions of a program that were used and could be sent again.
const SPACE: &str = "oauth-assertions";

#[derive(Default, Serialize, Deserialize)]
struct Used(Vec<(String, i64)>);

/// Who signed an assertion, as it says itself; nothing of it is checked.
pub fn claimed_client(assertion: &str) -> Option<String> {
    SignedToken::parse(assertion)?.text("iss").map(str::to_owned)
}

/// The id of the key that an assertion names.
pub fn key_id(assertion: &str) -> Option<String> {
    Some(SignedToken::parse(assertion)?.key_id)
}

/// Checks an assertion of a program, and uses it up.
///
/// # Errors
/// `invalid_client`, with what is wrong.
pub fn check(
    session: &Session,
    client: &Client,
    assertion: &str,
    keys: &KeySet,
) -> Result<(), IdentityError> {
    let fail = |what: &str| refuse("invalid_client", what);
    let Some(token) = SignedToken::parse(assertion) else {
        return fail("client_assertion is no signed token with alg and kid");
    };
    if !ALGORITHMS.contains(&token.algorithm.as_str()) {
        return fail("the assertion must be signed with RS384 or ES384");
    }
    if let (Some(named), Proof::KeysAt(registered)) = (&token.keys_at, &client.proof)
        && named != registered
    {
        return fail("jku is not the registered address of the keys");
    }
    if !keys.is_signed((&token.algorithm, &token.key_id), token.message, &token.signature) {
        return fail("the signature is by none of the registered keys");
    }
    let is_its = |claim: &str| token.text(claim) == Some(&client.id);
    if !is_its("iss") || !is_its("sub") {
        return fail("iss and sub must be the client_id");
    }
    let endpoints = Endpoints::of(session.record());
    if !token.is_for(&[&endpoints.url(TOKEN)]) {
        return fail("aud must be the token endpoint");
    }
    let now_s = session.record().now_ms() / 1000;
    let Some(expires_s) = token.moment("exp") else { return fail("exp is missing") };
    if expires_s <= now_s - SKEW_S {
        return fail("the assertion is over");
    }
    if expires_s > now_s + AHEAD_S + SKEW_S {
        return fail("exp must be at most five minutes ahead");
    }
    if ["nbf", "iat"].iter().any(|claim| token.moment(claim).is_some_and(|moment| moment > now_s + SKEW_S)) {
        return fail("the assertion begins later");
    }
    match token.text("jti").filter(|id| !id.is_empty()) {
        Some(id) => use_up(session, client, id, expires_s + SKEW_S, now_s),
        None => fail("jti is missing"),
    }
}

/// Writes down that an assertion was used; refuses one that was.
fn use_up(
    session: &Session,
    client: &Client,
    id: &str,
    until_s: i64,
    now_s: i64,
) -> Result<(), IdentityError> {
    let name = hash(id);
    loop {
        let before = session.record().private_document(SPACE, &client.id)?;
        let mut used: Used =
            before.as_deref().and_then(|content| serde_json::from_slice(content).ok()).unwrap_or_default();
        used.0.retain(|(_, until)| *until >= now_s);
        if used.0.iter().any(|(known, _)| *known == name) {
            return refuse("invalid_client", "jti was used already");
        }
        used.0.push((name.clone(), until_s));
        let after = serde_json::to_vec(&used).expect("names and moments are JSON");
        let key = client.id.clone();
        let change = DocumentChange { space: SPACE, key, before, after: Some(after) };
        if session.change_documents(vec![change], &format!("app {} showed its key", client.id))? {
            return Ok(());
        }
    }
}
