//! Tokens for programs (RFC 6749 §4.1.3, §4.4, §6): for a code, for a refresh token, and for programs that work by
//! themselves.

use super::client::Client;
use super::endpoints::{Endpoints, STYLE};
use super::grant::{Grant, Holder, Issued, Refresh};
use super::grants::{Grants, invalid, split};
use super::scope_list::{ScopeList, Word};
use super::signing_key::SigningKey;
use super::{is_secret, new_secret, refuse, to_base64};
use crate::IdentityError;
use crate::account::AccountState;
use crate::accounts::Accounts;
use access::Actor;
use record::credential::{CredentialKind, hash};
use record::{Origin, Record, Session};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How long an access token holds, in milliseconds: an hour.
const TOKEN_MS: i64 = 3_600_000;
/// That of a program that works by itself: it can get another at any time (SMART Backend Services).
const SERVICE_TOKEN_MS: i64 = 300_000;
/// How long a refresh token holds without being used, in milliseconds: half a year; three months are demanded.
const REFRESH_MS: i64 = 180 * 24 * 3_600_000;

/// What tokens are made with.
pub struct Issuer<'a> {
    /// The record.
    pub record: &'a Arc<Record>,
    /// What identity tokens are signed with.
    pub key: &'a SigningKey,
    /// Where the request comes from.
    pub origin: Origin,
}

/// What tokens are asked for.
struct Asked<'a> {
    scopes: &'a ScopeList,
    /// Comes back in the identity token.
    nonce: Option<&'a str>,
    /// The part of the refresh token that stays.
    family: Option<&'a str>,
}

/// A refresh token that is promised with a grant: its secret is made when the code is exchanged.
pub(crate) fn promised(scopes: &ScopeList, session: &str) -> Option<Refresh> {
    let is_online = !scopes.has(Word::OfflineAccess);
    scopes.has_any(&[Word::OfflineAccess, Word::OnlineAccess]).then(|| Refresh {
        family: String::new(),
        turn: String::new(),
        expires_ms: 0,
        session: is_online.then(|| session.to_owned()),
    })
}

/// The id of the program that a refresh token was given to.
///
/// # Errors
/// `invalid_grant` when it is unknown, or what it hung on has ended.
pub fn client_of(session: &Session, token: &str) -> Result<String, IdentityError> {
    let Some((id, _)) = split(token) else { return invalid() };
    match Grants::new(session).read(id)? {
        Some(read) => Ok(read.grant.client),
        None => invalid(),
    }
}

