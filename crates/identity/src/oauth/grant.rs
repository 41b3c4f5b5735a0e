//! What somebody lets a program do, and all that hangs on it.

use super::scope_list::{ScopeList, Word};
use access::{Actor, Person, Scope};
use serde::{Deserialize, Serialize};

/// What a person lets a program do; or what a program may by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// Its name, unique. Every secret that hangs on it begins with it.
    pub id: String,
    /// The id of the program.
    pub client: String,
    /// Who lets it.
    pub holder: Holder,
    /// What it may, as SMART writes scopes.
    pub scopes: String,
    /// The id of the patient whose record it was given.
    pub patient: Option<String>,
    /// The id of the encounter that was open.
    pub encounter: Option<String>,
    /// When it was let, in milliseconds since 1970.
    pub made_ms: i64,
    /// When it last got a token.
    pub used_ms: i64,
    /// What it is exchanged for by the program; `None` for programs that work by themselves.
    pub code: Option<Code>,
    /// What the program gets further tokens by.
    pub refresh: Option<Refresh>,
    /// The access tokens that may still hold.
    pub tokens: Vec<Issued>,
}

/// Who lets a program do something, as they were then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// The account's id.
    pub id: String,
    name: String,
    roles: Vec<String>,
    person: Option<String>,
}

/// An authorization code (RFC 6749 §4.1.2), good once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// The hash of its secret.
    pub hash: String,
    /// What the program must know besides (RFC 7636 S256).
    pub challenge: String,
    /// Where the browser was sent.
    pub redirect_uri: String,
    /// Comes back in the identity token.
    pub nonce: Option<String>,
    /// Until when it holds, in milliseconds since 1970.
    pub expires_ms: i64,
    /// Whether it was exchanged.
    pub is_used: bool,
}

/// A refresh token. It has two parts: one that stays, and one that is new each time. Who shows the first with another second
/// part has one that was used already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refresh {
    /// The hash of the part that stays.
    pub family: String,
    /// The hash of the part that is new each time.
    pub turn: String,
    /// Until when it holds, in milliseconds since 1970.
    pub expires_ms: i64,
    /// The name of the page session that must hold too (`online_access`).
    pub session: Option<String>,
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// The name of its credential.
    pub name: String,
    /// Until when it holds, in milliseconds since 1970.
    pub expires_ms: i64,
}

impl Holder {
    /// Who an actor is.
    pub fn of(actor: &Actor) -> Self {
        Self {
            id: actor.id.clone(),
            name: actor.name.clone(),
            roles: actor.roles.clone(),
            person: actor.person.as_ref().map(Person::to_string),
        }
    }

    /// The actor that it was.
    pub fn actor(&self) -> Actor {
        Actor {
            id: self.id.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            person: self.person.as_deref().and_then(Person::parse),
            ..Actor::default()
        }
    }
}

/// To read the resource of a person, and nothing else: a program that is told by `fhirUser` who its person is may look at who
/// that is (SMART App Launch 2.2, "Scopes for requesting identity data").
fn to_read(person: &Person) -> Option<Scope> {
    Scope::parse(&format!("user/{}.r?_id={}", person.type_id().name(), person.id())).ok()
}

impl Grant {
    /// What it may.
    pub fn scope_list(&self) -> ScopeList {
        ScopeList::parse(&self.scopes)
    }

    /// The actor of a token with some of its scopes. `holder` is who lets the program, as they are now.
    pub fn actor(&self, holder: &Actor, scopes: &ScopeList) -> Actor {
        let is_told = scopes.has(Word::OpenId) && scopes.has(Word::FhirUser);
        let of_holder = holder.person.as_ref().filter(|_| is_told).and_then(to_read);
        Actor {
            client: Some(self.client.clone()),
            patient: self.patient.clone(),
            scopes: Some(scopes.resources().cloned().chain(of_holder).collect::<Vec<Scope>>()),
            ..holder.clone()
        }
    }

    /// Whether anything that hangs on it can still be used.
    pub fn is_live(&self, now_ms: i64) -> bool {
        let code = self.code.as_ref().is_some_and(|code| !code.is_used && code.expires_ms > now_ms);
        let refresh = self.refresh.as_ref().is_some_and(|refresh| refresh.expires_ms > now_ms);
        code || refresh || self.tokens.iter().any(|token| token.expires_ms > now_ms)
    }

    /// Whether the program came and took what was let.
    pub fn is_taken(&self) -> bool {
        self.code.as_ref().is_none_or(|code| code.is_used)
    }

    /// Whether it holds when the person is gone.
    pub fn is_lasting(&self) -> bool {
        self.refresh.is_some() && self.scope_list().has(Word::OfflineAccess)
    }
}
