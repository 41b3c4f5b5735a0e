//! A refusal, in words that a person can act on.

use crate::interaction::Interaction;
use std::fmt;

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
    /// A parameter, named here, looks at an element that the actor's roles do not show.
    Parameter(&'static str),
    /// What patients keep from the actor could not be told at this moment.
    Unsettled,
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
            Interaction::Export => "export",
        };
        let what = self.type_name.unwrap_or("resources of every type");
        match self.cause {
            DenialCause::Role => {
                write!(f, "your roles do not allow you to {doing} {what}; ask an administrator")
            }
            DenialCause::Scope => {
                write!(f, "the token's scopes do not allow you to {doing} {what}; ask for a wider one")
            }
            DenialCause::Unsettled => {
                write!(f, "what patients keep from you in {what} cannot be told at this moment; try again")
            }
            DenialCause::Parameter(code) => {
                write!(f, "'{code}' looks at a part of {what} that your roles do not show; leave it out")
            }
        }
    }
}
