//! A moment known at least to the second, with its offset.

use super::{DateTime, InvalidDateTime};
use std::fmt;

/// A FHIR `instant` (R4 §2.24.0.1): date, time to the second or finer, and offset, all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instant(DateTime);

impl Instant {
    /// Reads `YYYY-MM-DDThh:mm:ss`, a fraction or none, and `Z` or an offset.
    pub fn parse(text: &str) -> Result<Self, InvalidDateTime> {
        let moment = DateTime::parse(text).map_err(|_| InvalidDateTime::INSTANT)?;
        if moment.time().is_some() { Ok(Self(moment)) } else { Err(InvalidDateTime::INSTANT) }
    }

    /// The instant so many milliseconds after 1 January 1970 UTC, written in UTC with three digits. `None` beyond
    /// years 1 to 9999.
    pub fn from_ms(ms: i64) -> Option<Self> {
        DateTime::from_ms(ms, 0).map(Self)
    }

    /// Milliseconds since 1 January 1970 UTC; finer parts are cut off.
    pub fn ms(self) -> i64 {
        self.0.range_ms(0).0
    }

    /// The same as a `dateTime`.
    pub fn date_time(self) -> DateTime {
        self.0
    }
}

impl fmt::Display for Instant {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
