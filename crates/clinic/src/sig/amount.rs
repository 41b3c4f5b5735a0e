//! Exact amounts, printed so that none can be misread.

use fhir::decimal::{self, Decimal};
use std::fmt;

/// An amount above zero: up to 999,999,999 with up to six decimal places.
///
/// Printed as the Joint Commission and ISMP ask: no zero behind the last digit, always one before the point, commas from
/// 1,000 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(Decimal);

const PLACES_MAX: u32 = 6;

impl Amount {
    /// An amount from digits, such as `0.5`, `.5` or `1,000`; `None` when it is none, or out of bounds.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.replace(',', "");
        let leading = if plain.starts_with('.') { "0" } else { "" };
        Self::new(decimal::parse(&format!("{leading}{plain}")).ok()?)
    }

    /// The amount of a number; `None` when out of bounds.
    pub fn new(number: Decimal) -> Option<Self> {
        let number = number.normalize();
        let in_bounds = number > Decimal::ZERO && number <= Decimal::from(999_999_999_u32);
        (in_bounds && number.scale() <= PLACES_MAX).then_some(Self(number))
    }

    /// One.
    pub fn one() -> Self {
        Self(Decimal::ONE)
    }

    /// The number.
    pub fn number(self) -> Decimal {
        self.0
    }

    /// Whether it is exactly one.
    pub fn is_one(self) -> bool {
        self.0 == Decimal::ONE
    }

    /// This times another; `None` when out of bounds.
    pub fn times(self, factor: u32) -> Option<Self> {
        Self::new(self.0.checked_mul(Decimal::from(factor))?)
    }

    /// The sum with another; `None` when out of bounds.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::new(self.0.checked_add(other.0)?)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                formatter.write_str(",")?;
            }
            write!(formatter, "{digit}")?;
        }
        if fraction.is_empty() { Ok(()) } else { write!(formatter, ".{fraction}") }
    }
}
