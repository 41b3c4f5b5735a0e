//! Who writes, as the resources of the record name them.

use fhir::{Node, Object, Value};
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

/// Whether a Reference is to whoever asks. Two people may have one name: who is a person of the record is known by that alone.
pub(crate) fn is(session: &Session, reference: Node<'_>) -> bool {
    let actor = session.actor();
    let of = |member: &str| reference.get_str(member).unwrap_or_default().into_owned();
    match &actor.person {
        Some(person) => of("reference") == person.to_string(),
        None => of("reference").is_empty() && of("display") == actor.name,
    }
}
