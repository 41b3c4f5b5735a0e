//! A calendar date that may lack its day, or its month and day.

use super::calendar::{self, DAY_MS};
use super::scan::Scan;
use super::{InvalidDateTime, Precision};
use std::fmt;

/// A FHIR `date`: a year, a month of a year, or a day (R4 §2.24.0.1). Years 1 to 9999.
///
/// `==` asks for the same text; [`Date::compare`] asks for order in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    year: u16,
    /// 0 when absent.
    month: u8,
    /// 0 when absent.
    day: u8,
}

impl Date {
    /// A whole date; `None` when there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        (month > 0 && day > 0 && date.exists()).then_some(date)
    }

    /// A month of a year.
    pub fn from_year_month(year: u16, month: u8) -> Option<Self> {
        let date = Self { year, month, day: 0 };
        (month > 0 && date.exists()).then_some(date)
    }

    /// A year.
    pub fn from_year(year: u16) -> Option<Self> {
        let date = Self { year, month: 0, day: 0 };
        date.exists().then_some(date)
    }

    fn exists(self) -> bool {
        (1..=9999).contains(&self.year)
            && self.month <= 12
            && (self.month > 0 || self.day == 0)
            && self.day <= calendar::days_in_month(i32::from(self.year), self.month)
    }

    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. The day must exist. FHIR's and FHIRPath's grammars are the same
    /// here.
    pub fn parse(text: &str) -> Result<Self, InvalidDateTime> {
        let mut scan = Scan::new(text);
        Self::scan(&mut scan).and_then(|date| scan.end(date)).ok_or(InvalidDateTime::DATE)
    }

    /// Reads as far as the date goes.
    pub(super) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let year = scan.number(4)?;
        let mut date = Self { year, month: 0, day: 0 };
        if scan.accept(b'-') {
            date.month = scan.pair(12).filter(|month| *month > 0)?;
            if scan.accept(b'-') {
                date.day = scan.pair(31).filter(|day| *day > 0)?;
            }
        }
        date.exists().then_some(date)
    }

    /// The day on which an instant falls at an offset from UTC. `None` beyond years 1 to 9999.
    pub fn from_ms(ms: i64, offset_minutes: i32) -> Option<Self> {
        Self::from_days(ms.checked_add(i64::from(offset_minutes) * 60_000)?.div_euclid(DAY_MS))
    }

    /// The day so many days after 1 January 1970. `None` beyond years 1 to 9999.
    pub fn from_days(days: i64) -> Option<Self> {
        if !(-719_162..=2_932_896).contains(&days) {
            return None;
        }
        let (year, month, day) = calendar::date_from_days(days);
        Self::new(u16::try_from(year).ok()?, month, day)
    }

    /// Year, 1 to 9999.
    pub fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12, when known.
    pub fn month(self) -> Option<u8> {
        (self.month > 0).then_some(self.month)
    }

    /// Day of the month, 1 to 31, when known.
    pub fn day(self) -> Option<u8> {
        (self.day > 0).then_some(self.day)
    }

    /// How exact the date is: year, month or day.
    pub fn precision(self) -> Precision {
        match (self.month, self.day) {
            (0, _) => Precision::Year,
            (_, 0) => Precision::Month,
            _ => Precision::Day,
        }
    }

    /// The first day the date can mean, in days since 1 January 1970.
    pub fn first_day(self) -> i64 {
        calendar::days_from_date(i32::from(self.year), self.month.max(1), self.day.max(1))
    }

    /// The last day the date can mean, in days since 1 January 1970.
    pub fn last_day(self) -> i64 {
        let year = i32::from(self.year);
        let month = if self.month == 0 { 12 } else { self.month };
        let day = if self.day == 0 { calendar::days_in_month(year, month) } else { self.day };
        calendar::days_from_date(year, month, day)
    }

    /// The interval the date stands for, in milliseconds since 1 January 1970 UTC: low is in it, high is not. The
    /// days are those of the offset given.
    pub fn range_ms(self, default_offset_minutes: i32) -> (i64, i64) {
        let offset_ms = i64::from(default_offset_minutes) * 60_000;
        (self.first_day() * DAY_MS - offset_ms, (self.last_day() + 1) * DAY_MS - offset_ms)
    }

    /// This date cut to a lesser precision, or as it is.
    pub fn truncate(self, precision: Precision) -> Self {
        match precision {
            Precision::Year => Self { month: 0, day: 0, ..self },
            Precision::Month => Self { day: 0, ..self },
            _ => self,
        }
    }
}

impl fmt::Display for Date {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month > 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day > 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}
