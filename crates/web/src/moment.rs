//! Now and how long ago, as people say it.

use crate::words;
use fhir::date_time::{Date, DateTime, Precision};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Which day it is on the practice's wall: by the time zone that this machine is set to. `None` beyond year 9999.
pub(crate) fn today(now_ms: i64) -> Option<Date> {
    Date::from_ms(now_ms, on_wall(now_ms)?.offset().seconds() / 60)
}

/// The day of the week, whole.
pub(crate) fn weekday(date: Date) -> &'static str {
    // 1 January 1970 was a Thursday.
    const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let at = usize::try_from(date.first_day().rem_euclid(7)).unwrap_or_default();
    DAYS[at]
}

/// A moment on the practice's wall, such as `26-Nov-2026 09:20`; empty beyond year 9999.
pub(crate) fn day_and_time(ms: i64) -> String {
    let Some(moment) = on_wall(ms) else { return String::new() };
    format!("{} {}", words::date(&moment.date().to_string()), moment.strftime("%H:%M"))
}

/// A moment's day on the practice's wall, such as `26-Nov-2026`; empty beyond year 9999.
pub(crate) fn day(ms: i64) -> String {
    words::date(&field(ms))
}

/// A moment's day on the practice's wall as date fields have it, such as `2026-11-26`; empty beyond year 9999.
pub(crate) fn field(ms: i64) -> String {
    today(ms).map(|day| day.to_string()).unwrap_or_default()
}

/// A moment's time of day on the practice's wall, such as `09:20`; empty beyond year 9999.
pub(crate) fn time(ms: i64) -> String {
    on_wall(ms).map(|moment| moment.strftime("%H:%M").to_string()).unwrap_or_default()
}

/// Day since 1970, weekday (0 is Monday) and hour of a moment on the practice's wall.
pub(crate) fn wall(ms: i64) -> (i64, u8, u8) {
    let (Some(moment), Some(date)) = (on_wall(ms), today(ms)) else { return (0, 0, 0) };
    let number = |number: i8| u8::try_from(number).unwrap_or_default();
    (date.first_day(), number(moment.weekday().to_monday_zero_offset()), number(moment.hour()))
}

/// When a day, or so many days behind it, begins on the practice's wall, in milliseconds since 1970; `None` when it is no day.
pub(crate) fn beginning(day: &str, days_behind: i64) -> Option<i64> {
    let date: jiff::civil::Date = day.parse().ok()?;
    let date = date.checked_add(jiff::Span::new().try_days(days_behind).ok()?).ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::system()).ok()?.timestamp().as_millisecond())
}

fn on_wall(ms: i64) -> Option<jiff::Zoned> {
    Some(jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(jiff::tz::TimeZone::system()))
}

/// How long ago something recorded was; empty when that cannot be said, or it is still to come.
pub(crate) fn ago(recorded: &str, now_ms: i64) -> String {
    let Ok(moment) = DateTime::parse_lenient(recorded) else { return String::new() };
    let days = match moment.time() {
        Some(_) => match now_ms - moment.range_ms(0).0 {
            i64::MIN..0 => return String::new(),
            past @ 0..HOUR_MS => return format!("{} min ago", past / MINUTE_MS),
            past @ HOUR_MS..DAY_MS => return format!("{} h ago", past / HOUR_MS),
            past => past / DAY_MS,
        },
        None if moment.precision() < Precision::Day => return String::new(),
        None => match today(now_ms).map(|today| today.first_day() - moment.date().first_day()) {
            None | Some(i64::MIN..0) => return String::new(),
            Some(0) => return "today".to_owned(),
            Some(days) => days,
        },
    };
    match days {
        ..14 => format!("{days} d ago"),
        14..60 => format!("{} wk ago", days / 7),
        60..730 => format!("{} mo ago", days * 12 / 365),
        _ => format!("{} y ago", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_said_in_the_unit_that_matters() {
        let now_ms = 1_795_305_600_000; // 2026-11-22T00:00:00Z
        let cases = [
            ("2026-11-21T23:20:00Z", "40 min ago"),
            ("2026-11-21T16:00:00-05:00", "3 h ago"),
            ("2026-11-10T00:00:00Z", "12 d ago"),
            ("2026-11-01T00:00:00Z", "3 wk ago"),
            ("2025-12-25T00:00:00Z", "10 mo ago"),
            ("2020-01-01T00:00:00Z", "6 y ago"),
            ("2027-01-01T00:00:00Z", ""),
            ("2020", ""),
            ("", ""),
        ];
        for (recorded, expected) in cases {
            assert_eq!(ago(recorded, now_ms), expected, "{recorded}");
        }
    }

    #[test]
    fn days_have_their_names() {
        assert_eq!(weekday(Date::new(2026, 11, 22).unwrap()), "Sunday");
        assert_eq!(weekday(Date::new(1969, 12, 31).unwrap()), "Wednesday");
    }
}
