//! Conversion (FHIRPath §5.5): `toX` gives the value or nothing, `convertsToX` says whether it would.

use super::{Definition, row};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, one, string};
use crate::item::{Item, SystemType};
use crate::quantity::{Quantity, Unit};
use crate::syntax::Call;
use fhir::date_time::{CalendarUnit, DateTime, Time};
use fhir::ucum;
use rust_decimal::Decimal;
use std::borrow::Cow;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("toBoolean", 0, 0, |e, c, s| to(e, c, s, SystemType::Boolean)),
    row("toInteger", 0, 0, |e, c, s| to(e, c, s, SystemType::Integer)),
    row("toDecimal", 0, 0, |e, c, s| to(e, c, s, SystemType::Decimal)),
    row("toString", 0, 0, |e, c, s| to(e, c, s, SystemType::String)),
    row("toDate", 0, 0, |e, c, s| to(e, c, s, SystemType::Date)),
    row("toDateTime", 0, 0, |e, c, s| to(e, c, s, SystemType::DateTime)),
    row("toTime", 0, 0, |e, c, s| to(e, c, s, SystemType::Time)),
    row("toQuantity", 0, 1, |e, c, s| to(e, c, s, SystemType::Quantity)),
    row("convertsToBoolean", 0, 0, |e, c, s| converts(e, c, s, SystemType::Boolean)),
    row("convertsToInteger", 0, 0, |e, c, s| converts(e, c, s, SystemType::Integer)),
    row("convertsToDecimal", 0, 0, |e, c, s| converts(e, c, s, SystemType::Decimal)),
    row("convertsToString", 0, 0, |e, c, s| converts(e, c, s, SystemType::String)),
    row("convertsToDate", 0, 0, |e, c, s| converts(e, c, s, SystemType::Date)),
    row("convertsToDateTime", 0, 0, |e, c, s| converts(e, c, s, SystemType::DateTime)),
    row("convertsToTime", 0, 0, |e, c, s| converts(e, c, s, SystemType::Time)),
    row("convertsToQuantity", 0, 1, |e, c, s| converts(e, c, s, SystemType::Quantity)),
];

fn to<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    kind: SystemType,
) -> Result<Collection<'a>> {
    convert_items(e, &e.input(call, scope)?, call, scope, kind)
}

fn converts<'a>(
    e: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    kind: SystemType,
) -> Result<Collection<'a>> {
    let items = e.input(call, scope)?;
    if items.is_empty() {
        return Ok(Collection::EMPTY);
    }
    Ok(Item::Boolean(!convert_items(e, &items, call, scope, kind)?.is_empty()).into())
}

fn convert_items<'a>(
    e: &Evaluator<'_, 'a>,
    items: &Collection<'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    kind: SystemType,
) -> Result<Collection<'a>> {
    let Some(value) = one(items, call.function.name)?.and_then(Item::to_system) else {
        return Ok(Collection::EMPTY);
    };
    let converted = convert(value, kind);
    match (converted, string(&e.argument(call, 0, scope)?, call.function.name)?) {
        (Some(Item::Quantity(quantity)), Some(unit)) => Ok(in_unit(&quantity, unit).into()),
        (converted, _) => Ok(converted.into()),
    }
}

fn in_unit<'a>(quantity: &Quantity<'_>, unit: Cow<'a, str>) -> Option<Item<'a>> {
    let value = ucum::convert(quantity.value, quantity.unit.ucum()?, &unit).ok()?;
    Some(Item::Quantity(Quantity { value, unit: Unit::Ucum(unit) }))
}

