//! The policy: what each role may do, and the decision over one request.

use crate::actor::Actor;
use crate::interaction::{Interaction, Interactions};
use fhir::schema::{TypeId, schema};
use search::query::{Clause, Query};
use std::fmt;

/// What each role may do. Made from text that an administrator can read.
#[derive(Clone, Debug)]
pub struct Policy {
    permissions: Vec<Permission>,
}

#[derive(Clone, Debug)]
struct Permission {
    role: String,
    interactions: Interactions,
    /// `None`: every type.
    type_id: Option<TypeId>,
    /// The role may do nothing with this type, whatever its other lines say.
    is_exception: bool,
}

/// Leave to do one thing. Only a [`Policy`] can make one.
#[derive(Clone, Debug)]
pub struct Grant {
    interaction: Interaction,
    type_id: Option<TypeId>,
    narrowing: Vec<Clause>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was asked for.
    pub interaction: Interaction,
    /// On which type; `None` for every type.
    pub type_name: Option<&'static str>,
    /// What took it away.
    pub cause: DenialCause,
}

/// What took a permission away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenialCause {
    /// No role of the actor has it.
    Role,
    /// The token's scopes leave it out.
    Scope,
}

impl Default for Policy {
    /// The roles that come with the program.
    fn default() -> Self {
        Self::parse(include_str!("../../../data/access/roles.tsv"))
            .expect("the built-in roles are well-formed")
    }
}

impl Policy {
    /// Reads roles in the form of `data/access/roles.tsv`; an error names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines =
            text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#') && !line.trim().is_empty());
        let permissions = lines
            .map(|(line, number)| {
                permission(line).ok_or(format!("line {number}: role, letters of crudsx, type or *"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { permissions })
    }

    /// The names of all roles, in order.
    pub fn roles(&self) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> =
            self.permissions.iter().map(|one| &one.role).collect();
        names.into_iter().cloned().collect()
    }

    /// Decides a request; `type_id` is `None` for requests over every type.
    pub fn decide(
        &self,
        actor: &Actor,
        interaction: Interaction,
        type_id: Option<TypeId>,
    ) -> Result<Grant, Denial> {
        let denial = |cause| Denial { interaction, type_name: type_id.map(TypeId::name), cause };
        let is_excepted = |role: &str| {
            let excepts = |one: &Permission| one.is_exception && one.role == role && one.type_id == type_id;
            self.permissions.iter().any(excepts)
        };
        let by_role = self.permissions.iter().any(|permission| {
            actor.roles.contains(&permission.role)
                && permission.interactions.contains(interaction)
                && (permission.type_id.is_none() || permission.type_id == type_id)
                && !is_excepted(&permission.role)
        });
        if !by_role {
            return Err(denial(DenialCause::Role));
        }
        match &actor.scopes {
            Some(scopes)
                if !scopes.iter().any(|scope| {
                    // What is narrower than its type waits for conditions in the policy.
                    scope.allows(interaction, type_id)
                        && scope.clauses().is_empty()
                        && scope.context() != crate::scope::Context::Patient
                }) =>
            {
                Err(denial(DenialCause::Scope))
            }
            _ => Ok(Grant { interaction, type_id, narrowing: Vec::new() }),
        }
    }
}

fn permission(line: &str) -> Option<Permission> {
    let [role, letters, type_name] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let type_id = match type_name {
        "*" => None,
        name => Some(schema().resource_named(name)?),
    };
    let is_exception = letters == "-";
    let interactions = if is_exception { Interactions::default() } else { Interactions::parse(letters)? };
    Some(Permission { role: role.to_owned(), interactions, type_id, is_exception })
}

impl Grant {
    /// What is granted.
    pub fn interaction(&self) -> Interaction {
        self.interaction
    }

    /// On which type; `None` for every type.
    pub fn type_id(&self) -> Option<TypeId> {
        self.type_id
    }

    /// What must hold for every resource that is touched under this grant.
    pub fn narrowing(&self) -> &[Clause] {
        &self.narrowing
    }

    /// Narrows a query to what is granted.
    pub fn narrow(&self, query: &mut Query) {
        query.clauses.extend(self.narrowing.iter().cloned());
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.interaction {
            Interaction::Create => "create",
            Interaction::Read => "read",
            Interaction::Update => "change",
            Interaction::Delete => "delete",
            Interaction::Search => "search",
            Interaction::Operate => "run this operation on",
        };
        let what = self.type_name.unwrap_or("resources of every type");
        match self.cause {
            DenialCause::Role => {
                write!(f, "your roles do not allow you to {doing} {what}; ask an administrator")
            }
            DenialCause::Scope => {
                write!(f, "the token's scopes do not allow you to {doing} {what}; ask for a wider one")
            }
        }
    }
}
