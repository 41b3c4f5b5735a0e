//! Order in time, as FHIRPath has it: undecided where a part is known on one side only.

use super::calendar::{self, DAY_MS};
use super::{Date, DateTime, Offset, Precision, Time};
use std::cmp::Ordering;

/// The most a local time can lie behind or before UTC, in milliseconds.
const WIDEST_OFFSET_MS: i64 = 14 * 3_600_000;

/// The parts that are compared one by one, coarsest first; a fraction belongs to the second.
struct Parts {
    values: [i64; 7],
    /// How many of the first six are known.
    known: usize,
}

impl Parts {
    /// The parts of a value, its time moved by minutes (to UTC).
    fn of(moment: DateTime, shift_minutes: i64) -> Self {
        let date = moment.date();
        let mut parts =
            Self { values: [0; 7], known: (moment.precision().min(Precision::Second) as usize) + 1 };
        let (mut day, mut minutes) = (None, 0);
        if let Some(time) = moment.time() {
            minutes = i64::from(time.hour) * 60 + i64::from(time.minute) + shift_minutes;
            day = Some(date.first_day() + minutes.div_euclid(1440));
            parts.values[5] = i64::from(time.second);
            parts.values[6] = i64::try_from(time.attoseconds).unwrap_or(i64::MAX);
        }
        let (year, month, day) = match day {
            Some(day) => calendar::date_from_days(day),
            None => (i32::from(date.year()), date.month().unwrap_or(0), date.day().unwrap_or(0)),
        };
        parts.values[0] = i64::from(year);
        parts.values[1] = i64::from(month);
        parts.values[2] = i64::from(day);
        parts.values[3] = minutes.rem_euclid(1440) / 60;
        parts.values[4] = minutes.rem_euclid(60);
        parts
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        let shared = self.known.min(other.known);
        let with_fraction = if shared == 6 { 7 } else { shared };
        match self.values[..with_fraction].cmp(&other.values[..with_fraction]) {
            Ordering::Equal if self.known != other.known => None,
            decided => Some(decided),
        }
    }
}

impl DateTime {
    /// Which of two values is earlier (FHIRPath §6.2). `None` when they are equal as far as both are known and one
    /// is known further, or when only one has an offset and they lie too near for that not to matter.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        if self.time().is_some() && other.time().is_some() {
            return match (self.offset().minutes(), other.offset().minutes()) {
                (None, None) => Parts::of(self, 0).compare(&Parts::of(other, 0)),
                (Some(left), Some(right)) => {
                    Parts::of(self, -i64::from(left)).compare(&Parts::of(other, -i64::from(right)))
                }
                _ => self.compare_with_unknown_offset(other),
            };
        }
        // A date has no offset: it is held against the other's date as written.
        Parts::of(self, 0).compare(&Parts::of(other, 0))
    }

    fn compare_with_unknown_offset(self, other: Self) -> Option<Ordering> {
        let widened = |moment: Self| {
            let (low, high) = moment.range_ms(0);
            let slack = if moment.offset() == Offset::Unknown { WIDEST_OFFSET_MS } else { 0 };
            (low - slack, high + slack)
        };
        let (left, right) = (widened(self), widened(other));
        if left.1 <= right.0 {
            Some(Ordering::Less)
        } else if right.1 <= left.0 {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    /// FHIRPath's `~`: the same moment to the same precision.
    pub fn equivalent(self, other: Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }
}

impl Date {
    /// Which of two dates is earlier; see [`DateTime::compare`].
    pub fn compare(self, other: Self) -> Option<Ordering> {
        DateTime::from(self).compare(other.into())
    }

    /// FHIRPath's `~`: the same date to the same precision.
    pub fn equivalent(self, other: Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }
}

impl Time {
    /// Which of two times of day is earlier. `None` when they are equal as far as both are known and one is known
    /// further.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let parts =
            |time: Self| [u64::from(time.hour), time.minute.into(), time.second.into(), time.attoseconds];
        let known =
            |time: Self| time.precision().min(Precision::Second) as usize - Precision::Hour as usize + 1;
        let shared = known(self).min(known(other));
        let with_fraction = if shared == 3 { 4 } else { shared };
        match parts(self)[..with_fraction].cmp(&parts(other)[..with_fraction]) {
            Ordering::Equal if known(self) != known(other) => None,
            decided => Some(decided),
        }
    }

    /// FHIRPath's `~`: the same time to the same precision.
    pub fn equivalent(self, other: Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }
}

impl DateTime {
    /// Seconds since 1 January 1970 of the time as written, its offset left aside.
    pub(super) fn local_seconds(self) -> i64 {
        let time = self.time().map_or(0, |time| {
            i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second)
        });
        self.date().first_day() * (DAY_MS / 1000) + time
    }
}
