//! FHIRPath's System.Quantity: a number with a UCUM unit or a calendar duration.

use fhir::date_time::CalendarUnit;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt;

/// A number with its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity<'a> {
    /// The number, with the decimals as written.
    pub value: Decimal,
    /// The unit.
    pub unit: Unit<'a>,
}

/// What a quantity is counted in.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit<'a> {
    /// A UCUM code such as `mg`; `1` for plain numbers.
    Ucum(Cow<'a, str>),
    /// A calendar duration such as `year` (FHIRPath §3, "Time-valued quantities").
    Calendar(CalendarUnit),
}

impl Unit<'_> {
    /// The unit of plain numbers.
    pub(crate) const ONE: Self = Self::Ucum(Cow::Borrowed("1"));

    /// The text of the unit: a UCUM code or a calendar word.
    pub fn text(&self) -> &str {
        match self {
            Self::Ucum(code) => code,
            Self::Calendar(unit) => unit.word(),
        }
    }

    pub(crate) fn borrowed(&self) -> Unit<'_> {
        match self {
            Self::Ucum(code) => Unit::Ucum(Cow::Borrowed(code)),
            Self::Calendar(unit) => Unit::Calendar(*unit),
        }
    }
}

impl fmt::Display for Quantity<'_> {
    /// As FHIRPath literals are written: `1.5 'mg'`, `1 week`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Ucum(code) => write!(f, "{} '{code}'", self.value),
            Unit::Calendar(unit) => {
                let plural = if self.value == Decimal::ONE { "" } else { "s" };
                write!(f, "{} {}{plural}", self.value, unit.word())
            }
        }
    }
}
