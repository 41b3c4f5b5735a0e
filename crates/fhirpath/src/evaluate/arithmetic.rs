//! `+ - * / div mod &` and signs (FHIRPath §6.6), dates included (§6.7).

use super::Result;
use super::equality::number;
use super::singleton::{value, wrong_type};
use crate::collection::Collection;
use crate::evaluation_error::EvaluationError;
use crate::item::Item;
use crate::quantity::{Quantity, Unit};
use crate::syntax::Operator;
use fhir::date_time::CalendarUnit;
use fhir::ucum::{self, Canonical};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::borrow::Cow;

/// `-x` and `+x`.
pub(crate) fn polarity<'a>(operand: &Collection<'a>, negative: bool) -> Result<Collection<'a>> {
    let operation = if negative { "-" } else { "+" };
    let Some(item) = value(operand, operation)? else { return Ok(Collection::EMPTY) };
    let sign = |number: Decimal| if negative { -number } else { number };
    Ok(match item {
        Item::Integer(number) if negative => number.checked_neg().map(Item::Integer),
        Item::Integer(number) => Some(Item::Integer(number)),
        Item::Decimal(number) => Some(Item::Decimal(sign(number))),
        Item::Quantity(Quantity { value, unit }) => {
            Some(Item::Quantity(Quantity { value: sign(value), unit }))
        }
        other => return Err(wrong_type(operation, &other)),
    }
    .into())
}

/// Arithmetic of two collections of at most one item. Empty when one is, on overflow and on division by zero.
pub(crate) fn arithmetic<'a>(
    left: &Collection<'a>,
    operator: Operator,
    right: &Collection<'a>,
) -> Result<Collection<'a>> {
    let operation = operator.text();
    let (left, right) = (value(left, operation)?, value(right, operation)?);
    if operator == Operator::Concatenate {
        let text = [text_or_empty(left, operation)?, text_or_empty(right, operation)?].concat();
        return Ok(Item::from(text).into());
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(Collection::EMPTY) };
    Ok(combine(left, operator, right)?.into())
}

fn text_or_empty<'a>(item: Option<Item<'a>>, operation: &'static str) -> Result<Cow<'a, str>> {
    match item {
        None => Ok(Cow::Borrowed("")),
        Some(Item::String(text)) => Ok(text),
        Some(other) => Err(wrong_type(operation, &other)),
    }
}

fn combine<'a>(left: Item<'a>, operator: Operator, right: Item<'a>) -> Result<Option<Item<'a>>> {
    match (left, right) {
        (Item::Integer(one), Item::Integer(two)) => Ok(integers(one, operator, two)),
        (Item::String(one), Item::String(two)) if operator == Operator::Add => {
            Ok(Some(Item::from([one, two].concat())))
        }
        (Item::Quantity(one), Item::Quantity(two)) => quantities(&one, operator, &two),
        (Item::Quantity(one), other) if number(&other).is_some() => scaled(one, operator, &other),
        (other, Item::Quantity(two)) if number(&other).is_some() && operator == Operator::Multiply => {
            scaled(two, operator, &other)
        }
        (left, Item::Quantity(two)) => shifted(&left, operator, &two),
        (left, right) => match (number(&left), number(&right)) {
            (Some(one), Some(two)) => Ok(decimals(one, operator, two)),
            (Some(_), None) => Err(wrong_type(operator.text(), &right)),
            _ => Err(wrong_type(operator.text(), &left)),
        },
    }
}

fn integers<'a>(left: i64, operator: Operator, right: i64) -> Option<Item<'a>> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::IntegerDivide => left.checked_div(right),
        Operator::Modulo => left.checked_rem(right),
        _ => return decimals(left.into(), operator, right.into()),
    };
    result.map(Item::Integer)
}

fn decimals<'a>(left: Decimal, operator: Operator, right: Decimal) -> Option<Item<'a>> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::Modulo => left.checked_rem(right),
        Operator::IntegerDivide => {
            return left.checked_div(right)?.trunc().to_i64().map(Item::Integer);
        }
        _ => None,
    };
    result.map(Item::Decimal)
}

/// A quantity times or divided by a number.
fn scaled<'a>(quantity: Quantity<'a>, operator: Operator, factor: &Item<'_>) -> Result<Option<Item<'a>>> {
    let Some(factor) = number(factor) else { return Ok(None) };
    let value = match operator {
        Operator::Multiply => quantity.value.checked_mul(factor),
        Operator::Divide => quantity.value.checked_div(factor),
        _ => return Err(EvaluationError::WrongType { operation: operator.text(), found: "Quantity" }),
    };
    Ok(value.map(|value| Item::Quantity(Quantity { value, unit: quantity.unit })))
}

fn quantities<'a>(left: &Quantity<'a>, operator: Operator, right: &Quantity<'a>) -> Result<Option<Item<'a>>> {
    let (Some(one), Some(two)) = (left.unit.ucum(), right.unit.ucum()) else { return Ok(None) };
    let derived = |result: Option<Canonical>| {
        result.and_then(|Canonical { value, unit }| {
            let unit = if unit.is_empty() { Unit::ONE } else { Unit::Ucum(Cow::Owned(unit)) };
            Some(Item::Quantity(Quantity { value: value.decimal()?, unit }))
        })
    };
    Ok(match operator {
        Operator::Add | Operator::Subtract => {
            let converted =
                if one == two { Some(right.value) } else { ucum::convert(right.value, two, one).ok() };
            let value = converted.and_then(|amount| {
                if operator == Operator::Add {
                    left.value.checked_add(amount)
                } else {
                    left.value.checked_sub(amount)
                }
            });
            value.map(|value| Item::Quantity(Quantity { value, unit: left.unit.clone() }))
        }
        Operator::Multiply => derived(ucum::multiply((left.value, one), (right.value, two)).ok()),
        Operator::Divide if right.value.is_zero() => None,
        Operator::Divide => derived(ucum::divide((left.value, one), (right.value, two)).ok()),
        _ => return Err(EvaluationError::WrongType { operation: operator.text(), found: "Quantity" }),
    })
}

/// A date or time with a duration added or taken away. UCUM's years and months are no calendar durations.
fn shifted<'a>(moment: &Item<'a>, operator: Operator, duration: &Quantity<'a>) -> Result<Option<Item<'a>>> {
    let operation = operator.text();
    let amount = match operator {
        Operator::Add => duration.value,
        Operator::Subtract => -duration.value,
        _ => return Err(wrong_type(operation, moment)),
    };
    if !matches!(moment, Item::Date(_) | Item::DateTime(_) | Item::Time(_)) {
        return Err(wrong_type(operation, moment));
    }
    let unit = match &duration.unit {
        Unit::Calendar(unit) => Some(*unit),
        Unit::Ucum(code) => CalendarUnit::from_ucum(code)
            .filter(|unit| !matches!(unit, CalendarUnit::Year | CalendarUnit::Month)),
        Unit::Foreign { .. } => None,
    };
    let Some(unit) = unit else {
        return Err(EvaluationError::WrongType {
            operation,
            found: "a quantity that is no calendar duration",
        });
    };
    Ok(match moment {
        Item::Date(date) => date.add(amount, unit).map(Item::Date),
        Item::DateTime(moment) => moment.add(amount, unit).map(Item::DateTime),
        Item::Time(time) => time.add(amount, unit).map(Item::Time),
        _ => None,
    })
}
