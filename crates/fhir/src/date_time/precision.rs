//! How exact a date or time is.

/// The smallest part that is known. A fraction of a second of any length counts as milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Precision {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
}

/// Digits of dates and of times of day up to a precision, as FHIRPath's `precision()` counts them.
const DIGITS: [(Precision, u32, u32); 7] = [
    (Precision::Year, 4, 0),
    (Precision::Month, 6, 0),
    (Precision::Day, 8, 0),
    (Precision::Hour, 10, 2),
    (Precision::Minute, 12, 4),
    (Precision::Second, 14, 6),
    (Precision::Millisecond, 17, 9),
];

impl Precision {
    /// Digits of a date or dateTime up to here: 4, 6, 8, 10, 12, 14 or 17.
    pub fn date_time_digits(self) -> u32 {
        DIGITS[self as usize].1
    }

    /// Digits of a time of day up to here: 2, 4, 6 or 9; 0 for parts of a date.
    pub fn time_digits(self) -> u32 {
        DIGITS[self as usize].2
    }

    /// The precision of so many digits of a date or dateTime.
    pub fn from_date_time_digits(digits: u32) -> Option<Self> {
        DIGITS.iter().find(|row| row.1 == digits).map(|row| row.0)
    }

    /// The precision of so many digits of a time of day.
    pub fn from_time_digits(digits: u32) -> Option<Self> {
        DIGITS.iter().find(|row| row.2 == digits && digits > 0).map(|row| row.0)
    }
}
