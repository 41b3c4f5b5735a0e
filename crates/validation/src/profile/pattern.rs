//! Values that a profile fixes or asks for (FHIR: ElementDefinition.fixed[x], pattern[x]), against an instance.

use fhir::{Element, Kind, Node, Value};
use fhirpath::{Context, Expression, Item};

/// Whether a value is exactly the one fixed.
pub(crate) fn is_fixed(wanted: &Value, found: Node<'_>) -> bool {
    match wanted {
        Value::Object(members) => {
            found.kind() == Kind::Object
                && found.members().count() == members.len()
                && members
                    .iter()
                    .all(|(name, value)| found.get(name).is_some_and(|node| is_fixed(value, node)))
        }
        Value::Array(items) => {
            found.kind() == Kind::Array
                && found.items().count() == items.len()
                && items.iter().zip(found.items()).all(|(value, node)| is_fixed(value, node))
        }
        scalar => is_same(scalar, found),
    }
}

/// Whether a value has all that the pattern has: members that it names, items in any order.
pub(crate) fn has_pattern(wanted: &Value, found: Node<'_>) -> bool {
    match wanted {
        Value::Object(members) => {
            found.kind() == Kind::Object
                && members
                    .iter()
                    .all(|(name, value)| found.get(name).is_some_and(|node| has_pattern(value, node)))
        }
        Value::Array(items) => items.iter().all(|value| found.each().any(|node| has_pattern(value, node))),
        scalar => is_same(scalar, found),
    }
}

fn is_same(scalar: &Value, found: Node<'_>) -> bool {
    match scalar {
        Value::Null => found.kind() == Kind::Null,
        Value::Bool(wanted) => found.as_bool() == Some(*wanted),
        Value::String(wanted) => found.as_str().is_some_and(|text| text == *wanted),
        Value::Number(wanted) => found.as_number().is_some_and(|digits| {
            let value = |text: &str| fhir::decimal::parse(text).ok();
            digits == wanted || value(digits).is_some_and(|one| value(wanted) == Some(one))
        }),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// The part of a pattern that lies at a name; the first of several.
pub(crate) fn part(pattern: &Value, name: &str) -> Option<Value> {
    let first = match pattern {
        Value::Array(items) => items.first()?,
        other => other,
    };
    match first.get(name)? {
        Value::Array(items) => items.first().cloned(),
        other => Some(other.clone()),
    }
}

/// A value for a message, shortened.
pub(crate) fn shown(value: &Value) -> String {
    const SHOWN_MAX: usize = 120;
    let json = value.to_json();
    match json.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}…", &json[..at]),
        None => json,
    }
}

/// Whether a value is below the least, or above the greatest, of its bounds; false when they cannot be compared.
pub(crate) fn is_beyond(bound: &Value, is_least: bool, element: Element<'_>) -> bool {
    let mut object = fhir::Object::new();
    object.set("bound", bound.clone());
    let document = Value::Object(object).to_document();
    let Some(node) = document.root().get("bound") else { return false };
    let bound = Item::Element(Element::typed(node, element.type_id));
    let operator = if is_least { "$this < %bound" } else { "$this > %bound" };
    let Ok(expression) = Expression::parse(operator) else { return false };
    let mut context = Context::new(element);
    context.variables.push(("bound", bound.into()));
    expression.evaluate_bool(&context, element) == Ok(Some(true))
}
