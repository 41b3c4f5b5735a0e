//! Secrets that stand for an actor: sign-in codes, page sessions, and bearer tokens for programs.
//!
//! Only a hash of a secret is stored, as a private document; whoever reads the data cannot sign in with it.

use crate::error::Error;
use crate::session::{Record, Session};
use access::{Actor, Interaction, Scope};
use fhir::{Document, Node, Object, Value};
use std::collections::HashMap;
use std::sync::Mutex;

/// What a secret is for. One kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// Typed into the sign-in page.
    SignInCode,
    /// Carried by a browser's cookie.
    PageSession,
    /// Carried by a program's `Authorization` header.
    BearerToken,
}

impl CredentialKind {
    /// How many letters a secret has: codes are typed by people and hold for hours, the others are kept by programs.
    fn letters(self) -> usize {
        match self {
            Self::SignInCode => 16,
            Self::PageSession | Self::BearerToken => 32,
        }
    }

    fn space(self) -> &'static str {
        match self {
            Self::SignInCode => "sign-in-code",
            Self::PageSession => "page-session",
            Self::BearerToken => "bearer-token",
        }
    }
}

/// Credentials seen lately, so that a request does not read the store for each.
#[derive(Default)]
pub(crate) struct CredentialCache(Mutex<Cached>);

#[derive(Default)]
struct Cached {
    known: HashMap<(CredentialKind, String), Credential>,
    /// Counts revocations: what was read from the store before one may be what it revoked.
    revocations: u64,
}

#[derive(Clone)]
struct Credential {
    actor: Actor,
    expires_ms: i64,
}

/// More than any practice has sessions; beyond it the cache begins anew.
const CACHE_SIZE: usize = 10_000;

impl Record {
    /// Who a secret stands for; `None` when it is unknown or expired.
    pub fn authenticate(&self, kind: CredentialKind, secret: &str) -> Result<Option<Actor>, Error> {
        let key = (kind, hash(secret));
        let (known, revocations) = {
            let cache = self.credentials.lock();
            (cache.known.get(&key).cloned(), cache.revocations)
        };
        let credential = match known {
            Some(credential) => credential,
            None => match self.store.read_private(kind.space(), &key.1)?.as_deref().and_then(decode) {
                Some(credential) => {
                    self.credentials.lock().keep(key, &credential, revocations);
                    credential
                }
                None => return Ok(None),
            },
        };
        Ok((credential.expires_ms > self.now_ms()).then_some(credential.actor))
    }
}

impl CredentialCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Cached {
    /// Keeps what was read from the store after so many revocations.
    fn keep(&mut self, key: (CredentialKind, String), credential: &Credential, revocations: u64) {
        if self.revocations != revocations {
            return;
        }
        if self.known.len() >= CACHE_SIZE {
            self.known.clear();
        }
        self.known.insert(key, credential.clone());
    }
}

impl Session {
    /// Makes a credential for an actor and gives its secret, which is kept nowhere. An actor makes credentials for
    /// themselves with what they may do or less; for others, or for more, only one who may do everything.
    pub fn issue_credential(
        &self,
        kind: CredentialKind,
        actor: &Actor,
        expires_ms: i64,
    ) -> Result<String, Error> {
        if !is_within(actor, &self.actor) {
            self.authorise(Interaction::Operate, None)?;
        }
        let secret: String = (self.record.new_secret)().chars().take(kind.letters()).collect();
        let what = format!("{} made for {}", kind.space(), actor.id);
        self.change_credential(kind, &secret, Some(encode(actor, expires_ms)), &what)?;
        Ok(secret)
    }

    /// Ends a credential: signs out, revokes a token, uses up a code.
    pub fn revoke_credential(&self, kind: CredentialKind, secret: &str) -> Result<(), Error> {
        self.change_credential(kind, secret, None, &format!("{} revoked", kind.space()))?;
        let mut cache = self.record.credentials.lock();
        cache.revocations += 1;
        cache.known.remove(&(kind, hash(secret)));
        Ok(())
    }

    fn change_credential(
        &self,
        kind: CredentialKind,
        secret: &str,
        content: Option<Vec<u8>>,
        what: &str,
    ) -> Result<(), Error> {
        self.change_private(kind.space(), hash(secret), content, what).map(|_| ())
    }
}

/// Whether an actor is this one and may do no more: only then one makes a credential for oneself.
fn is_within(actor: &Actor, this: &Actor) -> bool {
    let scopes_are_within = match (&actor.scopes, &this.scopes) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(asked), Some(own)) => asked.iter().all(|scope| own.contains(scope)),
    };
    actor.id == this.id && actor.roles.iter().all(|role| this.roles.contains(role)) && scopes_are_within
}

/// How a secret is kept.
pub(crate) fn hash(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

fn encode(actor: &Actor, expires_ms: i64) -> Vec<u8> {
    let mut object = actor_object(actor);
    object.set("expires_ms", expires_ms);
    Value::Object(object).to_json().into_bytes()
}

/// An actor as private documents keep them.
pub(crate) fn actor_object(actor: &Actor) -> Object {
    let mut object = Object::new();
    object.set("id", actor.id.as_str());
    object.set("name", actor.name.as_str());
    object.set("roles", actor.roles.iter().map(String::as_str).collect::<Vec<_>>());
    if let Some(scopes) = &actor.scopes {
        object.set("scopes", scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" "));
    }
    object
}

fn decode(content: &[u8]) -> Option<Credential> {
    let document = Document::parse(content).ok()?;
    let root = document.root();
    Some(Credential {
        actor: read_actor(root)?,
        expires_ms: root.get("expires_ms")?.as_number()?.parse().ok()?,
    })
}

/// The actor in a private document; `None` when none is in it.
pub(crate) fn read_actor(root: Node<'_>) -> Option<Actor> {
    let text = |name: &str| root.get_str(name).map(std::borrow::Cow::into_owned);
    let scopes = text("scopes").map(|list| Scope::parse_list(&list)).transpose().ok()?;
    let roles =
        root.each_of("roles").filter_map(|role| role.as_str().map(std::borrow::Cow::into_owned)).collect();
    Some(Actor { id: text("id")?, name: text("name")?, roles, scopes })
}
