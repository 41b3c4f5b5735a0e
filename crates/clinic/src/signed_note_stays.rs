//! A signed note stays as it is: what was found wrong in it is added to it, or it is said to be in error.

use fhir::{Document, Node};
use record::write_rule::{ProposedWrite, Requirement, Violation, WriteRule};

/// The rule. A note is signed when its DocumentReference is final and says who vouches for it.
pub struct SignedNoteStays;

/// What may change: whether it still holds, and what is said about the resource rather than in it.
const MAY_CHANGE: [&str; 4] = ["status", "docStatus", "meta", "text"];
/// What a signed note may become.
const STATES: [&str; 3] = ["final", "amended", "entered-in-error"];

impl WriteRule for SignedNoteStays {
    fn name(&self) -> &'static str {
        "signed-note-stays"
    }

    fn check(&self, write: &ProposedWrite<'_>) -> Result<Vec<Requirement>, Violation> {
        let Some(before) = write.before.filter(|before| is_signed(before)) else { return Ok(Vec::new()) };
        let broken = |expression: &str, what: &str| Violation {
            rule: self.name(),
            message: format!(
                "{} is signed: {what}. Add to it by a DocumentReference that appends to it, or set its status to \
                 entered-in-error",
                write.key
            ),
            expression: format!("DocumentReference{expression}"),
        };
        let Some(after) = write.after else { return Err(broken("", "it is not deleted")) };
        let state = after.root().get_str("docStatus").unwrap_or_default();
        if !STATES.contains(&&*state) {
            return Err(broken(".docStatus", "it does not become a draft again"));
        }
        match first_difference(before.root(), after.root()) {
            Some(member) => Err(broken(&format!(".{member}"), &format!("its {member} does not change"))),
            None => Ok(Vec::new()),
        }
    }
}

/// Whether a note is signed.
pub(crate) fn is_signed(document: &Document) -> bool {
    let root = document.root();
    let state = root.get_str("docStatus");
    document.resource_type().as_deref() == Some("DocumentReference")
        && matches!(state.as_deref(), Some("final" | "amended"))
        && root.get("authenticator").is_some()
}

/// A member that is in one and not in the other, or differs.
fn first_difference(before: Node<'_>, after: Node<'_>) -> Option<String> {
    let names =
        |node: Node<'_>| -> Vec<String> { node.members().map(|(name, _)| name.into_owned()).collect() };
    let all = names(before).into_iter().chain(names(after));
    let mut kept = all.filter(|name| !MAY_CHANGE.contains(&name.trim_start_matches('_')));
    kept.find(|name| fhir_value(before, name) != fhir_value(after, name))
}

/// A member's value, whatever the space around it.
fn fhir_value(node: Node<'_>, name: &str) -> Option<String> {
    node.get(name).map(|member| fhir::Value::from(member).to_json())
}
