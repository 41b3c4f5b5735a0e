//! `=` and `~` (FHIRPath §6.1).

use super::comparison::{self, DefaultOffset};
use crate::item::Item;
use crate::quantity::{Quantity, Unit};
use fhir::Element;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// `=` of two items; `None` where the standard leaves it open (partial dates, calendar against UCUM years).
pub(crate) fn equal(left: &Item<'_>, right: &Item<'_>, offset: DefaultOffset) -> Option<bool> {
    if let (Item::Element(one), Item::Element(two)) = (left, right) {
        if one.same_place(*two) {
            return Some(true);
        }
        if !one.type_id.is_primitive() && !two.type_id.is_primitive() && one.type_id == two.type_id {
            return Some(equal_parts(*one, *two, offset));
        }
    }
    if let (Item::Type(one), Item::Type(two)) = (left, right) {
        return Some(one == two);
    }
    let (Some(left), Some(right)) = (left.to_system(), right.to_system()) else { return Some(false) };
    equal_values(&left, &right, offset)
}

fn equal_values(left: &Item<'_>, right: &Item<'_>, offset: DefaultOffset) -> Option<bool> {
    Some(match (left, right) {
        (Item::Boolean(one), Item::Boolean(two)) => one == two,
        (Item::String(one), Item::String(two)) => one == two,
        (Item::Quantity(one), Item::Quantity(two)) => return comparison::equal_quantities(one, two),
        (Item::Quantity(one), number) => return comparison::equal_quantities(one, &plain(number)?),
        (number, Item::Quantity(two)) => return comparison::equal_quantities(&plain(number)?, two),
        (Item::Date(_) | Item::DateTime(_), Item::Date(_) | Item::DateTime(_))
        | (Item::Time(_), Item::Time(_))
        | (Item::Integer(_) | Item::Decimal(_), Item::Integer(_) | Item::Decimal(_)) => {
            return comparison::order(left, right, offset).map(Ordering::is_eq);
        }
        _ => false,
    })
}

/// A number as a quantity of unit `1`.
fn plain(item: &Item<'_>) -> Option<Quantity<'static>> {
    Some(Quantity { value: number(item)?, unit: Unit::ONE })
}

pub(crate) fn number(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(number) => Some((*number).into()),
        Item::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// Equality of elements with parts: the same children of the same names in the same order, equal all through.
fn equal_parts(left: Element<'_>, right: Element<'_>, offset: DefaultOffset) -> bool {
    let (mut left, mut right) = (left.children(), right.children());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some((name, one)), Some((other, two))) => {
                if name != other || !equal_children(one, two, offset) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn equal_children(left: Element<'_>, right: Element<'_>, offset: DefaultOffset) -> bool {
    if left.type_id != right.type_id {
        return false;
    }
    if !left.type_id.is_primitive() {
        return equal_parts(left, right, offset);
    }
    let same_value = match (left.scalar(), right.scalar()) {
        (Some(one), Some(two)) => {
            one == two || equal(&Item::Element(left), &Item::Element(right), offset) == Some(true)
        }
        (None, None) => true,
        _ => false,
    };
    same_value && equal_parts(left, right, offset)
}

/// `~` of two items.
pub(crate) fn equivalent(left: &Item<'_>, right: &Item<'_>, offset: DefaultOffset) -> bool {
    if let (Item::Element(one), Item::Element(two)) = (left, right) {
        if one.same_place(*two) {
            return true;
        }
        if !one.type_id.is_primitive() && !two.type_id.is_primitive() {
            return equivalent_parts(*one, *two, offset);
        }
    }
    let (Some(left), Some(right)) = (left.to_system(), right.to_system()) else {
        return equal(left, right, offset) == Some(true);
    };
    match (&left, &right) {
        (Item::String(one), Item::String(two)) => folded(one) == folded(two),
        (Item::Quantity(one), Item::Quantity(two)) => comparison::equivalent_quantities(one, two),
        _ => match (number(&left), number(&right)) {
            (Some(one), Some(two)) => equivalent_numbers(one, two),
            _ => equal_values(&left, &right, offset) == Some(true),
        },
    }
}

/// Numbers are compared at the precision of the less precise one, trailing zeros left aside.
pub(crate) fn equivalent_numbers(left: Decimal, right: Decimal) -> bool {
    let places = left.normalize().scale().min(right.normalize().scale());
    let round = |value: Decimal| {
        value.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
    };
    round(left) == round(right)
}

/// Case and the kind and length of white space do not count.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Equivalence of elements with parts: children of the same names, equivalent in any order; ids do not count.
fn equivalent_parts(left: Element<'_>, right: Element<'_>, offset: DefaultOffset) -> bool {
    let (left, mut right) = (named_parts(left), named_parts(right));
    let is_matched = left.len() == right.len();
    is_matched
        && left.iter().all(|(name, one)| {
            let found = right.iter().position(|(other, two)| name == other && equivalent(one, two, offset));
            found.map(|at| right.swap_remove(at)).is_some()
        })
}

fn named_parts(element: Element<'_>) -> Vec<(&'static str, Item<'_>)> {
    let children = element.children().filter(|(name, _)| *name != "id");
    children.map(|(name, child)| (name, Item::Element(child))).collect()
}

/// True when an equal item is among these.
pub(crate) fn contains(items: &[Item<'_>], wanted: &Item<'_>, offset: DefaultOffset) -> bool {
    items.iter().any(|item| equal(item, wanted, offset) == Some(true))
}

/// `=` of two collections; `None` when one is empty or an item leaves it open.
pub(crate) fn same_values(left: &[Item<'_>], right: &[Item<'_>], offset: DefaultOffset) -> Option<bool> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left.len() != right.len() {
        return Some(false);
    }
    let mut is_open = false;
    for (one, two) in left.iter().zip(right) {
        match equal(one, two, offset) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => is_open = true,
        }
    }
    (!is_open).then_some(true)
}

/// `~` of two collections: equivalent items in any order.
pub(crate) fn equivalent_collections(left: &[Item<'_>], right: &[Item<'_>], offset: DefaultOffset) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut rest: Vec<&Item<'_>> = right.iter().collect();
    left.iter().all(|one| {
        let found = rest.iter().position(|two| equivalent(one, two, offset));
        found.map(|at| rest.swap_remove(at)).is_some()
    })
}