/// A System value as another type; `None` when the standard has no such conversion or the text is not of its form.
fn convert(value: Item<'_>, kind: SystemType) -> Option<Item<'_>> {
    match (kind, value) {
        (SystemType::String, Item::Type(_)) => None,
        (SystemType::String, value @ Item::String(_)) => Some(value),
        (SystemType::String, value) => Some(Item::from(value.to_string())),
        (SystemType::Boolean, value) => to_boolean(&value).map(Item::Boolean),
        (SystemType::Integer, Item::Boolean(value)) => Some(Item::Integer(value.into())),
        (SystemType::Integer, value @ Item::Integer(_)) => Some(value),
        (SystemType::Integer, Item::String(text)) => text.parse().ok().map(Item::Integer),
        (SystemType::Decimal, Item::Boolean(value)) => Some(Item::Decimal(i64::from(value).into())),
        (SystemType::Decimal, Item::Integer(number)) => Some(Item::Decimal(number.into())),
        (SystemType::Decimal, value @ Item::Decimal(_)) => Some(value),
        (SystemType::Decimal, Item::String(text)) => number(&text).map(Item::Decimal),
        (SystemType::Date, value @ Item::Date(_)) => Some(value),
        (SystemType::Date, Item::DateTime(moment)) => Some(Item::Date(moment.date())),
        (SystemType::Date, Item::String(text)) => {
            DateTime::parse_lenient(&text).ok().map(|moment| Item::Date(moment.date()))
        }
        (SystemType::DateTime, value @ Item::DateTime(_)) => Some(value),
        (SystemType::DateTime, Item::Date(date)) => Some(Item::DateTime(date.into())),
        (SystemType::DateTime, Item::String(text)) => DateTime::parse_lenient(&text).ok().map(Item::DateTime),
        (SystemType::Time, value @ Item::Time(_)) => Some(value),
        (SystemType::Time, Item::String(text)) => Time::parse_lenient(&text).ok().map(Item::Time),
        (SystemType::Quantity, value) => to_quantity(value).map(Item::Quantity),
        _ => None,
    }
}

const TRUE: [&str; 6] = ["true", "t", "yes", "y", "1", "1.0"];
const FALSE: [&str; 6] = ["false", "f", "no", "n", "0", "0.0"];

fn to_boolean(value: &Item<'_>) -> Option<bool> {
    let of_number = |number: Decimal| {
        if number == Decimal::ONE { Some(true) } else { number.is_zero().then_some(false) }
    };
    match value {
        Item::Boolean(value) => Some(*value),
        Item::Integer(number) => of_number((*number).into()),
        Item::Decimal(number) => of_number(*number),
        Item::String(text) => {
            let among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
            if among(&TRUE) { Some(true) } else { among(&FALSE).then_some(false) }
        }
        _ => None,
    }
}

/// `(\+|-)?\d+(\.\d+)?`
fn number(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let has_form = unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.ends_with(|c: char| c.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    has_form.then(|| text.parse().ok())?
}

fn to_quantity(value: Item<'_>) -> Option<Quantity<'_>> {
    let plain = |value: Decimal| Some(Quantity { value, unit: Unit::ONE });
    match value {
        Item::Quantity(quantity) => Some(quantity),
        Item::Integer(number) => plain(number.into()),
        Item::Decimal(number) => plain(number),
        Item::Boolean(value) => plain(i64::from(value).into()),
        Item::String(text) => read_quantity(&text),
        _ => None,
    }
}

/// A number, white space, and a UCUM code in quotes or a calendar word.
fn read_quantity(text: &str) -> Option<Quantity<'static>> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let value = number(&text[..end])?;
    let rest = text[end..].trim();
    let unit = if rest.is_empty() {
        Unit::ONE
    } else if let Some(code) = rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Unit::Ucum(Cow::Owned(code.to_owned()))
    } else {
        Unit::Calendar(CalendarUnit::from_word(rest)?)
    };
    Some(Quantity { value, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_from_text() {
        let shown = |text| read_quantity(text).map(|quantity| quantity.to_string());
        assert_eq!(shown("1.50 'mg'").as_deref(), Some("1.50 'mg'"));
        assert_eq!(shown("4 days").as_deref(), Some("4 days"));
        assert_eq!(shown("-1").as_deref(), Some("-1 '1'"));
        for text in ["", "mg", "1 mg", "1.", "1 'mg", "--1", "1..0"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
