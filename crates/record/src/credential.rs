//! Secrets that stand for an actor: sign-in codes, page sessions, and bearer tokens for programs.
//!
//! Only a hash of a secret is stored, as a private document; whoever reads the data cannot sign in with it.

use crate::error::Error;
use crate::private_documents::DocumentChange;
use crate::session::{Record, Session};
use access::{Actor, Person, Scope};
use fhir::{Document, Node, Object, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

mod own;

pub use own::Standing;

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
    const ALL: [Self; 3] = [Self::SignInCode, Self::PageSession, Self::BearerToken];

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

/// A credential that is not committed yet.
pub struct NewCredential {
    /// The secret, which is kept nowhere.
    pub secret: String,
    /// The name under which it is kept.
    pub name: String,
    /// What is to be committed.
    pub change: DocumentChange,
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
    /// When it was made; 0 of those that are older than this was kept.
    made_ms: i64,
    /// Where from.
    address: String,
    /// When it was known to be in use.
    seen_ms: i64,
    /// When its person showed last who they are.
    confirmed_ms: i64,
    /// When it was read.
    read_ms: i64,
}

/// How long a credential is taken for what it was when it was read, in milliseconds: another process on the same database may
/// revoke it.
const FRESH_MS: i64 = 30_000;

const MINUTE_MS: i64 = 60_000;

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
        let now_ms = self.now_ms();
        let credential = match known.filter(|known| now_ms < known.read_ms + FRESH_MS) {
            Some(credential) => credential,
            None => {
                let stored = self.store.read_private(kind.space(), &key.1)?;
                let Some(credential) = stored.as_deref().and_then(|content| decode(content, now_ms)) else {
                    return Ok(None);
                };
                self.credentials.lock().keep(key, &credential, revocations);
                credential
            }
        };
        Ok((credential.expires_ms > now_ms).then_some(credential.actor))
    }

    /// Whether a credential of a name still stands for someone.
    pub fn credential_holds(&self, kind: CredentialKind, name: &str) -> Result<bool, Error> {
        Ok(self.held(kind, name)?.is_some())
    }

    /// Lets a credential that is in use hold until later, but not for less than it does; unless it would gain less than a
    /// minute, or a quarter of its time, which is not worth a commit.
    pub fn prolong(
        self: &Arc<Self>,
        kind: CredentialKind,
        secret: &str,
        expires_ms: i64,
    ) -> Result<(), Error> {
        let name = hash(secret);
        let now_ms = self.now_ms();
        let worth_ms = MINUTE_MS.min((expires_ms - now_ms) / 4);
        let known = self.credentials.lock().known.get(&(kind, name.clone())).map(|known| known.expires_ms);
        if known.is_some_and(|known_ms| expires_ms - known_ms < worth_ms) {
            return Ok(());
        }
        self.change_standing(kind, name, "in use", |credential| {
            let is_worth = expires_ms - credential.expires_ms >= worth_ms;
            (credential.expires_ms, credential.seen_ms) = (expires_ms, now_ms);
            is_worth
        })
    }

    /// Changes a credential that holds, by its hash, if the change says that it is worth a commit.
    fn change_standing(
        self: &Arc<Self>,
        kind: CredentialKind,
        name: String,
        what: &str,
        change: impl FnOnce(&mut Credential) -> bool,
    ) -> Result<(), Error> {
        let Some(content) = self.store.read_private(kind.space(), &name)? else { return Ok(()) };
        let Some(mut credential) = decode(&content, self.now_ms()) else { return Ok(()) };
        if credential.expires_ms <= self.now_ms() || !change(&mut credential) {
            return Ok(());
        }
        let session = Session {
            actor: credential.actor.clone(),
            origin: crate::audit::Origin { address: credential.address.clone(), way: "page" },
            record: Arc::clone(self),
        };
        let change = DocumentChange {
            space: kind.space(),
            key: name.clone(),
            before: Some(content),
            after: Some(encode(&credential)),
        };
        // One that was revoked meanwhile stays so.
        session.change_documents(vec![change], &format!("{} {what}", kind.space()))?;
        self.credentials.lock().known.remove(&(kind, name));
        Ok(())
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
        let made = self.new_credential(kind, "", actor, expires_ms)?;
        let what = format!("{} made for {}", kind.space(), actor.id);
        self.change_private(kind.space(), made.name, made.change.after, &what)?;
        Ok(made.secret)
    }

    /// A credential that is to be committed with other documents; its secret begins with `prefix`. Who may have one made is
    /// said at [`Session::issue_credential`].
    pub fn new_credential(
        &self,
        kind: CredentialKind,
        prefix: &str,
        actor: &Actor,
        expires_ms: i64,
    ) -> Result<NewCredential, Error> {
        if !is_within(actor, &self.actor) {
            self.require_administrator()?;
        }
        let random: String = (self.record.new_secret)().chars().take(kind.letters()).collect();
        let secret = format!("{prefix}{random}");
        let (space, name) = (kind.space(), hash(&secret));
        let now_ms = self.record.now_ms();
        let credential = Credential {
            actor: actor.clone(),
            expires_ms,
            made_ms: now_ms,
            address: self.origin.address.clone(),
            seen_ms: now_ms,
            confirmed_ms: now_ms,
            read_ms: now_ms,
        };
        let after = Some(encode(&credential));
        let change = DocumentChange { space, key: name.clone(), before: None, after };
        Ok(NewCredential { secret, name, change })
    }

    /// Ends credentials by their names, together with other changes. False when something was changed meanwhile: then
    /// nothing is done.
    pub fn end_credentials(
        &self,
        kind: CredentialKind,
        names: &[String],
        mut changes: Vec<DocumentChange>,
        what: &str,
    ) -> Result<bool, Error> {
        for name in names {
            if let Some(content) = self.record.private_document(kind.space(), name)? {
                changes.push(DocumentChange::removal(kind.space(), name.clone(), content));
            }
        }
        let is_done = self.change_documents(changes, what)?;
        let mut cache = self.record.credentials.lock();
        cache.revocations += 1;
        for name in names {
            cache.known.remove(&(kind, name.clone()));
        }
        Ok(is_done)
    }

    /// Ends a credential: signs out, revokes a token, uses up a code.
    pub fn revoke_credential(&self, kind: CredentialKind, secret: &str) -> Result<(), Error> {
        self.change_credential(kind, secret, None, &format!("{} revoked", kind.space()))?;
        let mut cache = self.record.credentials.lock();
        cache.revocations += 1;
        cache.known.remove(&(kind, hash(secret)));
        Ok(())
    }

    /// Ends all that stands for an actor: they are signed out everywhere.
    pub fn revoke_all(&self, actor_id: &str) -> Result<(), Error> {
        self.require_administrator()?;
        let mut changes = Vec::new();
        for kind in CredentialKind::ALL {
            for (key, content, _) in self.record.credentials_of(kind, actor_id)? {
                changes.push(DocumentChange::removal(kind.space(), key, content));
            }
        }
        self.end(changes, &format!("all that stands for {actor_id} is revoked"))
    }

    /// Ends credentials, whatever changes them at this moment.
    fn end(&self, mut changes: Vec<DocumentChange>, what: &str) -> Result<(), Error> {
        // One that changes at this moment is ended by the next attempt.
        while !self.change_documents(changes.clone(), what)? {
            for change in &mut changes {
                change.before = self.record.private_document(change.space, &change.key)?;
            }
        }
        let mut cache = self.record.credentials.lock();
        cache.revocations += 1;
        cache.known.clear();
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
    // A launch context takes away, so it may be added and not be changed.
    let patient_is_within = this.patient.is_none() || actor.patient == this.patient;
    let is_same = actor.id == this.id && actor.person == this.person;
    is_same
        && actor.roles.iter().all(|role| this.roles.contains(role))
        && scopes_are_within
        && patient_is_within
}

