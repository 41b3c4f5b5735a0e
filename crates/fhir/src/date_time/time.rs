//! A time of day, and the offset from UTC that may stand behind it.

use super::scan::Scan;
use super::{InvalidDateTime, Precision};
use std::fmt;

/// 10^-18 second, the unit fractions are kept in, in a second.
pub(super) const ATTOSECONDS: u64 = 1_000_000_000_000_000_000;

/// A time of day: FHIR's `time` has hours, minutes and seconds (R4 §2.24.0.1), FHIRPath's may lack the last ones.
///
/// A fraction of a second keeps its first 18 digits. `==` asks for the same text; [`Time::compare`] asks for order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    pub(super) hour: u8,
    pub(super) minute: u8,
    /// Up to 60, a leap second.
    pub(super) second: u8,
    pub(super) attoseconds: u64,
    pub(super) fraction_digits: u8,
    pub(super) precision: Precision,
}

impl Time {
    /// A time to the second; `None` when there is none such.
    pub fn new(hour: u8, minute: u8, second: u8) -> Option<Self> {
        let precision = Precision::Second;
        (hour < 24 && minute < 60 && second <= 60).then_some(Self {
            hour,
            minute,
            second,
            attoseconds: 0,
            fraction_digits: 0,
            precision,
        })
    }

    /// Reads a FHIR `time`: `hh:mm:ss` with or without a fraction.
    pub fn parse(text: &str) -> Result<Self, InvalidDateTime> {
        let mut scan = Scan::new(text);
        Self::scan(&mut scan)
            .filter(|time| time.precision >= Precision::Second)
            .and_then(|time| scan.end(time))
            .ok_or(InvalidDateTime::TIME)
    }

    /// Reads a time as FHIRPath literals have it: `hh`, `hh:mm` or `hh:mm:ss` with or without a fraction; a leading
    /// `T` is allowed.
    pub fn parse_lenient(text: &str) -> Result<Self, InvalidDateTime> {
        let mut scan = Scan::new(text.strip_prefix('T').unwrap_or(text));
        Self::scan(&mut scan).and_then(|time| scan.end(time)).ok_or(InvalidDateTime::TIME)
    }

    /// Reads as far as the time goes.
    pub(super) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let mut time = Self {
            hour: scan.pair(23)?,
            minute: 0,
            second: 0,
            attoseconds: 0,
            fraction_digits: 0,
            precision: Precision::Hour,
        };
        if scan.accept(b':') {
            time.minute = scan.pair(59)?;
            time.precision = Precision::Minute;
            if scan.accept(b':') {
                time.second = scan.pair(60)?;
                time.precision = Precision::Second;
                if scan.accept(b'.') {
                    (time.attoseconds, time.fraction_digits) = scan.fraction()?;
                    time.precision = Precision::Millisecond;
                }
            }
        }
        Some(time)
    }

    /// Hour, 0 to 23.
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// Minute, 0 to 59, when known.
    pub fn minute(self) -> Option<u8> {
        (self.precision >= Precision::Minute).then_some(self.minute)
    }

    /// Second, 0 to 60, when known.
    pub fn second(self) -> Option<u8> {
        (self.precision >= Precision::Second).then_some(self.second)
    }

    /// Milliseconds within the second, rounded down, when a fraction is written.
    #[allow(clippy::cast_possible_truncation)] // below 1000
    pub fn millisecond(self) -> Option<u16> {
        (self.fraction_digits > 0).then_some((self.attoseconds / (ATTOSECONDS / 1000)) as u16)
    }

    /// How exact the time is: hour, minute, second, or millisecond when it has a fraction of whatever length.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// The interval of the day the time stands for, in milliseconds from its start: low is in it, high is not. A
    /// fraction stands for the width of its last digit, at least a millisecond.
    pub fn range_ms(self) -> (i64, i64) {
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        let low = seconds * 1000 + i64::from(self.millisecond().unwrap_or(0));
        let width = match (self.precision, self.fraction_digits) {
            (Precision::Hour, _) => 3_600_000,
            (Precision::Minute, _) => 60_000,
            (Precision::Second, _) => 1000,
            (_, 1) => 100,
            (_, 2) => 10,
            _ => 1,
        };
        (low, low + width)
    }

    /// This time cut to a lesser precision, or as it is. Never less than the hour.
    pub fn truncate(self, precision: Precision) -> Self {
        let keep = |least: Precision| precision >= least;
        Self {
            minute: if keep(Precision::Minute) { self.minute } else { 0 },
            second: if keep(Precision::Second) { self.second } else { 0 },
            attoseconds: if keep(Precision::Millisecond) { self.attoseconds } else { 0 },
            fraction_digits: if keep(Precision::Millisecond) { self.fraction_digits } else { 0 },
            precision: self.precision.min(precision.max(Precision::Hour)),
            hour: self.hour,
        }
    }
}

impl fmt::Display for Time {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.hour)?;
        if self.precision >= Precision::Minute {
            write!(f, ":{:02}", self.minute)?;
        }
        if self.precision >= Precision::Second {
            write!(f, ":{:02}", self.second)?;
        }
        if self.fraction_digits > 0 {
            let digits = self.attoseconds / 10_u64.pow(18 - u32::from(self.fraction_digits));
            write!(f, ".{digits:0width$}", width = usize::from(self.fraction_digits))?;
        }
        Ok(())
    }
}

/// What stands behind a time about its place on earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offset {
    /// Nothing: the local time of a place not said.
    Unknown,
    /// `Z`
    Utc,
    /// `+hh:mm` or `-hh:mm`
    Hours {
        /// West of Greenwich; kept apart from the minutes for the sake of `-00:00`.
        negative: bool,
        /// Distance from UTC in minutes, at most 840.
        minutes: u16,
    },
}

impl Offset {
    /// An offset from its minutes east of Greenwich; zero becomes `Z`. `None` beyond 14 hours.
    pub fn from_minutes(minutes: i32) -> Option<Self> {
        match minutes {
            0 => Some(Self::Utc),
            -840..=840 => Some(Self::Hours {
                negative: minutes < 0,
                minutes: u16::try_from(minutes.unsigned_abs()).ok()?,
            }),
            _ => None,
        }
    }

    /// Minutes east of Greenwich, when known.
    pub fn minutes(self) -> Option<i32> {
        match self {
            Self::Unknown => None,
            Self::Utc => Some(0),
            Self::Hours { negative, minutes } => {
                Some(if negative { -i32::from(minutes) } else { minutes.into() })
            }
        }
    }

    /// Reads `Z`, `+hh:mm`, `-hh:mm` or nothing. `None` for an offset beyond 14 hours or half an offset.
    pub(super) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        if scan.accept(b'Z') {
            return Some(Self::Utc);
        }
        let negative = match scan.peek() {
            Some(b'+') => false,
            Some(b'-') => true,
            _ => return Some(Self::Unknown),
        };
        scan.accept(if negative { b'-' } else { b'+' });
        let hours = u16::from(scan.pair(14)?);
        let minutes = scan.accept(b':').then(|| scan.pair(59)).flatten()?;
        let minutes = hours * 60 + u16::from(minutes);
        (minutes <= 840).then_some(Self::Hours { negative, minutes })
    }
}

impl fmt::Display for Offset {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            Self::Utc => f.write_str("Z"),
            Self::Hours { negative, minutes } => {
                write!(f, "{}{:02}:{:02}", if *negative { '-' } else { '+' }, minutes / 60, minutes % 60)
            }
        }
    }
}
