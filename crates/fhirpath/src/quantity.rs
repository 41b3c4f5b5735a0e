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
    /// A code of another system; such quantities compare with those of the same system and code only.
    Foreign {
        /// The system of the code.
        system: Cow<'a, str>,
        /// The code.
        code: Cow<'a, str>,
    },
    /// A calendar duration such as `year` (FHIRPath §3, "Time-valued quantities").
    Calendar(CalendarUnit),
}

impl Unit<'_> {
    /// The unit of plain numbers.
    pub(crate) const ONE: Self = Self::Ucum(Cow::Borrowed("1"));

    /// The text of the unit: a code or a calendar word.
    pub fn text(&self) -> &str {
        match self {
            Self::Ucum(code) | Self::Foreign { code, .. } => code,
            Self::Calendar(unit) => unit.word(),
        }
    }

    pub(crate) fn borrowed(&self) -> Unit<'_> {
        match self {
            Self::Ucum(code) => Unit::Ucum(Cow::Borrowed(code)),
            Self::Foreign { system, code } => {
                Unit::Foreign { system: Cow::Borrowed(system), code: Cow::Borrowed(code) }
            }
            Self::Calendar(unit) => Unit::Calendar(*unit),
        }
    }

    /// The unit in UCUM; for a calendar unit the definite duration nearest to it.
    pub(crate) fn ucum(&self) -> Option<&str> {
        match self {
            Self::Ucum(code) => Some(code),
            Self::Calendar(unit) => Some(unit.ucum()),
            Self::Foreign { .. } => None,
        }
    }

    /// True for calendar years and months, which no definite duration is equal to.
    pub(crate) fn is_vague(&self) -> bool {
        matches!(self, Self::Calendar(CalendarUnit::Year | CalendarUnit::Month))
    }
}

impl fmt::Display for Quantity<'_> {
    /// As FHIRPath literals are written: `1.5 'mg'`, `1 week`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Ucum(code) | Unit::Foreign { code, .. } => write!(f, "{} '{code}'", self.value),
            Unit::Calendar(unit) => {
                let plural = if self.value == Decimal::ONE { "" } else { "s" };
                write!(f, "{} {}{plural}", self.value, unit.word())
            }
        }
    }
}
