//! How often and how long: patterns, events of the day, weekdays and spans of time.

mod weekday;
mod when;

pub use weekday::{Weekday, Weekdays};
pub use when::When;

use std::fmt;

/// One number or a range of them, from 1 to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    low: u16,
    /// The other end, above `low`.
    high: Option<u16>,
}

impl Count {
    const MOST: u16 = 999;

    /// A number, or a range with its smaller end first; `None` when out of bounds or out of order.
    pub fn new(low: u16, high: Option<u16>) -> Option<Self> {
        let in_bounds = low > 0 && high.unwrap_or(low) <= Self::MOST;
        (in_bounds && high.is_none_or(|high| high > low)).then_some(Self { low, high })
    }

    /// Exactly so many.
    pub const fn exactly(number: u8) -> Self {
        let low = if number == 0 { 1 } else { number as u16 };
        Self { low, high: None }
    }

    /// The number, or the smaller end.
    pub fn low(self) -> u16 {
        self.low
    }

    /// The larger end of a range.
    pub fn high(self) -> Option<u16> {
        self.high
    }

    fn is(self, number: u16) -> bool {
        self.low == number && self.high.is_none()
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.low)?;
        self.high.map_or(Ok(()), |high| write!(formatter, " to {high}"))
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
}

/// A unit's name for one, its code in UCUM, and words for it. A single m could be minutes or months: it is neither.
const TIME_UNITS: [(TimeUnit, &str, &str, &[&str]); 5] = [
    (TimeUnit::Minute, "minute", "min", &["min", "mins", "minutes"]),
    (TimeUnit::Hour, "hour", "h", &["h", "hr", "hrs", "hours"]),
    (TimeUnit::Day, "day", "d", &["d", "days", "dy"]),
    (TimeUnit::Week, "week", "wk", &["w", "wk", "wks", "weeks"]),
    (TimeUnit::Month, "month", "mo", &["mo", "mos", "months"]),
];

impl TimeUnit {
    /// The unit of a word in small letters.
    pub fn of_word(word: &str) -> Option<Self> {
        let row = TIME_UNITS.iter().find(|(_, name, _, words)| *name == word || words.contains(&word));
        row.map(|(unit, ..)| *unit)
    }

    /// Its code in UCUM, which is FHIR's, too.
    pub fn code(self) -> &'static str {
        self.row().2
    }

    /// Its name for one.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// In each of it.
    fn in_each(self) -> String {
        let article = if self == Self::Hour { "an" } else { "a" };
        format!("{article} {}", self.name())
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static [&'static str]) {
        TIME_UNITS.iter().find(|(unit, ..)| *unit == self).unwrap_or(&TIME_UNITS[0])
    }
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// One time, and no more.
    Once,
    /// So many times in each unit of time.
    Times(Count, TimeUnit),
    /// After each span of so many units.
    Every(Count, TimeUnit),
    /// On days of the week.
    Days(Weekdays),
}

impl Pattern {
    /// After each span; each single day, week or month is once in it.
    pub fn every(count: Count, unit: TimeUnit) -> Self {
        let is_each = count.is(1) && matches!(unit, TimeUnit::Day | TimeUnit::Week | TimeUnit::Month);
        if is_each { Self::Times(count, unit) } else { Self::Every(count, unit) }
    }

    /// Its code in HL7's GTSAbbreviation, where it has one.
    pub fn code(self) -> Option<&'static str> {
        CODES.iter().find(|(pattern, _)| *pattern == self).map(|(_, code)| *code)
    }
}

const fn times(number: u8, unit: TimeUnit) -> Pattern {
    Pattern::Times(Count::exactly(number), unit)
}

const fn hours(number: u8) -> Pattern {
    Pattern::Every(Count::exactly(number), TimeUnit::Hour)
}

/// R4's value set `timing-abbreviation` (<http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation>).
const CODES: [(Pattern, &str); 13] = [
    (times(1, TimeUnit::Day), "QD"),
    (times(2, TimeUnit::Day), "BID"),
    (times(3, TimeUnit::Day), "TID"),
    (times(4, TimeUnit::Day), "QID"),
    (Pattern::Every(Count::exactly(2), TimeUnit::Day), "QOD"),
    (hours(1), "Q1H"),
    (hours(2), "Q2H"),
    (hours(3), "Q3H"),
    (hours(4), "Q4H"),
    (hours(6), "Q6H"),
    (hours(8), "Q8H"),
    (times(1, TimeUnit::Week), "WK"),
    (times(1, TimeUnit::Month), "MO"),
];

