//! date, dateTime, instant and time: real days of the calendar, real times of day.

use std::borrow::Cow;

type Verdict = Result<(), Cow<'static, str>>;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
pub(super) fn date(value: &str) -> Verdict {
    let mut scan = Scan { rest: value.as_bytes() };
    scan.date().map_err(|fault| fault.said("a date", value))?;
    if scan.rest.is_empty() {
        return Ok(());
    }
    let mend = if scan.rest[0] == b'T' { "leave the time off" } else { "write YYYY, YYYY-MM or YYYY-MM-DD" };
    Err(format!("is not a date; {mend}").into())
}

/// A date, or a date with time and zone.
pub(super) fn date_time(value: &str) -> Verdict {
    let mut scan = Scan { rest: value.as_bytes() };
    let is_whole_day = scan.date().map_err(|fault| fault.said("a dateTime", value))?;
    if scan.rest.is_empty() {
        return Ok(());
    }
    if !is_whole_day || !scan.take(b'T') {
        return Err("is not a dateTime; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz".into());
    }
    scan.time_and_zone().map_err(|fault| fault.said("a dateTime", value))
}

/// A date with time and zone.
pub(super) fn instant(value: &str) -> Verdict {
    let mut scan = Scan { rest: value.as_bytes() };
    let is_whole_day = scan.date().map_err(|fault| fault.said("an instant", value))?;
    if !is_whole_day || !scan.take(b'T') {
        return Err("is not an instant; write YYYY-MM-DDThh:mm:ss+zz:zz, to the second at least".into());
    }
    scan.time_and_zone().map_err(|fault| fault.said("an instant", value))
}

/// `hh:mm:ss` with an optional fraction.
pub(super) fn time(value: &str) -> Verdict {
    let mut scan = Scan { rest: value.as_bytes() };
    scan.time().map_err(|fault| fault.said("a time", value))?;
    match scan.rest.first() {
        None => Ok(()),
        Some(b'Z' | b'+' | b'-') => Err("is not a time; leave the zone off".into()),
        Some(_) => Err("is not a time; write hh:mm:ss, such as 08:30:00".into()),
    }
}

/// What is wrong with a date or time.
enum Fault {
    Form,
    Year,
    Month(u32),
    Day { year: u32, month: u32, days: u32 },
    Hour,
    MinuteOrSecond,
    SecondsMissing,
    ZoneMissing,
    Zone,
}

impl Fault {
    fn said(&self, what: &str, value: &str) -> Cow<'static, str> {
        let form = match what {
            "a date" => "write YYYY, YYYY-MM or YYYY-MM-DD",
            "a dateTime" => "write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz",
            "an instant" => "write YYYY-MM-DDThh:mm:ss+zz:zz",
            _ => "write hh:mm:ss, such as 08:30:00",
        };
        let why = match *self {
            Self::Form if value.contains('/') => format!("{form}, with hyphens"),
            Self::Form => form.to_owned(),
            Self::Year => "there is no year 0000; leave the element out when the year is unknown".to_owned(),
            Self::Month(month) => format!("there is no month {month:02}; months run from 01 to 12"),
            Self::Day { year, month, days } => {
                format!("{} {year:04} has {days} days", MONTHS[month as usize - 1])
            }
            Self::Hour => "hours run from 00 to 23; write midnight as 00:00:00 of the next day".to_owned(),
            Self::MinuteOrSecond => "minutes and seconds run from 00 to 59".to_owned(),
            Self::SecondsMissing => "seconds are missing; write them, :00 when unknown".to_owned(),
            Self::ZoneMissing => "the zone is missing; add Z or an offset such as -05:00".to_owned(),
            Self::Zone => "the zone must be Z or an offset from -14:00 to +14:00".to_owned(),
        };
        format!("is not {what}; {why}").into()
    }
}

struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// A number of exactly so many digits.
    fn digits(&mut self, count: usize) -> Result<u32, Fault> {
        let digits = self.rest.get(..count).ok_or(Fault::Form)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Fault::Form);
        }
        self.rest = &self.rest[count..];
        Ok(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    /// A date of any precision; true when it has a day.
    fn date(&mut self) -> Result<bool, Fault> {
        let year = self.digits(4)?;
        if year == 0 {
            return Err(Fault::Year);
        }
        if !self.take(b'-') {
            return Ok(false);
        }
        let month = self.digits(2)?;
        if !(1..=12).contains(&month) {
            return Err(Fault::Month(month));
        }
        if !self.take(b'-') {
            return Ok(false);
        }
        let day = self.digits(2)?;
        let days = days_in(year, month);
        if !(1..=days).contains(&day) {
            return Err(Fault::Day { year, month, days });
        }
        Ok(true)
    }

    /// `hh:mm:ss` with an optional fraction; second 60 is a leap second.
    fn time(&mut self) -> Result<(), Fault> {
        let hour = self.digits(2)?;
        if !self.take(b':') {
            return Err(Fault::Form);
        }
        let minute = self.digits(2)?;
        if !self.take(b':') {
            return Err(Fault::SecondsMissing);
        }
        let second = self.digits(2)?;
        if hour > 23 {
            return Err(Fault::Hour);
        }
        if minute > 59 || second > 60 {
            return Err(Fault::MinuteOrSecond);
        }
        if self.take(b'.') {
            self.digits(1)?;
            while self.rest.first().is_some_and(u8::is_ascii_digit) {
                self.rest = &self.rest[1..];
            }
        }
        Ok(())
    }

    fn time_and_zone(&mut self) -> Result<(), Fault> {
        self.time()?;
        match self.rest {
            [] => Err(Fault::ZoneMissing),
            [b'Z'] => Ok(()),
            [b'+' | b'-', offset @ ..] => {
                self.rest = offset;
                let hours = self.digits(2).map_err(|_| Fault::Zone)?;
                let colon = self.take(b':');
                let minutes = self.digits(2).map_err(|_| Fault::Zone)?;
                let fits = hours < 14 && minutes < 60 || hours == 14 && minutes == 0;
                if colon && fits && self.rest.is_empty() { Ok(()) } else { Err(Fault::Zone) }
            }
            _ => Err(Fault::Zone),
        }
    }
}

/// Days of a month in the Gregorian calendar.
fn days_in(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