/// How a secret is kept, and what finds a credential again without being able to use it.
pub fn hash(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

fn encode(credential: &Credential) -> Vec<u8> {
    let mut object = actor_object(&credential.actor);
    for (name, value) in [
        ("expires_ms", credential.expires_ms),
        ("made_ms", credential.made_ms),
        ("seen_ms", credential.seen_ms),
        ("confirmed_ms", credential.confirmed_ms),
    ] {
        object.set(name, value);
    }
    object.set("address", credential.address.as_str());
    Value::Object(object).to_json().into_bytes()
}

/// An actor as private documents keep them.
pub(crate) fn actor_object(actor: &Actor) -> Object {
    let mut object = Object::new();
    object.set("id", actor.id.as_str());
    object.set("name", actor.name.as_str());
    object.set("roles", actor.roles.iter().map(String::as_str).collect::<Vec<_>>());
    let person = actor.person.as_ref().map(Person::to_string);
    for (name, value) in [
        ("person", &person),
        ("client", &actor.client),
        ("organization", &actor.organization),
        ("patient", &actor.patient),
    ] {
        if let Some(value) = value {
            object.set(name, value.as_str());
        }
    }
    if let Some(scopes) = &actor.scopes {
        object.set("scopes", scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" "));
    }
    object
}

fn decode(content: &[u8], read_ms: i64) -> Option<Credential> {
    let document = Document::parse(content).ok()?;
    let root = document.root();
    let number = |name: &str| root.get(name)?.as_number()?.parse().ok();
    Some(Credential {
        actor: read_actor(root)?,
        expires_ms: number("expires_ms")?,
        made_ms: number("made_ms").unwrap_or_default(),
        address: root.get_str("address").unwrap_or_default().into_owned(),
        seen_ms: number("seen_ms").unwrap_or_default(),
        confirmed_ms: number("confirmed_ms").unwrap_or_default(),
        read_ms,
    })
}

/// The actor in a private document; `None` when none is in it.
pub(crate) fn read_actor(root: Node<'_>) -> Option<Actor> {
    let text = |name: &str| root.get_str(name).map(std::borrow::Cow::into_owned);
    let scopes = text("scopes").map(|list| Scope::parse_list(&list)).transpose().ok()?;
    let roles =
        root.each_of("roles").filter_map(|role| role.as_str().map(std::borrow::Cow::into_owned)).collect();
    let person = match text("person") {
        // One that is not understood must not be taken for nobody.
        Some(reference) => Some(Person::parse(&reference)?),
        None => None,
    };
    Some(Actor {
        id: text("id")?,
        name: text("name")?,
        roles,
        person,
        client: text("client"),
        organization: text("organization"),
        patient: text("patient"),
        scopes,
    })
}
