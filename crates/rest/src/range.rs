//! Which part of content a request wants (RFC 9110 §14).

use crate::answer::http_date;
use axum::http::{HeaderMap, header};
use std::ops::Range;

/// What is wanted of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it: no part is named, or several, or in a way that is not understood.
    All,
    /// These bytes of it.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Nothing,
}

/// Reads `Range` against content of a length. `If-Range` must name the version, by its strong tag or its time; otherwise
/// the part would be one of other content.
pub(crate) fn wanted(headers: &HeaderMap, length: u64, tag: &str, updated_ms: i64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(range) = text(header::RANGE) else { return Wanted::All };
    match text(header::IF_RANGE) {
        Some(condition) if condition != tag && condition != http_date(updated_ms) => Wanted::All,
        _ => read(range, length),
    }
}

fn read(range: &str, length: u64) -> Wanted {
    let spec = range.trim().strip_prefix("bytes=").filter(|spec| !spec.contains(','));
    let Some((first, last)) = spec.and_then(|spec| spec.split_once('-')) else { return Wanted::All };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let part = match (first.trim(), last.trim()) {
        ("", last) => number(last).map(|count: u64| length.saturating_sub(count)..length),
        (first, "") => number(first).map(|first| first..length),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Some(first..length.min(last.saturating_add(1))),
            _ => None,
        },
    };
    match part {
        None => Wanted::All,
        Some(part) if part.is_empty() => Wanted::Nothing,
        Some(part) => Wanted::Part(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read() {
        let rows = [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=2-4", Wanted::Part(2..5)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=8-99999999999999999", Wanted::Part(8..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=4-2", Wanted::All),
            ("bytes=0-1,3-4", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("bytes=-", Wanted::All),
            ("lines=1-2", Wanted::All),
        ];
        for (text, wanted) in rows {
            assert_eq!(read(text, 10), wanted, "{text}");
        }
        assert_eq!(read("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn a_part_of_another_version_is_not_given() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=1-2".parse().unwrap());
        let part = Wanted::Part(1..3);
        assert_eq!(wanted(&headers, 10, "\"3\"", 0), part);
        for (condition, expected) in [
            ("\"3\"", &part),
            ("\"2\"", &Wanted::All),
            ("W/\"3\"", &Wanted::All),
            ("Thu, 01 Jan 1970 00:00:00 GMT", &part),
        ] {
            headers.insert(header::IF_RANGE, condition.parse().unwrap());
            assert_eq!(wanted(&headers, 10, "\"3\"", 0), *expected, "{condition}");
        }
    }
}
