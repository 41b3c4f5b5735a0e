//! Filtering and projection (FHIRPath §5.2) and aggregates (§7).

use super::{Arguments, Definition, per_item, streamed};
use crate::collection::Collection;
use crate::distinct::Distinct;
use crate::evaluate::{Evaluator, Flow, NEXT, Result, Scope, Visitor, boolean};
use crate::syntax::Call;

pub(super) const FUNCTIONS: &[Definition] = &[
    streamed("where", Arguments::PerItem(1, 1), filter),
    streamed("select", Arguments::PerItem(1, 1), select),
    per_item("repeat", 1, 1, repeat),
    per_item("aggregate", 1, 2, aggregate),
];

fn filter<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    visitor: Visitor<'_, 'a>,
) -> Flow {
    let mut index = 0;
    evaluator.visit_input(call, scope, &mut |item| {
        let met = evaluator.argument(call, 0, scope.at(&item, index))?;
        index += 1;
        if boolean(&met, "where()")? == Some(true) { visitor(item) } else { NEXT }
    })
}

fn select<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    visitor: Visitor<'_, 'a>,
) -> Flow {
    let Some(projection) = call.arguments.first() else { return NEXT };
    let mut index = 0;
    evaluator.visit_input(call, scope, &mut |item| {
        let flow = evaluator.visit(projection, scope.at(&item, index), visitor);
        index += 1;
        flow
    })
}

/// Items found are looked at again until nothing new comes; each is kept once.
fn repeat<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let mut found = Distinct::default();
    for item in evaluator.input(call, scope)? {
        for new in evaluator.argument(call, 0, scope.at(&item, 0))? {
            found.add(evaluator, new)?;
        }
    }
    let mut index = 0;
    while let Some(item) = found.as_slice().get(index).cloned() {
        index += 1;
        for new in evaluator.argument(call, 0, scope.at(&item, index))? {
            found.add(evaluator, new)?;
        }
    }
    Ok(found.into_collection())
}

fn aggregate<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let mut total = evaluator.argument(call, 1, scope)?;
    for (index, item) in evaluator.input(call, scope)?.into_iter().enumerate() {
        let inner = Scope { total: Some(&total), ..scope }.at(&item, index);
        total = evaluator.argument(call, 0, inner)?;
    }
    Ok(total)
}
