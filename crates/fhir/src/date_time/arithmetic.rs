//! Adding calendar durations, by the rules of FHIRPath §6.6 (date/time arithmetic).

use super::calendar;
use super::time::ATTOSECONDS;
use super::{Date, DateTime, Precision, Time};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A unit of calendar durations. Unlike UCUM's, a calendar year or month is as long as it falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say it
pub enum CalendarUnit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

/// Unit, FHIRPath's words, UCUM's code.
const UNITS: [(CalendarUnit, &str, &str, &str); 8] = [
    (CalendarUnit::Year, "year", "years", "a"),
    (CalendarUnit::Month, "month", "months", "mo"),
    (CalendarUnit::Week, "week", "weeks", "wk"),
    (CalendarUnit::Day, "day", "days", "d"),
    (CalendarUnit::Hour, "hour", "hours", "h"),
    (CalendarUnit::Minute, "minute", "minutes", "min"),
    (CalendarUnit::Second, "second", "seconds", "s"),
    (CalendarUnit::Millisecond, "millisecond", "milliseconds", "ms"),
];

impl CalendarUnit {
    /// From FHIRPath's word, singular or plural: `year`, `days`.
    pub fn from_word(word: &str) -> Option<Self> {
        UNITS.iter().find(|row| row.1 == word || row.2 == word).map(|row| row.0)
    }

    /// From a UCUM code. `a` and `mo` are mean years and months in UCUM and only near a calendar year or month:
    /// FHIRPath refuses them in date arithmetic, `Timing` and searches take them; the caller decides.
    pub fn from_ucum(code: &str) -> Option<Self> {
        UNITS.iter().find(|row| row.3 == code).map(|row| row.0)
    }

    /// FHIRPath's word in the singular.
    pub fn word(self) -> &'static str {
        UNITS[self as usize].1
    }

    /// The UCUM code of the definite duration nearest to it.
    pub fn ucum(self) -> &'static str {
        UNITS[self as usize].3
    }

    /// The precision a value needs for this unit to be added without rounding.
    pub fn precision(self) -> Precision {
        match self {
            Self::Year => Precision::Year,
            Self::Month => Precision::Month,
            Self::Week | Self::Day => Precision::Day,
            Self::Hour => Precision::Hour,
            Self::Minute => Precision::Minute,
            // Seconds and their fractions are one precision in FHIRPath.
            Self::Second | Self::Millisecond => Precision::Second,
        }
    }
}

/// A duration brought to what it is added to.
enum Step {
    Months(i64),
    Days(i64),
    Seconds(i64, i64),
}

/// An amount of a unit, with parts finer than the precision cut off: an hour added to a month is nothing, 24 months
/// added to a year are two.
fn step(amount: Decimal, unit: CalendarUnit, precision: Precision) -> Option<Step> {
    if unit >= CalendarUnit::Second && precision >= Precision::Second {
        let seconds =
            if unit == CalendarUnit::Second { amount } else { amount.checked_div(Decimal::from(1000))? };
        let attoseconds = (seconds.fract() * Decimal::from(ATTOSECONDS)).to_i64()?;
        return Some(Step::Seconds(seconds.trunc().to_i64()?, attoseconds));
    }
    let amount = amount.trunc().to_i64()?;
    let seconds_of = |unit: CalendarUnit| match unit {
        CalendarUnit::Week => 7 * 86_400,
        CalendarUnit::Day => 86_400,
        CalendarUnit::Hour => 3_600,
        CalendarUnit::Minute => 60,
        _ => 1,
    };
    let months = match unit {
        CalendarUnit::Year => Some(amount.checked_mul(12)?),
        CalendarUnit::Month => Some(amount),
        _ => None,
    };
    if let Some(months) = months {
        return Some(Step::Months(if precision == Precision::Year { months / 12 * 12 } else { months }));
    }
    let seconds = match unit {
        CalendarUnit::Millisecond => amount / 1000,
        unit => amount.checked_mul(seconds_of(unit))?,
    };
    Some(match precision {
        Precision::Year => Step::Months(seconds / (365 * 86_400) * 12),
        Precision::Month => Step::Months(seconds / (30 * 86_400)),
        Precision::Day => Step::Days(seconds / 86_400),
        Precision::Hour => Step::Seconds(seconds / 3_600 * 3_600, 0),
        Precision::Minute => Step::Seconds(seconds / 60 * 60, 0),
        Precision::Second | Precision::Millisecond => Step::Seconds(seconds, 0),
    })
}

