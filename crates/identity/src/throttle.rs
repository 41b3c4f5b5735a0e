//! How often a name may be tried: whether there is such an account or not, so that nobody learns which there are.

use std::collections::HashMap;

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
/// The first pause after them, in milliseconds; each is twice the one before.
const FIRST_PAUSE_MS: i64 = 2_000;
/// The longest pause.
const LONGEST_PAUSE_MS: i64 = 15 * 60_000;
/// When failures are forgotten.
const FORGOTTEN_MS: i64 = 24 * 3_600_000;
/// Names at a time; beyond them the oldest are forgotten.
const NAMES_MAX: usize = 100_000;

/// Failures by name.
#[derive(Debug, Default)]
pub(crate) struct Throttle(HashMap<String, Failures>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_ms: i64,
}

impl Throttle {
    /// Until when a name may not be tried, in milliseconds since 1970; `None` when it may.
    pub fn until(&self, name: &str, now_ms: i64) -> Option<i64> {
        let failures = self.0.get(name)?;
        let beyond = failures.count.checked_sub(FREE)?;
        let pause = FIRST_PAUSE_MS.saturating_mul(1 << beyond.min(20)).min(LONGEST_PAUSE_MS);
        Some(failures.last_ms + pause).filter(|until| *until > now_ms)
    }

    /// Counts an attempt, before it is known what comes of it: attempts at once are as many.
    pub fn count(&mut self, name: &str, now_ms: i64) {
        if self.0.len() >= NAMES_MAX {
            self.0.retain(|_, failures| failures.last_ms > now_ms - LONGEST_PAUSE_MS);
        }
        let failures = self.0.entry(name.to_owned()).or_insert(Failures { count: 0, last_ms: now_ms });
        if failures.last_ms < now_ms - FORGOTTEN_MS {
            failures.count = 0;
        }
        *failures = Failures { count: failures.count + 1, last_ms: now_ms };
    }

    /// Forgets the failures of a name: it was its person.
    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut throttle = Throttle::default();
        for at in 0..5 {
            assert_eq!(throttle.until("a", at), None);
            throttle.count("a", at);
        }
        assert_eq!(throttle.until("a", 5), Some(2_004));
        assert_eq!(throttle.until("b", 5), None);
        throttle.count("a", 2_010);
        assert_eq!(throttle.until("a", 2_011), Some(6_010));
        (0..30).for_each(|_| throttle.count("a", 10_000));
        assert_eq!(throttle.until("a", 10_001), Some(10_000 + LONGEST_PAUSE_MS));
        throttle.forget("a");
        assert_eq!(throttle.until("a", 10_001), None);
    }
}
