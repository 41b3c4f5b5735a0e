//! A date as people type it: `7/4/85`, `07041985`, `1985`, `Jul 1985`, `t`, `t-3w`.
//!
//! Numbers stand in the order of the United States, month before day, unless the year comes first. What could mean two
//! things is refused with a way to write it that means one; what was understood is shown in words before it counts.

use fhir::date_time::{CalendarUnit, Date};
use fhir::decimal::Decimal;

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

/// What can be typed, for who typed something else.
pub const HOW: &str =
    "write a date such as 7/4/1985, Jul 1985, 1985, t for today, or t-3w for three weeks ago";

/// Longer than any date.
const BYTES_MAX: usize = 40;
/// Years that a record can be about.
const YEARS: std::ops::RangeInclusive<u16> = 1800..=2199;
/// How far ahead of today two digits can mean a year of this century.
const AHEAD: u16 = 10;

/// What a reader made of a text: `None` when it is not of its kind.
type Reading = Option<Result<Date, String>>;

/// Each kind of writing.
const READERS: [fn(&str, Date) -> Reading; 4] = [relative, digits, numbers, words];

/// Words for a day near today, and how many days it is away.
const NEAR: [(&str, i64); 5] = [("t", 0), ("today", 0), ("now", 0), ("yesterday", -1), ("tomorrow", 1)];

/// What the units of the calendar are called, each with what it is typed as.
const UNITS: [(&str, &[&str], CalendarUnit); 4] = [
    ("day", &["d", "day", "days"], CalendarUnit::Day),
    ("week", &["w", "wk", "wks", "week", "weeks"], CalendarUnit::Week),
    ("month", &["m", "mo", "mos", "month", "months"], CalendarUnit::Month),
    ("year", &["y", "yr", "yrs", "year", "years"], CalendarUnit::Year),
];

/// The unit that a word means.
pub(crate) fn unit_of(word: &str) -> Option<CalendarUnit> {
    UNITS.iter().find(|(_, words, _)| words.contains(&word)).map(|(_, _, unit)| *unit)
}

/// What a unit is called; empty for those of the clock, which nobody types.
pub(crate) fn unit_name(unit: CalendarUnit) -> &'static str {
    UNITS.iter().find(|(_, _, known)| *known == unit).map_or("", |(name, _, _)| name)
}

/// Reads a date that was typed on a day. It may lack its day, or its month and day.
///
/// # Errors
/// What to do about a text that is no date, or could be two.
pub fn read(text: &str, today: Date) -> Result<Date, String> {
    let text = text.trim().to_lowercase();
    if text.len() > BYTES_MAX || !text.is_ascii() {
        return Err(HOW.to_owned());
    }
    READERS.iter().find_map(|reader| reader(&text, today)).unwrap_or_else(|| Err(HOW.to_owned()))
}

/// A date in words that cannot be misread: `July 4, 1985`.
pub fn in_words(date: Date) -> String {
    let month = date.month().and_then(month_name);
    match (month, date.day()) {
        (Some(month), Some(day)) => format!("{month} {day}, {}", date.year()),
        (Some(month), None) => format!("{month} {}", date.year()),
        (None, _) => date.year().to_string(),
    }
}

fn month_name(month: u8) -> Option<&'static str> {
    MONTHS.get(usize::from(month).checked_sub(1)?).copied()
}

/// `t`, `t-3w`, `-2d`, `+1 month`, `3 weeks ago`.
fn relative(text: &str, today: Date) -> Reading {
    if let Some((_, days)) = NEAR.iter().find(|(word, _)| *word == text) {
        return Some(ahead(today, *days, CalendarUnit::Day));
    }
    let (amount, is_past) = match text.strip_suffix("ago") {
        Some(amount) => (amount, true),
        None => {
            let rest = text.strip_prefix("today").or_else(|| text.strip_prefix('t')).unwrap_or(text).trim();
            let amount = rest.strip_prefix(['-', '+'])?;
            (amount, rest.starts_with('-'))
        }
    };
    let amount = amount.trim();
    let end = amount.find(|one: char| !one.is_ascii_digit())?;
    let unit = unit_of(amount[end..].trim())?;
    let count: i64 = amount[..end].parse().ok().filter(|count| *count <= 9_999)?;
    Some(ahead(today, if is_past { -count } else { count }, unit))
}

fn ahead(today: Date, count: i64, unit: CalendarUnit) -> Result<Date, String> {
    let date = today.add(Decimal::from(count), unit).filter(|date| YEARS.contains(&date.year()));
    date.ok_or_else(|| HOW.to_owned())
}

