//! Who asks.

use crate::scope::Scope;

/// A person or program, as the edge has established it.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// Stands for the actor in the audit log; stable.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// Names of roles in the policy; permissions add up.
    pub roles: Vec<String>,
    /// What the token was limited to; `None` for a person signed in to our own pages. Scopes only take away.
    pub scopes: Option<Vec<Scope>>,
}

impl Actor {
    /// The administrator of this installation, for commands given on the machine itself.
    pub fn local_administrator() -> Self {
        Self {
            id: "local-administrator".to_owned(),
            name: "Local administrator".to_owned(),
            roles: vec!["administrator".to_owned()],
            scopes: None,
        }
    }

    /// A guest who may look but not change.
    pub fn guest() -> Self {
        Self {
            id: "guest".to_owned(),
            name: "Guest".to_owned(),
            roles: vec!["guest".to_owned()],
            scopes: None,
        }
    }
}
