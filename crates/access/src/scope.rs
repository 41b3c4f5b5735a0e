//! SMART scopes: what a token was limited to (SMART App Launch 2.2, section 3.0.2; version 1 forms are read too).

use crate::interaction::{Interaction, Interactions};
use fhir::schema::{TypeId, schema};
use search::matcher::NoPorts;
use search::parse::{Limits, parse_clause};
use search::query::Clause;
use std::fmt;

/// One scope, such as `patient/Observation.rs?category=laboratory`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    text: String,
    context: Context,
    type_id: Option<TypeId>,
    interactions: Interactions,
    /// What must hold besides, from the parameters behind `?`.
    clauses: Vec<Clause>,
}

/// Whose data a scope is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Those of the patient in the launch context.
    Patient,
    /// All that the user may see.
    User,
    /// All that the client may see.
    System,
}

/// Why a scope was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope '{scope}': {reason}")]
pub struct ScopeError {
    /// The scope as given.
    pub scope: String,
    /// What is wrong with it and how to mend it.
    pub reason: String,
}

/// What a scope is written in front of the slash.
const CONTEXTS: [(&str, Context); 3] =
    [("patient", Context::Patient), ("user", Context::User), ("system", Context::System)];

/// Version 1 permissions in the letters of version 2.
const VERSION_1: [(&str, &str); 3] = [("read", "rs"), ("write", "cud"), ("*", "cruds")];

/// How a scope is written, for messages.
const FORM: &str = "write it as patient/Observation.rs, user/*.read or system/Patient.rs";

impl Scope {
    /// Reads `patient/TYPE.LETTERS`, `user/…` or `system/…`, with `?NAME=VALUE&…` behind it where only resources are meant for
    /// which a search by those would hold.
    ///
    /// # Errors
    /// Says what is not understood. Parameters that ask terminology or other resources are refused: a scope must mean the
    /// same wherever it is read.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let fail = |reason: &str| ScopeError { scope: text.to_owned(), reason: reason.to_owned() };
        let (context, rest) = text.split_once('/').ok_or_else(|| fail(FORM))?;
        let context = CONTEXTS.iter().find(|(name, _)| *name == context);
        let (_, context) = context.ok_or_else(|| fail("the context must be patient, user or system"))?;
        let (rest, parameters) = rest.split_once('?').map_or((rest, None), |(rest, list)| (rest, Some(list)));
        let (type_name, permission) = rest.split_once('.').ok_or_else(|| fail(FORM))?;
        let type_id = match type_name {
            "*" => None,
            name => {
                Some(schema().resource_named(name).ok_or_else(|| fail("there is no such resource type"))?)
            }
        };
        let interactions = interactions(permission)
            .ok_or_else(|| fail("permissions are letters of cruds in this order, or read, write, *"))?;
        let clauses = match (parameters, type_id) {
            (None, _) => Vec::new(),
            (Some(_), None) => return Err(fail("name the type whose parameters are behind '?'")),
            (Some(list), Some(type_id)) => clauses(type_id, list).map_err(|reason| fail(&reason))?,
        };
        Ok(Self { text: text.to_owned(), context: *context, type_id, interactions, clauses })
    }

    /// Reads a list separated by spaces.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, ScopeError> {
        text.split_whitespace().map(Self::parse).collect()
    }

    /// Whose data it is about.
    pub fn context(&self) -> Context {
        self.context
    }

    /// The type it is about; `None`: every type.
    pub fn type_id(&self) -> Option<TypeId> {
        self.type_id
    }

    /// What it allows.
    pub fn interactions(&self) -> Interactions {
        self.interactions
    }

    /// What must hold for a resource besides being of the type.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// True when the scope allows an interaction with some resources of a type; `None` asks for every type.
    pub fn allows(&self, interaction: Interaction, type_id: Option<TypeId>) -> bool {
        self.interactions.contains(interaction) && (self.type_id.is_none() || self.type_id == type_id)
    }

    /// True when it allows nothing that the other one does not.
    pub fn is_within(&self, other: &Self) -> bool {
        self.context == other.context
            && (other.type_id.is_none() || other.type_id == self.type_id)
            && self.interactions.is_within(other.interactions)
            && (other.clauses.is_empty() || other.clauses == self.clauses)
    }
}

/// The letters of a permission. Those of all kinds also allow operations, which ask for all that they could do one by one; who
/// may read and search may have it in bulk.
fn interactions(permission: &str) -> Option<Interactions> {
    let letters = VERSION_1.iter().find(|(old, _)| *old == permission).map_or(permission, |(_, new)| new);
    if letters.is_empty() || !is_subsequence(letters, "cruds") {
        return None;
    }
    let interactions = Interactions::parse(letters)?;
    let is_bulk = [Interaction::Read, Interaction::Search].iter().all(|one| interactions.contains(*one));
    let interactions = if is_bulk { interactions.with(Interaction::Export) } else { interactions };
    Some(if letters == "cruds" { interactions.with(Interaction::Operate) } else { interactions })
}

/// The conditions behind `?`: neither terminology nor the address of a server is asked.
fn clauses(type_id: TypeId, list: &str) -> Result<Vec<Clause>, String> {
    let looks_beyond = |clause: &Clause| matches!(clause, Clause::Chain { .. } | Clause::Has { .. });
    let one = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let clause = parse_clause(&[type_id], &name, &value, &NoPorts, &Limits::default());
        match clause.map_err(|error| error.to_string())? {
            clause if !clause.has(&looks_beyond) => Ok(clause),
            _ => Err(format!("'{name}' looks at other resources; use parameters of the type itself")),
        }
    };
    form_urlencoded::parse(list.as_bytes()).map(one).collect()
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
