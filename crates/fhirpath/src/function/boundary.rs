//! Precision (FHIRPath 3.0, §5.7): `lowBoundary`, `highBoundary`, `precision`, `comparable`.

use super::{Definition, row};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, comparable, integer, one};
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::quantity::Quantity;
use crate::syntax::Call;
use rust_decimal::{Decimal, RoundingStrategy};

pub(super) const FUNCTIONS: &[Definition] = &[
    row("lowBoundary", 0, 1, |evaluator, call, scope| boundary(evaluator, call, scope, false)),
    row("highBoundary", 0, 1, |evaluator, call, scope| boundary(evaluator, call, scope, true)),
    row("precision", 0, 0, precision),
    row("comparable", 1, 1, |evaluator, call, scope| {
        let (left, right) = (evaluator.input(call, scope)?, evaluator.argument(call, 0, scope)?);
        let (left, right) = (one(&left, "comparable()")?, one(&right, "comparable()")?);
        let pair = (left.and_then(Item::to_system), right.and_then(Item::to_system));
        let (Some(Item::Quantity(left)), Some(Item::Quantity(right))) = pair else {
            return Ok(Collection::EMPTY);
        };
        Ok(Item::Boolean(comparable(&left, &right)).into())
    }),
];

/// Decimal places when none are asked for.
const DECIMAL_PLACES: u32 = 8;

fn boundary<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    is_high: bool,
) -> Result<Collection<'a>> {
    let operation = call.function.name;
    let items = evaluator.input(call, scope)?;
    let Some(item) = one(&items, operation)?.and_then(Item::to_system) else { return Ok(Collection::EMPTY) };
    let digits = match integer(&evaluator.argument(call, 0, scope)?, operation)? {
        None => None,
        Some(digits) => match u32::try_from(digits) {
            Ok(digits) => Some(digits),
            Err(_) => return Ok(Collection::EMPTY),
        },
    };
    Ok(match item {
        Item::Integer(number) => decimal_boundary(number.into(), digits, is_high).map(Item::Decimal),
        Item::Decimal(number) => decimal_boundary(number, digits, is_high).map(Item::Decimal),
        Item::Quantity(Quantity { value, unit }) => {
            decimal_boundary(value, digits, is_high).map(|value| Item::Quantity(Quantity { value, unit }))
        }
        Item::Date(date) if is_high => date.high_boundary(digits).map(Item::Date),
        Item::Date(date) => date.low_boundary(digits).map(Item::Date),
        Item::DateTime(moment) if is_high => moment.high_boundary(digits).map(Item::DateTime),
        Item::DateTime(moment) => moment.low_boundary(digits).map(Item::DateTime),
        Item::Time(time) if is_high => time.high_boundary(digits).map(Item::Time),
        Item::Time(time) => time.low_boundary(digits).map(Item::Time),
        other => return Err(EvaluationError::WrongType { operation, found: other.type_info().name }),
    }
    .into())
}

/// Half a unit of the last place below or above, cut or rounded to the places asked for as the official suite has
/// it: towards zero it is cut, away from zero rounded half up.
fn decimal_boundary(value: Decimal, places: Option<u32>, is_high: bool) -> Option<Decimal> {
    let places = places.unwrap_or(DECIMAL_PLACES);
    if places > 28 || value.scale() >= 28 {
        return None;
    }
    let half = Decimal::new(5, value.scale() + 1);
    let bound = if is_high { value.checked_add(half)? } else { value.checked_sub(half)? };
    let is_away_from_zero = is_high == value.is_sign_positive();
    let strategy =
        if is_away_from_zero { RoundingStrategy::MidpointAwayFromZero } else { RoundingStrategy::ToZero };
    let mut bound = bound.round_dp_with_strategy(places, strategy);
    bound.rescale(places);
    (bound.scale() == places).then_some(bound)
}

fn precision<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
) -> Result<Collection<'a>> {
    let items = evaluator.input(call, scope)?;
    let Some(item) = one(&items, "precision()")?.and_then(Item::to_system) else {
        return Ok(Collection::EMPTY);
    };
    let digits = match item {
        Item::Decimal(number) => number.scale(),
        Item::Integer(_) => 0,
        Item::Date(date) => date.precision().date_time_digits(),
        Item::DateTime(moment) => moment.precision().date_time_digits(),
        Item::Time(time) => time.precision().time_digits(),
        other => {
            return Err(EvaluationError::WrongType {
                operation: "precision()",
                found: other.type_info().name,
            });
        }
    };
    Ok(Item::Integer(digits.into()).into())
}
