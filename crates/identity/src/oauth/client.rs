//! A program that an administrator knows.

use super::address;
use super::key_set::{ALGORITHMS, KeySet};
use super::scope_list::{ScopeList, Word};
use crate::{IdentityError, mistake};
use access::scope::Context;
use serde::{Deserialize, Serialize};

/// A program that may ask people for leave, or that works by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// What it calls itself to us; never changes.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// How it shows that it is itself.
    pub proof: Proof,
    /// Where a browser is sent back to, to the letter. Empty for a program that works by itself.
    pub redirect_uris: Vec<String>,
    /// Where it begins when it is opened from a chart; `None`: it is not.
    pub launch_uri: Option<String>,
    /// What it may ask for at most; empty: what its kind may.
    pub scopes: String,
    /// The role it has when it works by itself (Backend Services); `None`: it acts only for people.
    pub role: Option<String>,
    /// Whose program it is: a reference such as `Organization/1`, for what patients keep from that organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Whether it may be used.
    pub state: ClientState,
    /// When it was made known, in milliseconds since 1970.
    pub made_ms: i64,
}

/// How a program shows that it is itself (RFC 7591 `token_endpoint_auth_method`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Not at all: what it could keep secret, everybody could read.
    None,
    /// By a secret, of which the hash is kept.
    Secret(String),
    /// By a key, of which the public half is known (RFC 7517).
    Keys(serde_json::Value),
    /// By a key, whose public half is at an address of the program's.
    KeysAt(String),
}

/// Whether a program may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientState {
    /// It may.
    Active,
    /// An administrator has suspended it: it gets nothing, and what it had has ended.
    Suspended,
}

/// Scopes that a program may be let have by people when its registration names none.
const USUAL: &str = "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access \
                     patient/*.cruds user/*.cruds";

impl Client {
    /// Whether it can keep a secret (RFC 6749 §2.1).
    pub fn is_confidential(&self) -> bool {
        self.proof != Proof::None
    }

    /// Its kind in a few words.
    pub fn kind(&self) -> &'static str {
        match (&self.role, &self.proof) {
            (Some(_), _) => "works by itself",
            (None, Proof::None) => "for people, without a secret",
            (None, Proof::Secret(_)) => "for people, with a secret",
            (None, Proof::Keys(_) | Proof::KeysAt(_)) => "for people, with a key",
        }
    }

    /// What it may ask for at most.
    pub fn allowed(&self) -> ScopeList {
        match (self.scopes.is_empty(), &self.role) {
            (true, Some(_)) => ScopeList::default(),
            (true, None) => ScopeList::parse(USUAL),
            (false, _) => ScopeList::parse(&self.scopes),
        }
    }

    /// Says what is wrong with a registration.
    pub(crate) fn check(&self) -> Result<(), IdentityError> {
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            return mistake("Write the app's name, in at most 100 characters.");
        }
        let addresses = self.redirect_uris.iter().chain(&self.launch_uri);
        for url in addresses {
            if let Some(problem) = address::problem(url) {
                return mistake(format!("The address '{url}' cannot be used: {problem}."));
            }
        }
        if self.redirect_uris.len() > 20 {
            return mistake("Give at most 20 addresses to come back to.");
        }
        let problems = ScopeList::problems(&self.scopes);
        if let Some(problem) = problems.first() {
            return mistake(format!("A scope cannot be used: {problem}."));
        }
        match &self.proof {
            Proof::Keys(keys) => {
                KeySet::parse(keys, &ALGORITHMS)?;
            }
            Proof::KeysAt(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
                return mistake("Write the whole address of the keys, with https://.");
            }
            _ => {}
        }
        self.check_kind()
    }

    fn check_kind(&self) -> Result<(), IdentityError> {
        let scopes = ScopeList::parse(&self.scopes);
        let is_of_system = |scope: &&access::Scope| scope.context() == Context::System;
        if self.role.is_none() {
            if self.redirect_uris.is_empty() {
                return mistake("Give at least one address to come back to.");
            }
            if scopes.resources().any(|scope| is_of_system(&scope)) {
                return mistake("Scopes of system/ are for programs that work by themselves.");
            }
            return Ok(());
        }
        if !matches!(self.proof, Proof::Keys(_) | Proof::KeysAt(_)) {
            return mistake("A program that works by itself shows who it is by a key: give its public keys.");
        }
        if !self.redirect_uris.is_empty() || self.launch_uri.is_some() {
            return mistake("A program that works by itself opens no page: leave the addresses out.");
        }
        let is_only_of_system = scopes.resources().all(|scope| is_of_system(&scope));
        if scopes.resources().next().is_none() || !is_only_of_system || scopes.has_any(&Word::ALL) {
            return mistake("Name the scopes of a program that works by itself, such as system/*.rs.");
        }
        Ok(())
    }
}

impl ClientState {
    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}
