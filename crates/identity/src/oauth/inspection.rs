//! What a token is (RFC 7662, as SMART App Launch 2.2 asks for it), and its end (RFC 7009).

use super::client::Client;
use super::endpoints::Endpoints;
use super::grant::Grant;
use super::grants::{Grants, split};
use super::scope_list::Word;
use super::{is_secret, refuse};
use crate::IdentityError;
use access::Scope;
use record::Session;
use record::credential::{CredentialKind, hash};
use serde_json::{Value, json};

/// A token that was recognised.
struct Known {
    grant: Grant,
    /// Until when it holds, in milliseconds since 1970.
    expires_ms: i64,
    /// Some of the grant's scopes, when the program asked for fewer.
    scopes: Option<Vec<Scope>>,
    /// The name of its credential; `None` for a refresh token.
    access: Option<String>,
}

fn recognise(session: &Session, token: &str) -> Result<Option<Known>, IdentityError> {
    let Some((id, secret)) = split(token) else { return Ok(None) };
    let record = session.record();
    let Some(read) = Grants::new(session).read(id)? else { return Ok(None) };
    let (grant, now_ms) = (read.grant, record.now_ms());
    if let (Some(refresh), Some((family, turn))) = (&grant.refresh, secret.split_once('.')) {
        let is_it = is_secret(family, &refresh.family) && is_secret(turn, &refresh.turn);
        let expires_ms = refresh.expires_ms;
        let holds = is_it && expires_ms > now_ms;
        return Ok(holds.then_some(Known { grant, expires_ms, scopes: None, access: None }));
    }
    let name = hash(token);
    let issued = grant.tokens.iter().find(|issued| issued.name == name && issued.expires_ms > now_ms);
    let Some(expires_ms) = issued.map(|issued| issued.expires_ms) else { return Ok(None) };
    let actor = record.authenticate(CredentialKind::BearerToken, token)?;
    Ok(actor.map(|actor| Known { grant, expires_ms, scopes: actor.scopes, access: Some(name) }))
}

/// Says what a token is to the program that it was given to; to `None`, an administrator, of every token.
pub fn describe(session: &Session, asks: Option<&Client>, token: &str) -> Result<Value, IdentityError> {
    let known = recognise(session, token)?;
    let known = known.filter(|known| asks.is_none_or(|client| client.id == known.grant.client));
    let Some(known) = known else { return Ok(json!({ "active": false })) };
    let endpoints = Endpoints::of(session.record());
    let grant = &known.grant;
    let all = grant.scope_list();
    let scopes = match &known.scopes {
        Some(some) => {
            all.with_resources(|_, scope| some.iter().filter(|one| *one == scope).cloned().collect())
        }
        None => all,
    };
    let mut answer = json!({
        "active": true, "scope": scopes.to_string(), "client_id": grant.client, "exp": known.expires_ms / 1000,
        "iss": endpoints.issuer, "sub": grant.holder.id, "aud": endpoints.fhir,
    });
    if known.access.is_some() {
        answer["token_type"] = "Bearer".into();
    }
    for (name, value) in [("patient", &grant.patient), ("encounter", &grant.encounter)] {
        if let Some(value) = value {
            answer[name] = value.as_str().into();
        }
    }
    if let Some(person) = grant.holder.actor().person.filter(|_| scopes.has(Word::FhirUser)) {
        answer["fhirUser"] = format!("{}/{person}", endpoints.fhir).into();
    }
    Ok(answer)
}

/// Ends a token of a program: a refresh token with all that came of the same grant, an access token alone. One that is
/// unknown has ended already.
pub fn revoke(session: &Session, client: &Client, token: &str) -> Result<(), IdentityError> {
    let Some(known) = recognise(session, token)? else { return Ok(()) };
    if known.grant.client != client.id {
        return refuse("unauthorized_client", "the token was not given to this client");
    }
    match known.access {
        Some(name) => Grants::new(session).end_token(&known.grant.id, &name),
        None => Grants::new(session).end(&known.grant.id),
    }
}