impl Date {
    /// The date an amount of a unit later (earlier when negative). The day is moved back to the month's last where
    /// there is none such; parts finer than the date are cut off. `None` beyond years 1 to 9999.
    pub fn add(self, amount: Decimal, unit: CalendarUnit) -> Option<Self> {
        match step(amount, unit, self.precision())? {
            Step::Months(months) => self.add_months(months),
            Step::Days(days) => Self::from_days(self.first_day().checked_add(days)?),
            Step::Seconds(..) => None,
        }
    }

    fn add_months(self, months: i64) -> Option<Self> {
        let month = i64::from(self.month().unwrap_or(1) - 1).checked_add(months)?;
        let year = u16::try_from(i64::from(self.year()).checked_add(month.div_euclid(12))?).ok()?;
        let month = u8::try_from(month.rem_euclid(12) + 1).ok()?;
        match (self.month(), self.day()) {
            (None, _) => Self::from_year(year),
            (_, None) => Self::from_year_month(year, month),
            (_, Some(day)) => {
                Self::new(year, month, day.min(calendar::days_in_month(i32::from(year), month)))
            }
        }
    }
}

impl DateTime {
    /// The moment an amount of a unit later (earlier when negative), at the same offset and to the same precision;
    /// see [`Date::add`].
    pub fn add(self, amount: Decimal, unit: CalendarUnit) -> Option<Self> {
        let Some(time) = self.time() else { return Some(self.date().add(amount, unit)?.into()) };
        match step(amount, unit, self.precision())? {
            Step::Months(months) => Self::new(self.date().add_months(months)?, time, self.offset()),
            Step::Days(days) => {
                Self::new(Date::from_days(self.date().first_day().checked_add(days)?)?, time, self.offset())
            }
            Step::Seconds(seconds, attoseconds) => {
                let (carry, time_attoseconds) = add_fraction(time, attoseconds);
                let total = self.local_seconds().checked_add(seconds)?.checked_add(carry)?;
                let date = Date::from_days(total.div_euclid(86_400))?;
                Self::new(date, at_second(time, total.rem_euclid(86_400), time_attoseconds), self.offset())
            }
        }
    }
}

impl Time {
    /// The time an amount of a unit later, round the clock. `None` for units of a day and longer.
    pub fn add(self, amount: Decimal, unit: CalendarUnit) -> Option<Self> {
        if unit <= CalendarUnit::Day {
            return None;
        }
        let Step::Seconds(seconds, attoseconds) = step(amount, unit, self.precision())? else { return None };
        let (carry, attoseconds) = add_fraction(self, attoseconds);
        let now = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        let total = (now + seconds % 86_400 + carry).rem_euclid(86_400);
        Some(at_second(self, total, attoseconds))
    }
}

/// The fraction of a time with attoseconds added, and the seconds carried.
fn add_fraction(time: Time, attoseconds: i64) -> (i64, u64) {
    let second = i128::from(ATTOSECONDS);
    let total = i128::from(time.attoseconds) + i128::from(attoseconds);
    let carry = i64::try_from(total.div_euclid(second)).unwrap_or_default();
    (carry, u64::try_from(total.rem_euclid(second)).unwrap_or_default())
}

/// The time at a second of the day, to the precision of another time; a fraction gets as many digits as it needs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // parts of a day
fn at_second(like: Time, second_of_day: i64, attoseconds: u64) -> Time {
    let mut digits = like.fraction_digits;
    if attoseconds > 0 && like.precision() >= Precision::Second {
        digits = digits.max(3);
        while !attoseconds.is_multiple_of(10_u64.pow(18 - u32::from(digits))) {
            digits += 1;
        }
    }
    Time {
        hour: (second_of_day / 3600) as u8,
        minute: (second_of_day / 60 % 60) as u8,
        second: (second_of_day % 60) as u8,
        attoseconds,
        fraction_digits: digits,
        precision: if digits > 0 { Precision::Millisecond } else { like.precision() },
    }
}
