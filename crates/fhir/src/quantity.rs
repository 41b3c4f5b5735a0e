//! A measured amount (R4 §2.24.0.6): `Quantity` and its kinds `Age`, `Count`, `Distance`, `Duration`.

use crate::decimal::{self, DecimalError};
use crate::document::Node;
use crate::ucum::{self, Canonical, UnitError};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// How the true value relates to the one given. Absent means it is the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

/// Comparators with their codes (`http://hl7.org/fhir/quantity-comparator`).
const COMPARATORS: [(&str, Comparator); 4] = [
    ("<", Comparator::Less),
    ("<=", Comparator::LessOrEqual),
    (">=", Comparator::GreaterOrEqual),
    (">", Comparator::Greater),
];

impl Comparator {
    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        COMPARATORS.iter().find(|row| row.0 == code).map(|row| row.1)
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        COMPARATORS[self as usize].0
    }
}

/// A `Quantity`, borrowed from a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity<'a> {
    /// The value's digits as written.
    pub value: Option<&'a str>,
    /// How the value is to be understood.
    pub comparator: Option<Comparator>,
    /// The unit for people.
    pub unit: Option<Cow<'a, str>>,
    /// The system of the coded unit.
    pub system: Option<Cow<'a, str>>,
    /// The coded unit.
    pub code: Option<Cow<'a, str>>,
}

impl<'a> Quantity<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            value: node.get("value").and_then(Node::as_number),
            comparator: node.get_str("comparator").and_then(|code| Comparator::from_code(&code)),
            unit: node.get_str("unit"),
            system: node.get_str("system"),
            code: node.get_str("code"),
        }
    }

    /// The value to compute with; `None` without one.
    pub fn decimal(&self) -> Option<Result<Decimal, DecimalError>> {
        self.value.map(decimal::parse)
    }

    /// The UCUM code, when the unit is coded in UCUM.
    pub fn ucum_code(&self) -> Option<&str> {
        self.code.as_deref().filter(|_| self.system.as_deref() == Some(ucum::SYSTEM))
    }

    /// The value in canonical units; `None` when it has no value that can be computed with or no UCUM unit.
    pub fn canonical(&self) -> Option<Result<Canonical, UnitError>> {
        let value = self.decimal()?.ok()?;
        Some(ucum::canonical(value, self.ucum_code()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn read_and_brought_to_canonical_units() {
        let document = Document::parse(
            r#"{"value":6.30,"comparator":"<","unit":"mg/dl","system":"http://unitsofmeasure.org","code":"mg/dL"}"#,
        )
        .unwrap();
        let quantity = Quantity::read(document.root());
        assert_eq!(quantity.value, Some("6.30"));
        assert_eq!(quantity.comparator.map(Comparator::code), Some("<"));
        let canonical = quantity.canonical().unwrap().unwrap();
        assert_eq!((canonical.value, canonical.unit.as_str()), (Decimal::from(63).into(), "g.m-3"));
    }

    #[test]
    fn without_ucum_there_is_no_canonical_form() {
        for text in
            [r#"{"value":1,"code":"mg"}"#, r#"{"system":"http://unitsofmeasure.org","code":"mg"}"#, "3", "{}"]
        {
            assert_eq!(Quantity::read(Document::parse(text).unwrap().root()).canonical(), None);
        }
        let text = r#"{"value":1,"system":"http://unitsofmeasure.org","code":"furlongs"}"#;
        assert!(matches!(Quantity::read(Document::parse(text).unwrap().root()).canonical(), Some(Err(_))));
    }
}
