//! SMART scopes: what a token was limited to (SMART App Launch 2.0, section 3.0.2; version 1 forms are read too).

use crate::interaction::{Interaction, Interactions};
use fhir::schema::{TypeId, schema};
use std::fmt;

/// One scope, such as `system/Observation.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    text: String,
    type_id: Option<TypeId>,
    interactions: Interactions,
}

/// Why a scope was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope '{scope}': {reason}")]
pub struct ScopeError {
    /// The scope as given.
    pub scope: String,
    /// What is wrong with it and how to mend it.
    pub reason: &'static str,
}

/// Version 1 permissions in the letters of version 2.
const VERSION_1: [(&str, &str); 3] = [("read", "rs"), ("write", "cud"), ("*", "cruds")];

impl Scope {
    /// Reads `system/TYPE.LETTERS` or `user/TYPE.LETTERS`.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let fail = |reason| ScopeError { scope: text.to_owned(), reason };
        let (context, rest) = text.split_once('/').ok_or(fail("write it as system/Patient.rs"))?;
        if !["system", "user"].contains(&context) {
            return Err(fail("the context must be system or user"));
        }
        if rest.contains('?') {
            return Err(fail("scopes narrowed by search parameters are not supported; leave out '?…'"));
        }
        let (type_name, permission) = rest.split_once('.').ok_or(fail("write it as system/Patient.rs"))?;
        let type_id = match type_name {
            "*" => None,
            name => Some(schema().resource_named(name).ok_or(fail("there is no such resource type"))?),
        };
        let letters = VERSION_1.iter().find(|(old, _)| *old == permission).map_or(permission, |(_, new)| new);
        if letters.is_empty() || !is_subsequence(letters, "cruds") {
            return Err(fail("permissions are letters of cruds in this order, or read, write, *"));
        }
        let mut interactions =
            Interactions::parse(letters).ok_or(fail("permissions are letters of cruds"))?;
        // Operations that change or export ask for all that they could do one by one.
        if letters == "cruds" {
            interactions = interactions.with(Interaction::Operate);
        }
        Ok(Self { text: text.to_owned(), type_id, interactions })
    }

    /// Reads a list separated by spaces.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, ScopeError> {
        text.split_whitespace().map(Self::parse).collect()
    }

    /// True when the scope allows an interaction with a type; `None` asks for every type.
    pub fn allows(&self, interaction: Interaction, type_id: Option<TypeId>) -> bool {
        self.interactions.contains(interaction) && (self.type_id.is_none() || self.type_id == type_id)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_subsequence(letters: &str, of: &str) -> bool {
    let mut rest = of.chars();
    letters.chars().all(|letter| rest.any(|known| known == letter))
}
