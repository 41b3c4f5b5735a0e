//! Days of the week.

use std::fmt;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekday(u8);

/// From Monday on: the name, FHIR's code, and other words.
const DAYS: [(&str, &str, &[&str]); 7] = [
    ("Monday", "mon", &["mon", "mondays"]),
    ("Tuesday", "tue", &["tue", "tues", "tuesdays"]),
    ("Wednesday", "wed", &["wed", "weds", "wednesdays"]),
    ("Thursday", "thu", &["thu", "thur", "thurs", "thursdays"]),
    ("Friday", "fri", &["fri", "fridays"]),
    ("Saturday", "sat", &["sat", "saturdays"]),
    ("Sunday", "sun", &["sun", "sundays"]),
];

impl Weekday {
    /// The day of a word in small letters.
    pub fn of_word(word: &str) -> Option<Self> {
        let is_word = |(name, _, words): &(&str, &str, &[&str])| {
            name.eq_ignore_ascii_case(word) || words.contains(&word)
        };
        u8::try_from(DAYS.iter().position(is_word)?).ok().map(Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        DAYS.get(usize::from(self.0)).map_or("", |(name, ..)| name)
    }

    /// Its code in FHIR's `days-of-week`.
    pub fn code(self) -> &'static str {
        DAYS.get(usize::from(self.0)).map_or("", |(_, code, _)| code)
    }
}

/// At least one day of the week; each counts once, and Monday is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// The days; `None` when there are none.
    pub fn new(days: &[Weekday]) -> Option<Self> {
        let bits = days.iter().fold(0_u8, |bits, day| bits | 1 << day.0);
        (bits > 0).then_some(Self(bits))
    }

    /// Each of them.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        (0..7).filter(move |day| self.0 & 1 << day > 0).map(Weekday)
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.days().map(Weekday::name).collect();
        match names.split_last() {
            Some((last, [])) => formatter.write_str(last),
            Some((last, others)) => write!(formatter, "{} and {last}", others.join(", ")),
            None => Ok(()),
        }
    }
}
