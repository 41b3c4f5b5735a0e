//! A person, or a program, that signs in.

use crate::one_time_code::CodeSecret;
use crate::openid::OpenIdLink;
use crate::passkey::Passkey;
use crate::password::PasswordHash;
use access::{Actor, Person};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Stands for it in the audit log; never changes.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// What is typed to sign in; empty until it is chosen. Unique, whatever its case.
    pub sign_in_name: String,
    /// The names of its roles.
    pub roles: Vec<String>,
    /// Whether it can be used.
    pub state: AccountState,
    /// The password, as it can be checked; `None` until it is chosen.
    pub password: Option<PasswordHash>,
    /// What its one-time codes are made of; `None` until it is shown to the person's app.
    pub code: Option<CodeSecret>,
    /// Its passkeys, each of which opens as password and code do together.
    #[serde(default)]
    pub passkeys: Vec<Passkey>,
    /// What it is at the hospital's identity provider; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenIdLink>,
    /// Who its person is in the record, as a reference such as `Practitioner/1`; `None` for who is in no resource.
    #[serde(default)]
    pub person: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
}

/// Whom an account is for: what follows from the resource that its person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Somebody who works here.
    Staff,
    /// A patient.
    Patient,
    /// Somebody who acts for a patient.
    Proxy,
    /// A program or an instrument.
    System,
}

/// What the types of resources make of an account.
const KINDS: [(&str, AccountKind); 5] = [
    ("Practitioner", AccountKind::Staff),
    ("PractitionerRole", AccountKind::Staff),
    ("Patient", AccountKind::Patient),
    ("RelatedPerson", AccountKind::Proxy),
    ("Device", AccountKind::System),
];

impl AccountKind {
    /// The kind in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Patient => "patient",
            Self::Proxy => "proxy",
            Self::System => "system",
        }
    }
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// It waits for its person.
    Invited,
    /// It is in use.
    Active,
    /// An administrator has closed it.
    Closed,
}

impl AccountState {
    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }
}

impl Account {
    /// Who the account is to the record.
    pub fn actor(&self) -> Actor {
        let person = self.person.as_deref().map(Person::parse);
        // One that is not understood must not be taken for nobody, who is narrowed by nothing.
        let roles = if person == Some(None) { Vec::new() } else { self.roles.clone() };
        Actor {
            id: self.id.clone(),
            name: self.name.clone(),
            roles,
            person: person.flatten(),
            ..Actor::default()
        }
    }

    /// How many ways its person has to sign in: each passkey, password and codes together, the identity provider.
    pub fn ways_in(&self) -> usize {
        let by_password = self.password.is_some() && self.code.is_some();
        self.passkeys.len() + usize::from(by_password) + usize::from(self.is_known_by_openid())
    }

    /// Whether the identity provider knows its person.
    pub fn is_known_by_openid(&self) -> bool {
        matches!(self.openid, Some(OpenIdLink::Known { .. }))
    }

    /// Whom it is for. Who is in no resource works here.
    pub fn kind(&self) -> AccountKind {
        let type_name =
            self.person.as_deref().and_then(|person| person.split_once('/')).map(|(name, _)| name);
        let known = KINDS.iter().find(|(name, _)| Some(*name) == type_name);
        known.map_or(AccountKind::Staff, |(_, kind)| *kind)
    }
}
