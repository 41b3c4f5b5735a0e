//! FHIR's additions for elements (FHIR R4, "Using FHIRPath with FHIR"): `extension`, `hasValue`, `getValue`,
//! `checkModifiers`.

use super::{Arguments, Definition, row, streamed};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, NEXT, Result, STOP, Scope, string};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::Call;

pub(super) const FUNCTIONS: &[Definition] = &[
    streamed("extension", Arguments::Count(1, 1), |evaluator, call, scope, visitor| {
        let Some(url) = string(&evaluator.argument(call, 0, scope)?, "extension()")? else { return NEXT };
        evaluator.visit_input(call, scope, &mut |item| {
            let Item::Element(element) = item else { return NEXT };
            for extension in element.extensions(&url) {
                if visitor(Item::Element(extension))?.is_break() {
                    return STOP;
                }
            }
            NEXT
        })
    }),
    row("hasValue", 0, 0, |evaluator, call, scope| {
        let items = evaluator.input(call, scope)?;
        let has_value = match items.as_slice() {
            [Item::Element(element)] => element.scalar().is_some(),
            [_] => true,
            _ => false,
        };
        Ok(Item::Boolean(has_value).into())
    }),
    row("getValue", 0, 0, |evaluator, call, scope| {
        let items = evaluator.input(call, scope)?;
        Ok(match items.as_slice() {
            [Item::Element(element)] if !element.type_id.is_primitive() => Collection::EMPTY,
            [item] => item.to_system().into(),
            _ => Collection::EMPTY,
        })
    }),
    row("checkModifiers", 0, 16, check_modifiers),
];

/// The input as it is, or an error when it has a modifier extension that the caller does not name.
fn check_modifiers<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let mut known = Vec::new();
    for position in 0..call.arguments.len() {
        known.extend(string(&evaluator.argument(call, position, scope)?, "checkModifiers()")?);
    }
    let items = evaluator.input(call, scope)?;
    for element in items.iter().filter_map(Item::element) {
        for modifier in element.children_named("modifierExtension") {
            let url = modifier.child("url").and_then(fhir::Element::scalar).unwrap_or_default();
            if !known.contains(&url) {
                let subject = url.into_owned();
                return Err(EvaluationError::Unanswered { operation: "checkModifiers()", subject });
            }
        }
    }
    Ok(items)
}
