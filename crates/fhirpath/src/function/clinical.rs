//! What terminology and profiles answer: `memberOf`, `subsumes`, `subsumedBy`, `conformsTo` (FHIR R4, "Using
//! FHIRPath with FHIR").

use super::{Definition, row};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, one, string};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::Call;
use fhir::Element;
use fhir::schema::schema;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("memberOf", 1, 1, member_of),
    row("subsumes", 1, 1, |evaluator, call, scope| subsumes(evaluator, call, scope, false)),
    row("subsumedBy", 1, 1, |evaluator, call, scope| subsumes(evaluator, call, scope, true)),
    row("conformsTo", 1, 1, conforms_to),
];

/// Empty when the value set is not known.
fn member_of<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let value_set = string(&evaluator.argument(call, 0, scope)?, "memberOf()")?;
    let items = evaluator.input(call, scope)?;
    let (Some(item), Some(value_set)) = (one(&items, "memberOf()")?, value_set) else {
        return Ok(Collection::EMPTY);
    };
    let environment = evaluator.context.environment;
    Ok(match item {
        Item::Element(coded) => environment.member_of(*coded, &value_set),
        Item::String(code) => environment.code_member_of(code, &value_set),
        _ => None,
    }
    .into())
}

fn subsumes<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    is_reversed: bool,
) -> Result<Collection<'a>> {
    let (items, others) = (evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?);
    let operation = call.function.name;
    let pair =
        (one(&items, operation)?.and_then(Item::element), one(&others, operation)?.and_then(Item::element));
    let (Some(left), Some(right)) = pair else { return Ok(Collection::EMPTY) };
    let (general, special) = if is_reversed { (right, left) } else { (left, right) };
    Ok(evaluator.context.environment.subsumes(general, special).into())
}

/// Core types are known here; the environment judges the rest. A profile that nobody knows is an error.
fn conforms_to<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let profile = string(&evaluator.argument(call, 0, scope)?, "conformsTo()")?;
    let items = evaluator.input(call, scope)?;
    let (Some(item), Some(profile)) = (one(&items, "conformsTo()")?, profile) else {
        return Ok(Collection::EMPTY);
    };
    let Item::Element(element) = item else {
        let found = item.type_info().name;
        return Err(EvaluationError::WrongType { operation: "conformsTo()", found });
    };
    let core_type = core_type_conformance(*element, &profile);
    if core_type == Some(false) {
        return Ok(Item::Boolean(false).into());
    }
    match evaluator.context.environment.conforms_to(*element, &profile).or(core_type) {
        Some(answer) => Ok(Item::Boolean(answer).into()),
        None => Err(EvaluationError::Unanswered { operation: "conformsTo()", subject: profile.into_owned() }),
    }
}

/// Whether an element is of the type that a core definition's URL names; `None` for other URLs.
fn core_type_conformance(element: Element<'_>, profile: &str) -> Option<bool> {
    let name = profile.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
    let type_id = schema().type_named(name.split('|').next()?)?;
    Some(element.type_id.is_a(type_id))
}
