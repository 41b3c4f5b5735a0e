//! Who asks.

use crate::scope::Scope;
use fhir::reference::is_id;
use fhir::schema::{TypeId, schema};
use std::fmt;

/// A person or program, as the edge has established it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actor {
    /// Stands for the actor in the audit log; stable.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// Names of roles in the policy; permissions add up.
    pub roles: Vec<String>,
    /// Who the actor is in the record; `None` for who is in no resource.
    pub person: Option<Person>,
    /// The program that acts for the actor: the id of its client; `None` on our own pages.
    pub client: Option<String>,
    /// Whose program it is: a reference such as `Organization/1`; `None` for one of nobody's, and on our own pages.
    pub organization: Option<String>,
    /// The id of the patient whose record the program was given (SMART `patient` launch context). What a token may by its
    /// `patient/` scopes, it may there only.
    pub patient: Option<String>,
    /// What the token was limited to; `None` for a person signed in to our own pages. Scopes only take away.
    pub scopes: Option<Vec<Scope>>,
}

/// The resource that says who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Person {
    type_id: TypeId,
    id: String,
}

/// The types of resources that an actor can be.
const PERSONS: [&str; 5] = ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Device"];

impl Person {
    /// Reads a reference such as `Practitioner/1`; `None` when it is of no type that can act, or has no id.
    pub fn parse(reference: &str) -> Option<Self> {
        let (type_name, id) = reference.split_once('/')?;
        let type_id = schema().resource_named(type_name)?;
        (PERSONS.contains(&type_name) && is_id(id)).then(|| Self { type_id, id: id.to_owned() })
    }

    /// The type.
    pub fn type_id(&self) -> TypeId {
        self.type_id
    }

    /// The logical id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The types that a person can be of.
    pub fn types() -> &'static [&'static str] {
        &PERSONS
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.type_id.name(), self.id)
    }
}

impl Actor {
    /// The administrator of this installation, for commands given on the machine itself.
    pub fn local_administrator() -> Self {
        Self {
            id: "local-administrator".to_owned(),
            name: "Local administrator".to_owned(),
            roles: vec!["administrator".to_owned()],
            ..Self::default()
        }
    }

    /// Whoever has not shown yet who they are: nobody's rights, and a name for the audit log.
    pub fn unknown() -> Self {
        Self { id: "unknown".to_owned(), ..Self::default() }
    }

    /// A guest who may look but not change.
    pub fn guest() -> Self {
        Self {
            id: "guest".to_owned(),
            name: "Guest".to_owned(),
            roles: vec!["guest".to_owned()],
            ..Self::default()
        }
    }
}
