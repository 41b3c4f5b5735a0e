//! The earliest and latest value a partial one can stand for (FHIRPath `lowBoundary`, `highBoundary`).

use super::calendar;
use super::time::ATTOSECONDS;
use super::{Date, DateTime, Offset, Precision, Time};

/// Which end of the interval.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Low,
    High,
}

impl End {
    fn of<T>(self, low: T, high: T) -> T {
        if self == Self::Low { low } else { high }
    }
}

impl Date {
    /// The earliest date this can be, to 4, 6 or 8 digits (8 when not said). `None` for other digits.
    pub fn low_boundary(self, digits: Option<u32>) -> Option<Self> {
        self.boundary(End::Low, date_precision(digits.unwrap_or(8))?)
    }

    /// The latest date this can be, to 4, 6 or 8 digits (8 when not said). `None` for other digits.
    pub fn high_boundary(self, digits: Option<u32>) -> Option<Self> {
        self.boundary(End::High, date_precision(digits.unwrap_or(8))?)
    }

    fn boundary(self, end: End, precision: Precision) -> Option<Self> {
        let month = self.month().unwrap_or(end.of(1, 12));
        let last = calendar::days_in_month(i32::from(self.year()), month);
        Some(Self::new(self.year(), month, self.day().unwrap_or(end.of(1, last)))?.truncate(precision))
    }
}

fn date_precision(digits: u32) -> Option<Precision> {
    Precision::from_date_time_digits(digits).filter(|precision| *precision <= Precision::Day)
}

impl DateTime {
    /// The earliest moment this can be, to 4, 6, 8, 10, 12, 14 or 17 digits (17 when not said). Where the offset is
    /// not known it is `+14:00`, where a day begins first. `None` for other digits.
    pub fn low_boundary(self, digits: Option<u32>) -> Option<Self> {
        self.boundary(End::Low, Precision::from_date_time_digits(digits.unwrap_or(17))?)
    }

    /// The latest moment this can be, to 4, 6, 8, 10, 12, 14 or 17 digits (17 when not said). Where the offset is
    /// not known it is `-12:00`, where a day ends last. `None` for other digits.
    pub fn high_boundary(self, digits: Option<u32>) -> Option<Self> {
        self.boundary(End::High, Precision::from_date_time_digits(digits.unwrap_or(17))?)
    }

    fn boundary(self, end: End, precision: Precision) -> Option<Self> {
        let date = self.date().boundary(end, precision)?;
        if precision <= Precision::Day {
            return Some(date.into());
        }
        let offset = match self.offset() {
            Offset::Unknown => Offset::Hours { negative: end == End::High, minutes: end.of(840, 720) },
            known => known,
        };
        Self::new(date, time_boundary(self.time(), end, precision), offset)
    }
}

impl Time {
    /// The earliest time this can be, to 2, 4, 6 or 9 digits (9 when not said). `None` for other digits.
    pub fn low_boundary(self, digits: Option<u32>) -> Option<Self> {
        Some(time_boundary(Some(self), End::Low, Precision::from_time_digits(digits.unwrap_or(9))?))
    }

    /// The latest time this can be, to 2, 4, 6 or 9 digits (9 when not said). `None` for other digits.
    pub fn high_boundary(self, digits: Option<u32>) -> Option<Self> {
        Some(time_boundary(Some(self), End::High, Precision::from_time_digits(digits.unwrap_or(9))?))
    }
}

fn time_boundary(time: Option<Time>, end: End, precision: Precision) -> Time {
    let fraction = end.of(0, ATTOSECONDS / 1000 * 999);
    let full = Time {
        hour: time.map_or(end.of(0, 23), Time::hour),
        minute: time.and_then(Time::minute).unwrap_or(end.of(0, 59)),
        second: time.and_then(Time::second).unwrap_or(end.of(0, 59)),
        attoseconds: time.filter(|time| time.fraction_digits > 0).map_or(fraction, |time| time.attoseconds),
        fraction_digits: time.map_or(3, |time| time.fraction_digits.max(3)),
        precision: Precision::Millisecond,
    };
    full.truncate(precision)
}
