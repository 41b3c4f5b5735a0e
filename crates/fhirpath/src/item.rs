//! What collections hold: elements of resources and values of FHIRPath's own types.

use crate::quantity::{Quantity, Unit};
use fhir::Element;
use fhir::date_time::{CalendarUnit, Date, DateTime, Time};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt;

/// One item of a collection.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// An element of a resource, of a FHIR type.
    Element(Element<'a>),
    /// System.Boolean
    Boolean(bool),
    /// System.Integer; 64 bits, so that no sum of 32-bit integers is lost.
    Integer(i64),
    /// System.Decimal
    Decimal(Decimal),
    /// System.String
    String(Cow<'a, str>),
    /// System.Date
    Date(Date),
    /// System.DateTime
    DateTime(DateTime),
    /// System.Time
    Time(Time),
    /// System.Quantity
    Quantity(Quantity<'a>),
    /// What `type()` gives.
    Type(TypeInfo),
}

/// The name of a type in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// `FHIR` or `System`.
    pub namespace: &'static str,
    /// The name in it.
    pub name: &'static str,
}

/// FHIRPath's own types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the standard's
pub enum SystemType {
    Boolean,
    Integer,
    Decimal,
    String,
    Date,
    DateTime,
    Time,
    Quantity,
}

impl SystemType {
    const NAMES: [(Self, &'static str); 8] = [
        (Self::Boolean, "Boolean"),
        (Self::Integer, "Integer"),
        (Self::Decimal, "Decimal"),
        (Self::String, "String"),
        (Self::Date, "Date"),
        (Self::DateTime, "DateTime"),
        (Self::Time, "Time"),
        (Self::Quantity, "Quantity"),
    ];

    /// The name without its namespace.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The type of a name without its namespace.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// What a FHIR type is read as in operators (FHIR R4, "Using FHIRPath with FHIR"); `None` for types with parts.
    pub fn of_fhir(type_id: fhir::schema::TypeId) -> Option<Self> {
        let primitive = type_id.is_primitive();
        Some(match type_id.name() {
            "boolean" => Self::Boolean,
            "integer" | "positiveInt" | "unsignedInt" | "integer64" => Self::Integer,
            "decimal" => Self::Decimal,
            "date" => Self::Date,
            "dateTime" | "instant" => Self::DateTime,
            "time" => Self::Time,
            _ if primitive => Self::String,
            _ if type_id.lineage().any(|id| id.name() == "Quantity") => Self::Quantity,
            _ => return None,
        })
    }
}

impl<'a> Item<'a> {
    /// The type, in the namespace `FHIR` for elements and `System` for other values.
    pub fn type_info(&self) -> TypeInfo {
        let system = |kind: SystemType| TypeInfo { namespace: "System", name: kind.name() };
        match self {
            Self::Element(element) => TypeInfo { namespace: "FHIR", name: element.type_name() },
            Self::Type(_) => TypeInfo { namespace: "System", name: "TypeInfo" },
            other => system(other.system_type().unwrap_or(SystemType::String)),
        }
    }

    /// The System type; `None` for elements.
    pub fn system_type(&self) -> Option<SystemType> {
        Some(match self {
            Self::Element(_) | Self::Type(_) => return None,
            Self::Boolean(_) => SystemType::Boolean,
            Self::Integer(_) => SystemType::Integer,
            Self::Decimal(_) => SystemType::Decimal,
            Self::String(_) => SystemType::String,
            Self::Date(_) => SystemType::Date,
            Self::DateTime(_) => SystemType::DateTime,
            Self::Time(_) => SystemType::Time,
            Self::Quantity(_) => SystemType::Quantity,
        })
    }

    /// The element, when it is one.
    pub fn element(&self) -> Option<Element<'a>> {
        if let Self::Element(element) = self { Some(*element) } else { None }
    }

    /// The value in FHIRPath's own types: itself, or what a primitive or Quantity element converts to. `None` for
    /// elements with parts, without a value, or with a value outside its type's form.
    pub fn to_system(&self) -> Option<Item<'a>> {
        match self {
            Self::Element(element) => element_value(*element),
            other => Some(other.clone()),
        }
    }

    /// This item with its text borrowed: literals of an expression are not copied to be looked at.
    pub(crate) fn borrowed(&'a self) -> Item<'a> {
        match self {
            Self::String(text) => Item::String(Cow::Borrowed(text)),
            Self::Quantity(quantity) => {
                Item::Quantity(Quantity { value: quantity.value, unit: quantity.unit.borrowed() })
            }
            other => other.clone(),
        }
    }
}

fn element_value(element: Element<'_>) -> Option<Item<'_>> {
    let kind = SystemType::of_fhir(element.type_id)?;
    if kind == SystemType::Quantity {
        return element_quantity(element).map(Item::Quantity);
    }
    let text = element.scalar()?;
    Some(match kind {
        SystemType::Boolean => Item::Boolean(text.parse().ok()?),
        SystemType::Integer => Item::Integer(text.parse().ok()?),
        SystemType::Decimal => Item::Decimal(fhir::decimal::parse(&text).ok()?),
        SystemType::Date => Item::Date(Date::parse(&text).ok()?),
        SystemType::DateTime => Item::DateTime(DateTime::parse_lenient(&text).ok()?),
        SystemType::Time => Item::Time(Time::parse(&text).ok()?),
        SystemType::String | SystemType::Quantity => Item::String(text),
    })
}

/// A FHIR Quantity as System.Quantity (FHIR R4, "Using FHIRPath with FHIR"): a code, or a unit without a code taken as
/// one of UCUM. A quantity with a comparator stands for no number.
fn element_quantity(element: Element<'_>) -> Option<Quantity<'_>> {
    let text = |name| element.child(name).and_then(Element::scalar);
    if text("comparator").is_some() {
        return None;
    }
    let value = fhir::decimal::parse(&text("value")?).ok()?;
    let system = text("system");
    let unit = match (text("code"), system.as_deref()) {
        (Some(code), Some("http://unitsofmeasure.org") | None) => Unit::Ucum(code),
        (Some(code), Some(_)) => Unit::Foreign { system: system.unwrap_or_default(), code },
        (None, _) => match text("unit") {
            Some(unit) => match CalendarUnit::from_word(&unit) {
                Some(unit) => Unit::Calendar(unit),
                None => Unit::Ucum(unit),
            },
            None => Unit::ONE,
        },
    };
    Some(Quantity { value, unit })
}

impl<'a> From<Element<'a>> for Item<'a> {
    fn from(element: Element<'a>) -> Self {
        Self::Element(element)
    }
}

impl From<bool> for Item<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Item<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<String> for Item<'_> {
    fn from(value: String) -> Self {
        Self::String(Cow::Owned(value))
    }
}

impl<'a> From<&'a str> for Item<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(Cow::Borrowed(value))
    }
}

impl fmt::Display for Item<'_> {
    /// The text that `toString()` gives; elements with parts by the name of their type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(element) => match self.to_system() {
                Some(value) => value.fmt(f),
                None => f.write_str(&element.scalar().unwrap_or(Cow::Borrowed(element.type_name()))),
            },
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Decimal(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
            Self::Date(value) => value.fmt(f),
            Self::DateTime(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::Quantity(value) => value.fmt(f),
            Self::Type(info) => write!(f, "{}.{}", info.namespace, info.name),
        }
    }
}
