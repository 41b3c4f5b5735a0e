//! When delivery is tried again, and when it is given up.

use std::time::Duration;
use tokio::time::Instant;

/// The first pause after a failure; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Failures in a row.
#[derive(Default)]
pub(super) struct Failures {
    since: Option<Instant>,
    count: u32,
}

impl Failures {
    /// After a failure: how long to wait before the next attempt; `None` when the patience is at its end.
    pub fn pause(&mut self, patience: Duration) -> Option<Duration> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let pause = FIRST_PAUSE.saturating_mul(2u32.saturating_pow(self.count)).min(LONGEST_PAUSE);
        self.count += 1;
        (since.elapsed() < patience).then_some(pause)
    }
}