/// Digits alone: `1985`, `070485`, `07041985`, `19850704`, `198507`. No month is above 12, so what begins as years do is
/// one.
fn digits(text: &str, today: Date) -> Reading {
    if !text.bytes().all(|one| one.is_ascii_digit()) {
        return None;
    }
    let is_year_first = ["18", "19", "20", "21"].iter().any(|century| text.starts_with(century));
    let part = |from: usize, to: usize| text.get(from..to);
    let (year, month, day) = match (text.len(), is_year_first) {
        (4, _) => (text, None, None),
        (6, true) => (part(0, 4)?, part(4, 6), None),
        (6, false) => (part(4, 6)?, part(0, 2), part(2, 4)),
        (8, true) => (part(0, 4)?, part(4, 6), part(6, 8)),
        (8, false) => (part(4, 8)?, part(0, 2), part(2, 4)),
        _ => return Some(Err(HOW.to_owned())),
    };
    Some(whole(year, month, day, today))
}

/// Numbers with something between them: `7/4/85`, `1985-07-04`, `7/1985`.
fn numbers(text: &str, today: Date) -> Reading {
    let between = text.chars().find(|one| !one.is_ascii_digit()).filter(|one| "/-.".contains(*one))?;
    let parts: Vec<&str> = text.split(between).map(str::trim).collect();
    let are_numbers =
        parts.iter().all(|part| !part.is_empty() && part.bytes().all(|one| one.is_ascii_digit()));
    if !are_numbers {
        return None;
    }
    Some(match parts[..] {
        [year, month, day] if year.len() == 4 => whole(year, Some(month), Some(day), today),
        [month, day, year] => whole(year, Some(month), Some(day), today),
        [year, month] if year.len() == 4 => whole(year, Some(month), None, today),
        [month, year] if is_year(year) => whole(year, Some(month), None, today),
        [_, _] => Err(format!("which year? {HOW}")),
        _ => Err(HOW.to_owned()),
    })
}

/// The month in words: `Jul 1985`, `July 4, 1985`, `4-Jul-85`, `1985 Jul 4`.
fn words(text: &str, today: Date) -> Reading {
    let mut month = None;
    let mut numbers = Vec::new();
    for part in parts(text) {
        if part.starts_with(|one: char| one.is_ascii_digit()) {
            numbers.push(part);
        } else if let Some(found) = month_of(part) {
            if month.replace(found).is_some() {
                return None;
            }
        } else if !["st", "nd", "rd", "th", "of"].contains(&part) {
            return None;
        }
    }
    let month = month?;
    Some(match numbers[..] {
        [year] if is_year(year) => whole(year, Some(&month), None, today),
        [year, day] if year.len() == 4 => whole(year, Some(&month), Some(day), today),
        [day, year] => whole(year, Some(&month), Some(day), today),
        [] | [_] => Err(format!("which year? {HOW}")),
        _ => Err(HOW.to_owned()),
    })
}

/// The runs of letters and of digits.
fn parts(text: &str) -> Vec<&str> {
    let kind = |one: u8| (one.is_ascii_digit(), one.is_ascii_alphabetic());
    let runs = text.as_bytes().chunk_by(|one, two| kind(*one) == kind(*two));
    let runs = runs.filter_map(|run| std::str::from_utf8(run).ok());
    runs.filter(|run| run.starts_with(|one: char| one.is_ascii_alphanumeric())).collect()
}

/// The number of a month by at least three letters of its name.
fn month_of(word: &str) -> Option<String> {
    let is_meant = |name: &&str| name.to_lowercase().starts_with(word);
    let at = MONTHS.iter().position(|name| word.len() >= 3 && is_meant(name))?;
    Some((at + 1).to_string())
}

/// Whether a number can only be a year.
fn is_year(number: &str) -> bool {
    number.len() == 4 || (number.len() == 2 && number > "31")
}

/// The date of a year, of a month, or of a day.
fn whole(year: &str, month: Option<&str>, day: Option<&str>, today: Date) -> Result<Date, String> {
    let how = || HOW.to_owned();
    let number = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() <= 2);
    let year = year_of(year, today).ok_or_else(how)?;
    let Some(month) = month else { return Date::from_year(year).ok_or_else(how) };
    let month = number(month).ok_or_else(how)?;
    let Some(name) = month_name(month) else {
        return Err(turned_round(year, month, day.and_then(number)));
    };
    let Some(day) = day else { return Date::from_year_month(year, month).ok_or_else(how) };
    let day = number(day).ok_or_else(how)?;
    Date::new(year, month, day).ok_or_else(|| format!("{name} {year} has no day {day}; {HOW}"))
}

/// What to do about a month that there is not.
fn turned_round(year: u16, month: u8, day: Option<u8>) -> String {
    let meant = day.and_then(|day| Date::new(year, day, month));
    let remedy = meant.map_or_else(
        || HOW.to_owned(),
        |meant| format!("if {} is meant, write it so, the month before the day", in_words(meant)),
    );
    format!("there is no month {month}; {remedy}")
}

/// A year of four digits, or of two: the last one that is at most some years ahead.
fn year_of(text: &str, today: Date) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    let year = match text.len() {
        4 => number,
        2 => {
            let here = today.year() / 100 * 100 + number;
            if here > today.year() + AHEAD { here.checked_sub(100)? } else { here }
        }
        _ => return None,
    };
    YEARS.contains(&year).then_some(year)
}
