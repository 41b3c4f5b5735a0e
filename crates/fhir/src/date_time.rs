//! Dates and times as FHIR and FHIRPath have them: partial, with or without an offset, written as they came.
//!
//! There is no clock here: what "today" is, the caller says, in milliseconds since 1 January 1970 UTC.

mod arithmetic;
mod boundary;
pub mod calendar;
mod comparison;
mod date;
mod difference;
mod instant;
mod precision;
mod scan;
mod time;

pub use arithmetic::CalendarUnit;
pub use date::Date;
pub use instant::Instant;
pub use precision::Precision;
pub use time::{Offset, Time};

use calendar::DAY_MS;
use scan::Scan;
use std::fmt;

/// A text that is no date or time of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}; write {shape}")]
pub struct InvalidDateTime {
    /// FHIR's name of the type.
    pub kind: &'static str,
    /// What it looks like.
    pub shape: &'static str,
}

impl InvalidDateTime {
    const DATE: Self = Self { kind: "date", shape: "a day that exists as YYYY-MM-DD, YYYY-MM or YYYY" };
    const TIME: Self = Self { kind: "time", shape: "hh:mm:ss" };
    const INSTANT: Self = Self { kind: "instant", shape: "YYYY-MM-DDThh:mm:ss with Z or +hh:mm" };
    const DATE_TIME: Self =
        Self { kind: "dateTime", shape: "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or +hh:mm" };
}

/// A FHIR `dateTime` (R4 §2.24.0.1): a partial date, or a whole date with a time and, mostly, an offset.
///
/// `==` asks for the same text; [`DateTime::compare`] asks for order in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    time: Option<Time>,
    offset: Offset,
}

impl From<Date> for DateTime {
    fn from(date: Date) -> Self {
        Self { date, time: None, offset: Offset::Unknown }
    }
}

impl DateTime {
    /// A whole date with a time. `None` when the date lacks its day.
    pub fn new(date: Date, time: Time, offset: Offset) -> Option<Self> {
        (date.precision() == Precision::Day).then_some(Self { date, time: Some(time), offset })
    }

    /// Reads what FHIR allows in a resource: with a time, seconds and an offset must be there.
    pub fn parse(text: &str) -> Result<Self, InvalidDateTime> {
        let moment = Self::read(text).ok_or(InvalidDateTime::DATE_TIME)?;
        let whole = moment.time.is_none_or(|time| time.precision() >= Precision::Second)
            && (moment.time.is_some() == (moment.offset != Offset::Unknown))
            && !text.ends_with('T');
        if whole { Ok(moment) } else { Err(InvalidDateTime::DATE_TIME) }
    }

    /// Reads FHIRPath literals (without their `@`) and search values: the time may stop at the hour or minute, the
    /// offset may be missing, and a `T` with nothing behind it may follow a date.
    pub fn parse_lenient(text: &str) -> Result<Self, InvalidDateTime> {
        Self::read(text).ok_or(InvalidDateTime::DATE_TIME)
    }

    fn read(text: &str) -> Option<Self> {
        let mut scan = Scan::new(text);
        let mut moment = Self::from(Date::scan(&mut scan)?);
        if scan.accept(b'T') && scan.peek().is_some() {
            if moment.date.precision() < Precision::Day {
                return None;
            }
            moment.time = Some(Time::scan(&mut scan)?);
            moment.offset = Offset::scan(&mut scan)?;
        }
        scan.end(moment)
    }

    /// An instant as it is written at an offset, with milliseconds. `None` beyond years 1 to 9999 or 14 hours.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // parts of a day
    pub fn from_ms(ms: i64, offset_minutes: i32) -> Option<Self> {
        let local = ms.checked_add(i64::from(offset_minutes) * 60_000)?;
        let of_day = local.rem_euclid(DAY_MS);
        let time = Time {
            hour: (of_day / 3_600_000) as u8,
            minute: (of_day / 60_000 % 60) as u8,
            second: (of_day / 1000 % 60) as u8,
            attoseconds: (of_day % 1000) as u64 * (time::ATTOSECONDS / 1000),
            fraction_digits: 3,
            precision: Precision::Millisecond,
        };
        Self::new(Date::from_days(local.div_euclid(DAY_MS))?, time, Offset::from_minutes(offset_minutes)?)
    }

    /// The date as written.
    pub fn date(self) -> Date {
        self.date
    }

    /// The time as written.
    pub fn time(self) -> Option<Time> {
        self.time
    }

    /// The offset as written.
    pub fn offset(self) -> Offset {
        self.offset
    }

    /// How exact the value is.
    pub fn precision(self) -> Precision {
        self.time.map_or(self.date.precision(), Time::precision)
    }

    /// The interval the value stands for, in milliseconds since 1 January 1970 UTC: low is in it, high is not
    /// (FHIR search §3.1.1.4.6). The default offset holds where none is written.
    pub fn range_ms(self, default_offset_minutes: i32) -> (i64, i64) {
        let Some(time) = self.time else { return self.date.range_ms(default_offset_minutes) };
        let offset_ms = i64::from(self.offset.minutes().unwrap_or(default_offset_minutes)) * 60_000;
        let start = self.date.first_day() * DAY_MS - offset_ms;
        let (low, high) = time.range_ms();
        (start + low, start + high)
    }

    /// This value cut to a lesser precision, or as it is; the offset goes with the time.
    pub fn truncate(self, precision: Precision) -> Self {
        match self.time {
            Some(time) if precision > Precision::Day => Self { time: Some(time.truncate(precision)), ..self },
            _ => self.date.truncate(precision).into(),
        }
    }
}

impl fmt::Display for DateTime {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date.fmt(f)?;
        match self.time {
            Some(time) => write!(f, "T{time}{}", self.offset),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
