//! Order of values: `<`, `<=`, `>`, `>=` (FHIRPath §6.2), and quantities in their units.

use super::Result;
use super::equality::{equivalent_numbers, number};
use super::singleton::{value, wrong_type};
use crate::collection::Collection;
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::quantity::{Quantity, Unit};
use fhir::date_time::{CalendarUnit, DateTime, Offset};
use fhir::ucum;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// The offset from UTC in minutes of times without one, if the caller says.
pub(crate) type DefaultOffset = Option<i32>;

/// Orders two collections of one item each. `None` when one is empty or the order is open.
pub(crate) fn compare(
    left: &Collection<'_>,
    right: &Collection<'_>,
    offset: DefaultOffset,
    operation: &'static str,
) -> Result<Option<Ordering>> {
    let (left, right) = (value(left, operation)?, value(right, operation)?);
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    if !is_comparable(&left, &right) {
        return Err(mismatch(operation, &left, &right));
    }
    Ok(order(&left, &right, offset))
}

fn mismatch(operation: &'static str, left: &Item<'_>, right: &Item<'_>) -> EvaluationError {
    match left {
        Item::Boolean(_) | Item::Type(_) => wrong_type(operation, left),
        _ => wrong_type(operation, right),
    }
}

fn is_comparable(left: &Item<'_>, right: &Item<'_>) -> bool {
    let is_number = |item: &Item<'_>| matches!(item, Item::Integer(_) | Item::Decimal(_) | Item::Quantity(_));
    let is_date = |item: &Item<'_>| matches!(item, Item::Date(_) | Item::DateTime(_));
    matches!((left, right), (Item::String(_), Item::String(_)) | (Item::Time(_), Item::Time(_)))
        || (is_number(left) && is_number(right))
        || (is_date(left) && is_date(right))
}

/// The order of two values; `None` when it is open or they have none.
pub(crate) fn order(left: &Item<'_>, right: &Item<'_>, offset: DefaultOffset) -> Option<Ordering> {
    match (left, right) {
        (Item::String(one), Item::String(two)) => Some(one.cmp(two)),
        (Item::Integer(one), Item::Integer(two)) => Some(one.cmp(two)),
        (Item::Time(one), Item::Time(two)) => one.compare(*two),
        (Item::Date(one), Item::Date(two)) => one.compare(*two),
        (Item::Quantity(one), Item::Quantity(two)) => order_quantities(one, two),
        (Item::Quantity(one), other) => order_quantities(one, &plain(other)?),
        (other, Item::Quantity(two)) => order_quantities(&plain(other)?, two),
        _ => match (moment(left, offset), moment(right, offset)) {
            (Some(one), Some(two)) => one.compare(two),
            _ => Some(number(left)?.cmp(&number(right)?)),
        },
    }
}

fn plain(item: &Item<'_>) -> Option<Quantity<'static>> {
    Some(Quantity { value: number(item)?, unit: Unit::ONE })
}

fn moment(item: &Item<'_>, offset: DefaultOffset) -> Option<DateTime> {
    let moment = match item {
        Item::Date(date) => return Some((*date).into()),
        Item::DateTime(moment) => *moment,
        _ => return None,
    };
    let offset = offset.filter(|_| moment.offset() == Offset::Unknown);
    let placed = offset.and_then(Offset::from_minutes).zip(moment.time());
    Some(placed.and_then(|(offset, time)| DateTime::new(moment.date(), time, offset)).unwrap_or(moment))
}

/// Months in a calendar year or month.
fn months(quantity: &Quantity<'_>) -> Option<Decimal> {
    match quantity.unit {
        Unit::Calendar(CalendarUnit::Year) => quantity.value.checked_mul(Decimal::from(12)),
        Unit::Calendar(CalendarUnit::Month) => Some(quantity.value),
        _ => None,
    }
}

/// The order of two quantities; `None` for units of different dimensions, unknown units, and calendar years and
/// months against definite durations.
pub(crate) fn order_quantities(left: &Quantity<'_>, right: &Quantity<'_>) -> Option<Ordering> {
    if let (Some(one), Some(two)) = (months(left), months(right)) {
        return Some(one.cmp(&two));
    }
    if left.unit == right.unit {
        return Some(left.value.cmp(&right.value));
    }
    if left.unit.is_vague() || right.unit.is_vague() {
        return None;
    }
    ucum::compare((left.value, left.unit.ucum()?), (right.value, right.unit.ucum()?)).ok().flatten()
}

/// `=`: false for units of different dimensions or systems; open between calendar years or months and definite
/// durations.
pub(crate) fn equal_quantities(left: &Quantity<'_>, right: &Quantity<'_>) -> Option<bool> {
    if let Some(order) = order_quantities(left, right) {
        return Some(order.is_eq());
    }
    let is_vague = left.unit.is_vague() || right.unit.is_vague();
    let is_open = is_vague && comparable(left, right);
    (!is_open).then_some(false)
}

/// `~`: at the precision of the less precise one; calendar and definite durations of a name are the same.
pub(crate) fn equivalent_quantities(left: &Quantity<'_>, right: &Quantity<'_>) -> bool {
    if let (Some(one), Some(two)) = (months(left), months(right)) {
        return equivalent_numbers(one, two);
    }
    if left.unit == right.unit {
        return equivalent_numbers(left.value, right.value);
    }
    let (Some(one), Some(two)) = (left.unit.ucum(), right.unit.ucum()) else { return false };
    let converted = if one == two { Ok(right.value) } else { ucum::convert(right.value, two, one) };
    converted.is_ok_and(|converted| equivalent_numbers(left.value, converted))
}

/// True when one unit converts into the other (FHIRPath `comparable`).
pub(crate) fn comparable(left: &Quantity<'_>, right: &Quantity<'_>) -> bool {
    left.unit == right.unit
        || left
            .unit
            .ucum()
            .zip(right.unit.ucum())
            .is_some_and(|(one, two)| one == two || ucum::convert(Decimal::ONE, one, two).is_ok())
}