impl Issuer<'_> {
    fn session(&self, actor: Actor) -> Session {
        self.record.session(actor, self.origin.clone())
    }

    /// Tokens for a code (RFC 6749 §4.1.3, RFC 7636 §4.6). A code that comes a second time ends all that came of it.
    pub fn for_code(
        &self,
        client: &Client,
        (code, redirect_uri, verifier): (&str, &str, &str),
    ) -> Result<Value, IdentityError> {
        let Some((id, secret)) = split(code) else { return invalid() };
        loop {
            let nobody = self.session(Actor { id: client.id.clone(), ..Actor::default() });
            let Some(read) = Grants::new(&nobody).read(id)? else { return invalid() };
            let mut grant = read.grant.clone();
            let Some(kept) = grant.code.as_mut() else { return invalid() };
            if !is_secret(secret, &kept.hash) || grant.client != client.id {
                return invalid();
            }
            if kept.is_used {
                Grants::new(&nobody).end(id)?;
                return invalid();
            }
            let challenge = to_base64(digest(&SHA256, verifier.as_bytes()).as_ref());
            let is_verifier = (43..=128).contains(&verifier.len()) && challenge == kept.challenge;
            if kept.expires_ms <= self.record.now_ms() || kept.redirect_uri != redirect_uri || !is_verifier {
                return invalid();
            }
            kept.is_used = true;
            let nonce = kept.nonce.clone();
            let holder = Actor { organization: client.organization.clone(), ..self.holder(&grant)? };
            let scopes = grant.scope_list();
            let first = Asked { scopes: &scopes, nonce: nonce.as_deref(), family: None };
            if let Some(answer) = self.issue(read, grant, &holder, &first)? {
                return Ok(answer);
            }
        }
    }

    /// Tokens for a refresh token, which is replaced (RFC 9700 §4.14.2). One that comes a second time ends all that came of
    /// the grant: somebody else has it.
    pub fn for_refresh(
        &self,
        client: &Client,
        token: &str,
        scope: Option<&str>,
    ) -> Result<Value, IdentityError> {
        let Some((id, secret)) = split(token) else { return invalid() };
        let Some((family, turn)) = secret.split_once('.') else { return invalid() };
        loop {
            let nobody = self.session(Actor { id: client.id.clone(), ..Actor::default() });
            let Some(read) = Grants::new(&nobody).read(id)? else { return invalid() };
            let grant = read.grant.clone();
            let Some(kept) = &grant.refresh else { return invalid() };
            if !is_secret(family, &kept.family) || grant.client != client.id {
                return invalid();
            }
            if !is_secret(turn, &kept.turn) {
                Grants::new(&nobody).end(id)?;
                return invalid();
            }
            if kept.expires_ms <= self.record.now_ms() {
                return invalid();
            }
            if let Some(session) = &kept.session
                && !self.record.credential_holds(CredentialKind::PageSession, session)?
            {
                return refuse("invalid_grant", "the person is not signed in any more");
            }
            let all = grant.scope_list();
            let scopes = match scope {
                None => all,
                Some(asked) => {
                    let asked = ScopeList::parse(asked);
                    if asked.is_empty() || !asked.is_within(&all) {
                        return refuse("invalid_scope", "ask for no more than was granted");
                    }
                    asked
                }
            };
            let holder = Actor { organization: client.organization.clone(), ..self.holder(&grant)? };
            let again = Asked { scopes: &scopes, nonce: None, family: Some(family) };
            if let Some(answer) = self.issue(read, grant, &holder, &again)? {
                return Ok(answer);
            }
        }
    }

    /// A token for a program that works by itself (SMART Backend Services).
    pub fn for_service(&self, client: &Client, scope: &str) -> Result<Value, IdentityError> {
        let Some(role) = &client.role else {
            return refuse("unauthorized_client", "this client acts only for people");
        };
        let scopes = ScopeList::parse(scope).within(&client.allowed());
        if scopes.is_empty() {
            return refuse("invalid_scope", "none of the scopes is known and registered for this client");
        }
        let holder = Actor {
            id: client.id.clone(),
            name: client.name.clone(),
            roles: vec![role.clone()],
            organization: client.organization.clone(),
            ..Actor::default()
        };
        let session = self.session(holder.clone());
        let id = format!("service-{}", client.id);
        loop {
            let (grants, now_ms) = (Grants::new(&session), self.record.now_ms());
            let read = grants.read(&id)?;
            let mut grant = Grant {
                id: id.clone(),
                client: client.id.clone(),
                holder: Holder::of(&holder),
                scopes: scopes.to_string(),
                patient: None,
                encounter: None,
                made_ms: read.as_ref().map_or(now_ms, |read| read.grant.made_ms),
                used_ms: now_ms,
                code: None,
                refresh: None,
                tokens: read.as_ref().map(|read| read.grant.tokens.clone()).unwrap_or_default(),
            };
            let expires_ms = now_ms + SERVICE_TOKEN_MS;
            let actor = grant.actor(&holder, &scopes);
            let token =
                session.new_credential(CredentialKind::BearerToken, &format!("{id}."), &actor, expires_ms)?;
            grant.tokens.push(Issued { name: token.name.clone(), expires_ms });
            if grants.put(read, &grant, vec![token.change], &format!("a token for app {}", client.id))? {
                return Ok(json!({
                    "access_token": token.secret, "token_type": "Bearer", "expires_in": SERVICE_TOKEN_MS / 1000,
                    "scope": scopes.to_string(),
                }));
            }
        }
    }

    /// Who let the program, as they are now.
    fn holder(&self, grant: &Grant) -> Result<Actor, IdentityError> {
        let as_it_was = grant.holder.actor();
        let session = self.session(as_it_was.clone());
        match Accounts::new(&session).find(&grant.holder.id)? {
            Some(account) if account.state == AccountState::Active => Ok(account.actor()),
            Some(_) => refuse("invalid_grant", "the person's account is closed"),
            // Whoever came in by a printed code has no account.
            None => Ok(as_it_was),
        }
    }

    /// Commits new tokens with the grant; `None` when it was changed meanwhile.
    fn issue(
        &self,
        before: super::grants::Read,
        mut grant: Grant,
        holder: &Actor,
        asked: &Asked<'_>,
    ) -> Result<Option<Value>, IdentityError> {
        let scopes = asked.scopes;
        let session = self.session(holder.clone());
        let now_ms = self.record.now_ms();
        let expires_ms = now_ms + TOKEN_MS;
        let prefix = format!("{}.", grant.id);
        let actor = grant.actor(holder, scopes);
        let token = session.new_credential(CredentialKind::BearerToken, &prefix, &actor, expires_ms)?;
        grant.tokens.push(Issued { name: token.name.clone(), expires_ms });
        grant.used_ms = now_ms;
        let mut answer = Map::new();
        answer.insert("access_token".to_owned(), token.secret.into());
        answer.insert("token_type".to_owned(), "Bearer".into());
        answer.insert("expires_in".to_owned(), (TOKEN_MS / 1000).into());
        answer.insert("scope".to_owned(), scopes.to_string().into());
        if let Some(refresh) = &mut grant.refresh {
            answer
                .insert("refresh_token".to_owned(), renewed(refresh, (&prefix, asked.family), now_ms).into());
        }
        self.add_context(&mut answer, &grant, scopes);
        if scopes.has(Word::OpenId) {
            answer.insert("id_token".to_owned(), self.identity(&grant, holder, asked)?.into());
        }
        let what = format!("tokens of grant {} for app {}", grant.id, grant.client);
        let is_done = Grants::new(&session).put(Some(before), &grant, vec![token.change], &what)?;
        Ok(is_done.then_some(Value::Object(answer)))
    }

    /// What was open or chosen at the launch (SMART App Launch 2.2, section 3.0.4).
    fn add_context(&self, answer: &mut Map<String, Value>, grant: &Grant, scopes: &ScopeList) {
        for (name, value) in [("patient", &grant.patient), ("encounter", &grant.encounter)] {
            if let Some(value) = value {
                answer.insert(name.to_owned(), value.as_str().into());
            }
        }
        if grant.patient.is_some() {
            // No page of ours stands around an app.
            answer.insert("need_patient_banner".to_owned(), true.into());
        }
        if scopes.has(Word::Launch) {
            answer.insert("smart_style_url".to_owned(), Endpoints::of(self.record).url(STYLE).into());
        }
    }

    /// Says who the person is (OpenID Connect Core §2).
    fn identity(
        &self,
        grant: &Grant,
        holder: &Actor,
        &Asked { scopes, nonce, .. }: &Asked<'_>,
    ) -> Result<String, IdentityError> {
        let endpoints = Endpoints::of(self.record);
        let now_s = self.record.now_ms() / 1000;
        let mut claims = json!({
            "iss": endpoints.issuer, "sub": holder.id, "aud": grant.client, "iat": now_s, "exp": now_s + TOKEN_MS / 1000,
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(person) = holder.person.as_ref().filter(|_| scopes.has(Word::FhirUser)) {
            claims["fhirUser"] = format!("{}/{person}", endpoints.fhir).into();
        }
        if scopes.has(Word::Profile) {
            claims["name"] = holder.name.as_str().into();
        }
        self.key.sign(&claims)
    }
}

/// A refresh token in place of the one that was; the first one of a grant makes its family.
fn renewed(refresh: &mut Refresh, (prefix, family): (&str, Option<&str>), now_ms: i64) -> String {
    let (family, turn) = (family.map_or_else(new_secret, str::to_owned), new_secret());
    refresh.family = hash(&family);
    refresh.turn = hash(&turn);
    refresh.expires_ms = now_ms + REFRESH_MS;
    format!("{prefix}{family}.{turn}")
}
