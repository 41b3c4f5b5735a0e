//! Existence (FHIRPath §5.1).

use super::{Definition, per_item, row};
use crate::collection::Collection;
use crate::distinct::Distinct;
use crate::evaluate::{Evaluator, NEXT, Result, STOP, Scope, boolean};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::syntax::Call;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("empty", 0, 0, |evaluator, call, scope| Ok(Item::Boolean(!any(evaluator, call, scope)?).into())),
    per_item("exists", 0, 1, |evaluator, call, scope| Ok(Item::Boolean(any(evaluator, call, scope)?).into())),
    per_item("all", 1, 1, all),
    row("allTrue", 0, 0, |evaluator, call, scope| every(evaluator, call, scope, true, true)),
    row("anyTrue", 0, 0, |evaluator, call, scope| every(evaluator, call, scope, false, false)),
    row("allFalse", 0, 0, |evaluator, call, scope| every(evaluator, call, scope, false, true)),
    row("anyFalse", 0, 0, |evaluator, call, scope| every(evaluator, call, scope, true, false)),
    row("subsetOf", 1, 1, |evaluator, call, scope| {
        let (items, others) = (evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?);
        subset(evaluator, &items, &others)
    }),
    row("supersetOf", 1, 1, |evaluator, call, scope| {
        let (items, others) = (evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?);
        subset(evaluator, &others, &items)
    }),
    row("count", 0, 0, count),
    row("distinct", 0, 0, distinct),
    row("isDistinct", 0, 0, |evaluator, call, scope| {
        let (mut found, mut is_distinct) = (Distinct::default(), true);
        let _ = evaluator.visit_input(call, scope, &mut |item| {
            is_distinct = found.add(evaluator, item)?;
            if is_distinct { NEXT } else { STOP }
        })?;
        Ok(Item::Boolean(is_distinct).into())
    }),
    row("not", 0, 0, |evaluator, call, scope| {
        let items = evaluator.input(call, scope)?;
        Ok(boolean(&items, "not()")?.map(|value| !value).into())
    }),
];

/// True at the first item (that meets the criteria, if there are any).
fn any<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<bool> {
    let criteria = call.arguments.first();
    let (mut found, mut index) = (false, 0);
    let _ = evaluator.visit_input(call, scope, &mut |item| {
        found = match criteria {
            None => true,
            Some(criteria) => {
                boolean(&evaluator.evaluate(criteria, scope.at(&item, index))?, "exists()")? == Some(true)
            }
        };
        index += 1;
        if found { STOP } else { NEXT }
    })?;
    Ok(found)
}

fn all<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let (mut holds, mut index) = (true, 0);
    let _ = evaluator.visit_input(call, scope, &mut |item| {
        let met = evaluator.argument(call, 0, scope.at(&item, index))?;
        holds = boolean(&met, "all()")? == Some(true);
        index += 1;
        if holds { NEXT } else { STOP }
    })?;
    Ok(Item::Boolean(holds).into())
}

/// `is_all`: true when every item is `wanted`. Otherwise: true when any item is not `wanted`.
fn every<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    wanted: bool,
    is_all: bool,
) -> Result<Collection<'a>> {
    let mut holds = is_all;
    for item in &evaluator.input(call, scope)? {
        match item.to_system() {
            Some(Item::Boolean(value)) => {
                if value != wanted {
                    holds = !is_all;
                }
            }
            _ => {
                let operation = call.function.name;
                return Err(EvaluationError::WrongType { operation, found: item.type_info().name });
            }
        }
    }
    Ok(Item::Boolean(holds).into())
}

fn subset<'a>(
    evaluator: &Evaluator<'_, 'a>,
    items: &Collection<'a>,
    others: &Collection<'a>,
) -> Result<Collection<'a>> {
    evaluator.spend((items.len() * others.len()) as u64)?;
    Ok(Item::Boolean(items.iter().all(|item| evaluator.contains(others.as_slice(), item))).into())
}

fn count<'a>(evaluator: &Evaluator<'_, 'a>, call: &'a Call, scope: Scope<'_, 'a>) -> Result<Collection<'a>> {
    let mut count = 0;
    let _ = evaluator.visit_input(call, scope, &mut |_| {
        count += 1;
        NEXT
    })?;
    Ok(Item::Integer(count).into())
}

fn distinct<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let mut found = Distinct::default();
    let _ = evaluator.visit_input(call, scope, &mut |item| {
        found.add(evaluator, item)?;
        NEXT
    })?;
    Ok(found.into_collection())
}