/// Words for patterns that are not made of a number and a unit.
pub const PATTERN_WORDS: [(&str, Pattern); 25] = [
    ("qd", times(1, TimeUnit::Day)),
    ("daily", times(1, TimeUnit::Day)),
    ("a day", times(1, TimeUnit::Day)),
    ("per day", times(1, TimeUnit::Day)),
    ("bid", times(2, TimeUnit::Day)),
    ("tid", times(3, TimeUnit::Day)),
    ("qid", times(4, TimeUnit::Day)),
    ("qod", Pattern::Every(Count::exactly(2), TimeUnit::Day)),
    ("every other day", Pattern::Every(Count::exactly(2), TimeUnit::Day)),
    ("every second day", Pattern::Every(Count::exactly(2), TimeUnit::Day)),
    ("on alternate days", Pattern::Every(Count::exactly(2), TimeUnit::Day)),
    ("every other week", Pattern::Every(Count::exactly(2), TimeUnit::Week)),
    ("every other month", Pattern::Every(Count::exactly(2), TimeUnit::Month)),
    ("hourly", hours(1)),
    ("qh", hours(1)),
    ("weekly", times(1, TimeUnit::Week)),
    ("qweek", times(1, TimeUnit::Week)),
    ("qwk", times(1, TimeUnit::Week)),
    ("tiw", times(3, TimeUnit::Week)),
    ("monthly", times(1, TimeUnit::Month)),
    ("qmonth", times(1, TimeUnit::Month)),
    ("one time", Pattern::Once),
    ("once", Pattern::Once),
    ("x 1 dose", Pattern::Once),
    ("one dose", Pattern::Once),
];

/// Words for numbers of times in a unit.
const TIMES: [&str; 5] = ["", "once", "twice", "three times", "four times"];

/// Words for once in a unit, and for every second one.
const EACH: [(TimeUnit, &str); 3] =
    [(TimeUnit::Day, "daily"), (TimeUnit::Week, "weekly"), (TimeUnit::Month, "monthly")];

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |unit: TimeUnit| EACH.iter().find(|(other, _)| *other == unit).map(|(_, word)| *word);
        match self {
            Self::Once => formatter.write_str("one time"),
            Self::Days(days) => write!(formatter, "every {days}"),
            Self::Every(count, unit) if count.is(1) => write!(formatter, "every {}", unit.name()),
            Self::Every(count, unit) if count.is(2) && each(*unit).is_some() => {
                write!(formatter, "every other {}", unit.name())
            }
            Self::Every(count, unit) => write!(formatter, "every {count} {}s", unit.name()),
            Self::Times(count, unit) => match (each(*unit).filter(|_| count.is(1)), count.high) {
                (Some(word), _) => formatter.write_str(word),
                (None, None) if usize::from(count.low) < TIMES.len() => {
                    write!(formatter, "{} {}", TIMES[usize::from(count.low)], unit.in_each())
                }
                (None, _) => write!(formatter, "{count} times {}", unit.in_each()),
            },
        }
    }
}

/// How often: a pattern, events of the day, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frequency {
    pattern: Option<Pattern>,
    when: Vec<When>,
}

impl Frequency {
    /// From a pattern and events; `None` when there is neither. Each event counts once, and not beside one that says it
    /// more exactly: breakfast is in the morning.
    pub fn new(pattern: Option<Pattern>, events: &[When]) -> Option<Self> {
        let mut when: Vec<When> = Vec::new();
        for event in events {
            let is_said = events.iter().any(|other| other.is_within(*event));
            if !when.contains(event) && !is_said {
                when.push(*event);
            }
        }
        (pattern.is_some() || !when.is_empty()).then_some(Self { pattern, when })
    }

    /// The pattern; `None`: every day at the events.
    pub fn pattern(&self) -> Option<Pattern> {
        self.pattern
    }

    /// The events of the day.
    pub fn when(&self) -> &[When] {
        &self.when
    }

    /// Its code in HL7's GTSAbbreviation, when there is one that says all of it.
    pub fn code(&self) -> Option<&'static str> {
        match (self.pattern, self.when.as_slice()) {
            (Some(pattern), []) => pattern.code(),
            (None, [event]) => event.abbreviation(),
            _ => None,
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = String::new();
        for event in &self.when {
            // What is taken with a meal in the morning is not taken twice.
            let and = if event.is_meal() { " " } else { " and " };
            words.push_str(if words.is_empty() { "" } else { and });
            words.push_str(event.words(self.pattern.is_some()));
        }
        match self.pattern {
            Some(pattern) if words.is_empty() => write!(formatter, "{pattern}"),
            Some(pattern) => write!(formatter, "{pattern} {words}"),
            None => formatter.write_str(&words),
        }
    }
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// How many units.
    pub count: Count,
    /// Which.
    pub unit: TimeUnit,
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count.is(1) { "" } else { "s" };
        write!(formatter, "{} {}{plural}", self.count, self.unit.name())
    }
}
