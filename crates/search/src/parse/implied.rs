//! Conditions that follow from others together and are better to search by.
//!
//! `code=X&value-quantity=gt5` says what `code-value-quantity=X$gt5` says, and that one has index rows by code and
//! value. The implied condition is added; it changes no answer.

use super::Scope;
use crate::query::Clause;

/// The type, two parameters, and the composite that both together imply.
const IMPLIED: [(&str, &str, &str, &str); 1] =
    [("Observation", "code", "value-quantity", "code-value-quantity")];

/// Combinations of values that are spelled out at most.
const COMBINATIONS: usize = 8;

/// Adds what the pairs imply, if they do.
pub(super) fn add(scope: &Scope<'_>, pairs: &[(String, String)], clauses: &mut Vec<Clause>) {
    let [type_id] = scope.types else { return };
    for (_, first, second, composite) in IMPLIED.iter().filter(|(name, ..)| *name == type_id.name()) {
        let values = |code: &str| {
            let value = pairs.iter().find(|(name, _)| name == code).map(|(_, value)| value.as_str())?;
            // An escape would mean something else between the parts of a composite.
            (!value.contains(['\\', '$'])).then(|| value.split(',').collect::<Vec<_>>())
        };
        let (Some(first), Some(second)) = (values(first), values(second)) else { continue };
        if first.len() * second.len() > COMBINATIONS {
            continue;
        }
        let both = first.iter().flat_map(|one| second.iter().map(move |two| format!("{one}${two}")));
        let value = both.collect::<Vec<_>>().join(",");
        // What is wrong with a value was said already, where it stands.
        if let Ok(clause) = scope.clause(composite, &value) {
            clauses.push(clause);
        }
    }
}
