//! Who writes, as the resources of the record name them.

use fhir::{Object, Value};
use record::Session;

/// Who writes, as a Reference: a person of the record when the account is one, the name in any case.
pub(crate) fn reference(session: &Session) -> Value {
    let actor = session.actor();
    let mut author = Object::new();
    if let Some(person) = &actor.person {
        author.set("reference", person.to_string());
    }
    author.set("display", actor.name.as_str());
    author.into()
}
