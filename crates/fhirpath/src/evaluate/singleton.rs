//! Collections read as one value (FHIRPath §4.5, singleton evaluation of collections).

use super::Result;
use crate::collection::Collection;
use crate::evaluation_error::EvaluationError;
use crate::item::{Item, SystemType};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// The only item, if there is any.
pub(crate) fn one<'c, 'a>(
    items: &'c Collection<'a>,
    operation: &'static str,
) -> Result<Option<&'c Item<'a>>> {
    match items.as_slice() {
        [] => Ok(None),
        [item] => Ok(Some(item)),
        _ => Err(EvaluationError::NotSingleton { operation }),
    }
}

/// The only item as a System value. A primitive or Quantity without a value to compute with counts as nothing; another
/// element with parts is an error.
pub(crate) fn value<'a>(items: &Collection<'a>, operation: &'static str) -> Result<Option<Item<'a>>> {
    let Some(item) = one(items, operation)? else { return Ok(None) };
    match item.to_system() {
        Some(value) => Ok(Some(value)),
        None if item.element().is_some_and(|element| SystemType::of_fhir(element.type_id).is_some()) => {
            Ok(None)
        }
        None => Err(wrong_type(operation, item)),
    }
}

pub(crate) fn wrong_type(operation: &'static str, item: &Item<'_>) -> EvaluationError {
    EvaluationError::WrongType { operation, found: item.type_info().name }
}

/// A text.
pub(crate) fn string<'a>(items: &Collection<'a>, operation: &'static str) -> Result<Option<Cow<'a, str>>> {
    match value(items, operation)? {
        None => Ok(None),
        Some(Item::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_type(operation, &other)),
    }
}

/// A whole number.
pub(crate) fn integer(items: &Collection<'_>, operation: &'static str) -> Result<Option<i64>> {
    match value(items, operation)? {
        None => Ok(None),
        Some(Item::Integer(number)) => Ok(Some(number)),
        Some(other) => Err(wrong_type(operation, &other)),
    }
}

/// A number.
pub(crate) fn decimal(items: &Collection<'_>, operation: &'static str) -> Result<Option<Decimal>> {
    match value(items, operation)? {
        None => Ok(None),
        Some(Item::Integer(number)) => Ok(Some(number.into())),
        Some(Item::Decimal(number)) => Ok(Some(number)),
        Some(other) => Err(wrong_type(operation, &other)),
    }
}

/// A truth value: a single item that is no Boolean is true.
pub(crate) fn boolean(items: &Collection<'_>, operation: &'static str) -> Result<Option<bool>> {
    let Some(item) = one(items, operation)? else { return Ok(None) };
    Ok(match item {
        Item::Boolean(value) => Some(*value),
        Item::Element(element) if element.type_name() == "boolean" => {
            element.value.map(|node| node.as_bool().unwrap_or(true))
        }
        _ => Some(true),
    })
}
