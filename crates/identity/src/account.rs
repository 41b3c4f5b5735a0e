//! A person, or a program, that signs in.

use crate::one_time_code::CodeSecret;
use crate::password::PasswordHash;
use access::Actor;
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
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
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
        Actor { id: self.id.clone(), name: self.name.clone(), roles: self.roles.clone(), ..Actor::default() }
    }
}
