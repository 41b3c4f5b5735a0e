//! Dates as labels write them, by a pattern: `YYMMDD`, `MMYY`, `YYJJJ` and others.
//!
//! `Y`, `M`, `D` are digits of year, month and day, `J` of the day of the year, `h` and `m` of hour and minute, which must
//! be ones and are not kept. Years have two digits, or four, or three: ISBT 128 writes the century with one.

use fhir::date_time::{Date, calendar};

/// Reads a date by its pattern; `None` when it is no date. A pattern without day gives a month; the day `00` in a pattern
/// with days is the last of its month (GS1 General Specifications §3.4.2 and following).
pub fn read(pattern: &str, text: &str, this_year: u16) -> Option<Date> {
    if text.len() != pattern.len() {
        return None;
    }
    let number = |letter: char| number(pattern, text, letter);
    let year = year(number('Y')?, pattern.matches('Y').count(), this_year)?;
    if number('h').is_some_and(|hour| hour > 23) || number('m').is_some_and(|minute| minute > 59) {
        return None;
    }
    match (number('J'), number('M'), number('D')) {
        (Some(day_of_year), ..) => by_day_of_year(year, day_of_year),
        (None, Some(month), None) => Date::from_year_month(year, u8::try_from(month).ok()?),
        (None, Some(month), Some(day)) => {
            let month = u8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
            let last = calendar::days_in_month(i32::from(year), month);
            Date::new(year, month, if day == 0 { last } else { u8::try_from(day).ok()? })
        }
        (None, None, _) => None,
    }
}

/// The number that stands where a pattern has a letter; `None` where it has none, or no digits stand there.
fn number(pattern: &str, text: &str, letter: char) -> Option<u16> {
    let digits: String = pattern
        .chars()
        .zip(text.chars())
        .filter(|(place, _)| *place == letter)
        .map(|(_, digit)| digit)
        .collect();
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn year(number: u16, digits: usize, this_year: u16) -> Option<u16> {
    match digits {
        2 => Some(nearest_century(number, this_year)),
        // ISBT 128 Standard Technical Specification, data structure 004: 9 is the 20th century, 0 the 21st.
        3 if number >= 900 => Some(1000 + number),
        3 => Some(2000 + number),
        4 => Some(number),
        _ => None,
    }
}

/// The year with these last two digits from 49 years ago until in 50 years (GS1 General Specifications §7.12).
fn nearest_century(number: u16, this_year: u16) -> u16 {
    let this_year = this_year.clamp(100, 9800);
    let candidate = this_year - this_year % 100 + number;
    if candidate > this_year + 50 {
        candidate - 100
    } else if candidate + 50 <= this_year {
        candidate + 100
    } else {
        candidate
    }
}

fn by_day_of_year(year: u16, day_of_year: u16) -> Option<Date> {
    let first = Date::new(year, 1, 1)?.first_day();
    let date = Date::from_days(first + i64::from(day_of_year) - 1)?;
    (day_of_year > 0 && date.year() == year).then_some(date)
}
