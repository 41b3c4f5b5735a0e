//! A stretch of time (R4 §2.24.0.11).

use crate::date_time::DateTime;
use crate::document::Node;

/// A `Period`. Both ends belong to it, each as long as its precision: an end of `2012-02-03` lasts all that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The start; absent is unknown or long ago.
    pub start: Option<DateTime>,
    /// The end; absent is ongoing or unknown.
    pub end: Option<DateTime>,
}

impl Period {
    /// Reads an object; an end that is missing or no dateTime is `None`.
    pub fn read(node: Node<'_>) -> Self {
        let end = |name| DateTime::parse(&node.get_str(name)?).ok();
        Self { start: end("start"), end: end("end") }
    }

    /// The interval in milliseconds since 1 January 1970 UTC: low is in it, high is not. An open end reaches
    /// `i64::MIN` or `i64::MAX`. The default offset holds where none is written.
    pub fn range_ms(self, default_offset_minutes: i32) -> (i64, i64) {
        (
            self.start.map_or(i64::MIN, |start| start.range_ms(default_offset_minutes).0),
            self.end.map_or(i64::MAX, |end| end.range_ms(default_offset_minutes).1),
        )
    }

    /// True when the instant is in the period.
    pub fn contains_ms(self, ms: i64, default_offset_minutes: i32) -> bool {
        let (low, high) = self.range_ms(default_offset_minutes);
        low <= ms && ms < high
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn ends_are_inclusive_and_may_be_open() {
        let document = Document::parse(r#"{"start":"1970-01-01","end":"1970-01-02"}"#).unwrap();
        let period = Period::read(document.root());
        assert_eq!(period.range_ms(0), (0, 172_800_000));
        assert!(period.contains_ms(172_799_999, 0) && !period.contains_ms(172_800_000, 0));
        let document = Document::parse(r#"{"start":"1970-01-01T00:00:00Z","end":"soon"}"#).unwrap();
        assert_eq!(Period::read(document.root()).range_ms(0), (0, i64::MAX));
    }
}
