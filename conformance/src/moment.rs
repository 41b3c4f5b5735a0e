//! FHIR's dates of any precision as ranges of time, to see whether what a search by date found was asked for.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};
use serde_json::Value;

/// From an instant up to, but without, another; in milliseconds since 1970. An open end is the largest number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Range {
    /// What a `date`, `dateTime` or `instant` covers; UTC where it has no offset.
    pub fn of_text(text: &str) -> Option<Self> {
        let year = |text: &str| text.parse::<i16>().ok();
        if text.len() == 4 {
            let start = Date::new(year(text)?, 1, 1).ok()?;
            return Self::of_days(start, Span::new().years(1));
        }
        if text.len() == 7 {
            let start = Date::new(year(text.get(..4)?)?, text.get(5..)?.parse().ok()?, 1).ok()?;
            return Self::of_days(start, Span::new().months(1));
        }
        if text.len() == 10 {
            return Self::of_days(text.parse().ok()?, Span::new().days(1));
        }
        let start_ms = instant_ms(text)?;
        let lasts_ms = if text.contains('.') { 1 } else { 1000 };
        Some(Self { start_ms, end_ms: start_ms + lasts_ms })
    }

    fn of_days(start: Date, lasts: Span) -> Option<Self> {
        let start_ms = midnight_ms(start)?;
        Some(Self { start_ms, end_ms: midnight_ms(start.checked_add(lasts).ok()?)? })
    }

    /// What an element covers: a date, a Period, or a Timing by its events.
    pub fn of_element(element: &Value) -> Option<Self> {
        if let Some(text) = element.as_str() {
            return Self::of_text(text);
        }
        if let Some(events) = element["event"].as_array() {
            let ranges: Vec<_> = events.iter().filter_map(Self::of_element).collect();
            let start_ms = ranges.iter().map(|range| range.start_ms).min()?;
            return Some(Self { start_ms, end_ms: ranges.iter().map(|range| range.end_ms).max()? });
        }
        let bound = |name: &str| element[name].as_str().and_then(Self::of_text);
        let (start, end) = (bound("start"), bound("end"));
        if start.is_none() && end.is_none() {
            return None;
        }
        Some(Self {
            start_ms: start.map_or(i64::MIN, |range| range.start_ms),
            end_ms: end.map_or(i64::MAX, |range| range.end_ms),
        })
    }

    /// Whether an element that covers this is found by a prefix and what the asked value covers (R4 search, 3.1.1.5.2).
    pub fn is_found_by(self, prefix: &str, asked: Self) -> bool {
        let is_within = self.start_ms >= asked.start_ms && self.end_ms <= asked.end_ms;
        match prefix {
            "gt" => self.end_ms > asked.end_ms,
            "lt" => self.start_ms < asked.start_ms,
            "ge" => is_within || self.end_ms > asked.end_ms,
            "le" => is_within || self.start_ms < asked.start_ms,
            _ => is_within,
        }
    }
}

fn midnight_ms(date: Date) -> Option<i64> {
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// The start of a time with or without an offset, with or without seconds.
fn instant_ms(text: &str) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_date_is_found_by_what_it_lies_in() {
        let rows = [
            ("2020-03-01", "eq", "2020", true),
            ("2020", "eq", "2020-03-01", false),
            ("2020-03-01T23:30:00-05:00", "eq", "2020-03-02", true),
            ("2020-03-01", "gt", "2020-03-01", false),
            ("2020-03-01", "ge", "2020-03-01", true),
            ("2020-03-01", "le", "2020-03", true),
            ("2020-02-29", "lt", "2020-03", true),
            ("2020-03", "lt", "2020-03", false),
        ];
        for (element, prefix, asked, is_found) in rows {
            let range = Range::of_text(element).unwrap();
            assert_eq!(
                range.is_found_by(prefix, Range::of_text(asked).unwrap()),
                is_found,
                "{element} {prefix}{asked}"
            );
        }
        let open = Range::of_element(&json!({ "start": "2020-01-01" })).unwrap();
        assert!(open.is_found_by("gt", Range::of_text("2100").unwrap()));
        assert_eq!(Range::of_element(&json!({})), None);
        assert_eq!(Range::of_text("yesterday, perhaps"), None);
    }
}
