//! Subsetting (FHIRPath §5.3).

use super::{Arguments, Definition, row, streamed};
use crate::distinct::Distinct;
use crate::evaluate::{Evaluator, Flow, NEXT, Result, STOP, Scope, Visitor, integer, one};
use crate::syntax::Call;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("single", 0, 0, |evaluator, call, scope| {
        let items = evaluator.input(call, scope)?;
        one(&items, "single()")?;
        Ok(items)
    }),
    streamed("first", Arguments::Count(0, 0), |evaluator, call, scope, visitor| {
        window(evaluator, call, scope, (0, 1), visitor)
    }),
    row("last", 0, 0, |evaluator, call, scope| {
        let mut last = None;
        let _ = evaluator.visit_input(call, scope, &mut |item| {
            last = Some(item);
            NEXT
        })?;
        Ok(last.into())
    }),
    streamed("tail", Arguments::Count(0, 0), |evaluator, call, scope, visitor| {
        window(evaluator, call, scope, (1, usize::MAX), visitor)
    }),
    streamed("skip", Arguments::Count(1, 1), |evaluator, call, scope, visitor| {
        let skipped = count(evaluator, call, scope, "skip()")?.unwrap_or(0);
        window(evaluator, call, scope, (skipped, usize::MAX), visitor)
    }),
    streamed("take", Arguments::Count(1, 1), |evaluator, call, scope, visitor| {
        let taken = count(evaluator, call, scope, "take()")?.unwrap_or(0);
        window(evaluator, call, scope, (0, taken), visitor)
    }),
    row("intersect", 1, 1, |evaluator, call, scope| {
        let others = evaluator.argument(call, 0, scope)?;
        let mut found = Distinct::default();
        for item in evaluator.input(call, scope)? {
            evaluator.spend(others.len() as u64)?;
            if evaluator.contains(others.as_slice(), &item) {
                found.add(evaluator, item)?;
            }
        }
        Ok(found.into_collection())
    }),
    row("exclude", 1, 1, |evaluator, call, scope| {
        let others = evaluator.argument(call, 0, scope)?;
        let items = evaluator.input(call, scope)?;
        evaluator.spend((items.len() * others.len()) as u64)?;
        Ok(items.into_iter().filter(|item| !evaluator.contains(others.as_slice(), item)).collect())
    }),
];

/// A count that the first argument gives; below zero is zero.
fn count<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    operation: &'static str,
) -> Result<Option<usize>> {
    let number = integer(&evaluator.argument(call, 0, scope)?, operation)?;
    Ok(number.map(|number| usize::try_from(number).unwrap_or(0)))
}

/// Hands on the items from one position up to before the other.
fn window<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    (start, end): (usize, usize),
    visitor: Visitor<'_, 'a>,
) -> Flow {
    let mut position = 0;
    // Stopping here, because the window ends, is not the visitor's wish to stop.
    let mut is_stopped = false;
    if end == 0 {
        return NEXT;
    }
    let _ = evaluator.visit_input(call, scope, &mut |item| {
        if position >= start {
            is_stopped = visitor(item)?.is_break();
        }
        position += 1;
        if is_stopped || position >= end { STOP } else { NEXT }
    })?;
    if is_stopped { STOP } else { NEXT }
}
