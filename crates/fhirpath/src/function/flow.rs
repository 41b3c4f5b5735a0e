//! Choice and diagnosis: `iif` (FHIRPath §5.5) and `trace` (§5.9).

use super::{Definition, per_item};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, boolean, one, string};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::Call;

pub(super) const FUNCTIONS: &[Definition] = &[per_item("iif", 2, 3, choose), per_item("trace", 1, 2, trace)];

/// Evaluates only the branch that is taken. The criterion must be a Boolean or nothing.
fn choose<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let items = evaluator.input(call, scope)?;
    one(&items, "iif()")?;
    // Without a receiver $this, $index stay what they are.
    let inner = if call.input.is_some() { Scope { this: items.as_slice(), ..scope } } else { scope };
    let criterion = evaluator.argument(call, 0, inner)?;
    if let Some(item) = one(&criterion, "iif()")?
        && !matches!(item.to_system(), Some(Item::Boolean(_)) | None)
    {
        return Err(EvaluationError::WrongType { operation: "iif()", found: item.type_info().name });
    }
    let branch = if boolean(&criterion, "iif()")? == Some(true) { 1 } else { 2 };
    evaluator.argument(call, branch, inner)
}

fn trace<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let items = evaluator.input(call, scope)?;
    let name = string(&evaluator.argument(call, 0, scope)?, "trace()")?.unwrap_or_default();
    if call.arguments.len() < 2 {
        evaluator.context.environment.trace(&name, items.as_slice());
        return Ok(items);
    }
    let mut shown = Collection::EMPTY;
    for (index, item) in items.iter().enumerate() {
        shown.extend(evaluator.argument(call, 1, scope.at(item, index))?);
    }
    evaluator.context.environment.trace(&name, shown.as_slice());
    Ok(items)
}
