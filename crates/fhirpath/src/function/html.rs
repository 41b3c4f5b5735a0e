//! `htmlChecks` (FHIR R4, "Narrative" §2.4.0: the rules for XHTML content).

use super::{Definition, row};
use crate::evaluate::one;
use crate::item::Item;

pub(super) const FUNCTIONS: &[Definition] = &[row("htmlChecks", 0, 0, |evaluator, call, scope| {
    let items = evaluator.input(call, scope)?;
    let text = one(&items, "htmlChecks()")?.and_then(Item::to_system);
    Ok(match text {
        Some(Item::String(text)) => Some(Item::Boolean(fhir::narrative::scan(&text).is_ok())),
        _ => None,
    }
    .into())
})];
