//! How far apart two dates or times are: whole periods passed, or boundaries crossed.

use super::time::ATTOSECONDS;
use super::{CalendarUnit, Date, DateTime, Precision};

impl DateTime {
    /// Whole calendar periods from this to the other, negative when the other is earlier: someone's age in years is
    /// the birth date's duration to today. `None` when either is not known to the unit, or only one has an offset.
    pub fn duration_until(self, other: Self, unit: CalendarUnit) -> Option<i64> {
        let (start, end) = comparable(self, other, unit)?;
        let whole = match unit {
            CalendarUnit::Year | CalendarUnit::Month => {
                let months = whole_months(start, end);
                if unit == CalendarUnit::Year { months / 12 } else { months }
            }
            CalendarUnit::Week => elapsed_ms(start, end) / (7 * 86_400_000),
            CalendarUnit::Day => elapsed_ms(start, end) / 86_400_000,
            CalendarUnit::Hour => elapsed_ms(start, end) / 3_600_000,
            CalendarUnit::Minute => elapsed_ms(start, end) / 60_000,
            CalendarUnit::Second => elapsed_ms(start, end) / 1000,
            CalendarUnit::Millisecond => elapsed_ms(start, end),
        };
        Some(whole)
    }

    /// Boundaries of the unit crossed from this to the other, negative when the other is earlier: from 31 December
    /// to 1 January is one year, and one day. Weeks begin on Sunday. `None` as for [`DateTime::duration_until`].
    pub fn difference_until(self, other: Self, unit: CalendarUnit) -> Option<i64> {
        let (start, end) = comparable(self, other, unit)?;
        let (from, to) = (start.date(), end.date());
        let units =
            |width: i64| end.local_seconds().div_euclid(width) - start.local_seconds().div_euclid(width);
        // 1 January 1970 was a Thursday: four days after a Sunday.
        let week = |date: Date| (date.first_day() + 4).div_euclid(7);
        Some(match unit {
            CalendarUnit::Year => i64::from(to.year()) - i64::from(from.year()),
            CalendarUnit::Month => month_number(to) - month_number(from),
            CalendarUnit::Week => week(to) - week(from),
            CalendarUnit::Day => units(86_400),
            CalendarUnit::Hour => units(3_600),
            CalendarUnit::Minute => units(60),
            CalendarUnit::Second => units(1),
            CalendarUnit::Millisecond => elapsed_ms(start, end),
        })
    }
}

impl Date {
    /// Whole calendar periods from this date to the other; see [`DateTime::duration_until`].
    pub fn duration_until(self, other: Self, unit: CalendarUnit) -> Option<i64> {
        DateTime::from(self).duration_until(other.into(), unit)
    }

    /// Boundaries of the unit crossed from this date to the other; see [`DateTime::difference_until`].
    pub fn difference_until(self, other: Self, unit: CalendarUnit) -> Option<i64> {
        DateTime::from(self).difference_until(other.into(), unit)
    }
}

/// Both values at the offset of the first, when both are known to the unit.
fn comparable(start: DateTime, end: DateTime, unit: CalendarUnit) -> Option<(DateTime, DateTime)> {
    let needed = unit.precision();
    if start.precision() < needed || end.precision() < needed {
        return None;
    }
    if start.time().is_none() || end.time().is_none() {
        return Some((start, end));
    }
    match (start.offset().minutes(), end.offset().minutes()) {
        (None, None) => Some((start, end)),
        (Some(left), Some(right)) => {
            let moved = end.add((left - right).into(), CalendarUnit::Minute).filter(|moved| {
                // An offset of half an hour cannot be taken off a time known to the hour only.
                moved.precision() > Precision::Hour || (left - right) % 60 == 0
            })?;
            Some((start, moved))
        }
        _ => None,
    }
}

fn month_number(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month().unwrap_or(1))
}

/// Milliseconds between local times, rounded towards zero.
fn elapsed_ms(start: DateTime, end: DateTime) -> i64 {
    let fraction = |moment: DateTime| moment.time().map_or(0, |time| time.attoseconds);
    let attoseconds = i128::from(fraction(end)) - i128::from(fraction(start));
    let seconds = i128::from(end.local_seconds() - start.local_seconds());
    let millisecond = i128::from(ATTOSECONDS / 1000);
    i64::try_from((seconds * 1000 * millisecond + attoseconds) / millisecond).unwrap_or(i64::MAX)
}

/// Months passed, counting one only when the day of the month and the time of day are reached again.
fn whole_months(start: DateTime, end: DateTime) -> i64 {
    if elapsed_ms(start, end) < 0 {
        return -whole_months(end, start);
    }
    let months = month_number(end.date()) - month_number(start.date());
    let within = |moment: DateTime| {
        let time = moment.time();
        (
            moment.date().day().unwrap_or(1),
            time.map_or((0, 0, 0, 0), |time| (time.hour, time.minute, time.second, time.attoseconds)),
        )
    };
    months - i64::from(within(end) < within(start))
}
