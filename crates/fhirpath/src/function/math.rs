//! Mathematics (FHIRPath §5.7). Results that are no real number, or too great, are empty.

use super::{Definition, row};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, decimal, integer, one};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::quantity::Quantity;
use crate::syntax::Call;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy};

pub(super) const FUNCTIONS: &[Definition] = &[
    row("abs", 0, 0, absolute),
    row("ceiling", 0, 0, |e, c, s| rounded(e, c, s, |number| number.ceil())),
    row("floor", 0, 0, |e, c, s| rounded(e, c, s, |number| number.floor())),
    row("truncate", 0, 0, |e, c, s| rounded(e, c, s, |number| number.trunc())),
    row("exp", 0, 0, |e, c, s| computed(e, c, s, |number| number.checked_exp())),
    row("ln", 0, 0, |e, c, s| computed(e, c, s, |number| number.checked_ln())),
    row("sqrt", 0, 0, |e, c, s| computed(e, c, s, |number| number.sqrt())),
    row("log", 1, 1, |evaluator, call, scope| {
        let Some((number, base)) = two(evaluator, call, scope)? else { return Ok(Collection::EMPTY) };
        Ok(logarithm(number, base).map(Item::Decimal).into())
    }),
    row("power", 1, 1, |evaluator, call, scope| {
        let (items, argument) = (evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?);
        let is_whole = |items: &Collection<'_>| {
            matches!(items.first().and_then(Item::to_system), Some(Item::Integer(_)))
        };
        let whole = is_whole(&items) && is_whole(&argument);
        let pair = decimal(&items, "power()")?.zip(decimal(&argument, "power()")?);
        let Some((number, exponent)) = pair else { return Ok(Collection::EMPTY) };
        let result = power(number, exponent);
        Ok(match result.filter(|result| whole && result.fract().is_zero()).and_then(|result| result.to_i64())
        {
            Some(integer) => Some(Item::Integer(integer)),
            None => result.map(Item::Decimal),
        }
        .into())
    }),
    row("round", 0, 1, |evaluator, call, scope| {
        let places = integer(&evaluator.argument(call, 0, scope)?, "round()")?.unwrap_or(0);
        let Ok(places) = u32::try_from(places) else {
            return Err(EvaluationError::WrongType { operation: "round()", found: "a precision below zero" });
        };
        computed(evaluator, call, scope, |number| {
            Some(number.round_dp_with_strategy(places.min(28), RoundingStrategy::MidpointAwayFromZero))
        })
    }),
];

fn computed<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    function: impl Fn(Decimal) -> Option<Decimal>,
) -> Result<Collection<'a>> {
    let number = decimal(&evaluator.input(call, scope)?, call.function.name)?;
    Ok(number.and_then(function).map(Item::Decimal).into())
}

/// To a whole number; empty when it does not fit.
fn rounded<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    function: impl Fn(Decimal) -> Decimal,
) -> Result<Collection<'a>> {
    let number = decimal(&evaluator.input(call, scope)?, call.function.name)?;
    Ok(number.and_then(|number| function(number).to_i64()).map(Item::Integer).into())
}

fn two<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Option<(Decimal, Decimal)>> {
    let first = decimal(&evaluator.input(call, scope)?, call.function.name)?;
    let second = decimal(&evaluator.argument(call, 0, scope)?, call.function.name)?;
    Ok(first.zip(second))
}

fn absolute<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let items = evaluator.input(call, scope)?;
    let Some(item) = one(&items, "abs()")?.and_then(Item::to_system) else { return Ok(Collection::EMPTY) };
    Ok(match item {
        Item::Integer(number) => number.checked_abs().map(Item::Integer),
        Item::Decimal(number) => Some(Item::Decimal(number.abs())),
        Item::Quantity(Quantity { value, unit }) => {
            Some(Item::Quantity(Quantity { value: value.abs(), unit }))
        }
        other => {
            return Err(EvaluationError::WrongType { operation: "abs()", found: other.type_info().name });
        }
    }
    .into())
}

/// Digits behind the point that a logarithm is good for; more are noise of the series.
const LOGARITHM_PLACES: u32 = 8;

fn logarithm(number: Decimal, base: Decimal) -> Option<Decimal> {
    let (number, base) = (number.checked_ln()?, base.checked_ln()?);
    Some(number.checked_div(base)?.round_dp(LOGARITHM_PLACES).normalize())
}

fn power(number: Decimal, exponent: Decimal) -> Option<Decimal> {
    if exponent.fract().is_zero() {
        return number.checked_powi(exponent.to_i64()?);
    }
    if number.is_sign_negative() {
        return None;
    }
    number.checked_powd(exponent)
}
