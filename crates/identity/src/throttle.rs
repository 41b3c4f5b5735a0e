//! How often a name may be tried, and from one address: whether there is such an account or not, so that nobody learns which
//! there are.
//!
//! A name is one person's: few failures, long pauses. Behind an address there may be a whole practice: many failures, short
//! pauses, and failures are forgotten one by one, so that those who mistype do not add up over a day.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// When pauses come, and how long they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Failures that cost nothing: people mistype.
    free: u32,
    /// The first pause after them, in milliseconds; each is twice the one before.
    first_pause_ms: i64,
    /// The longest pause.
    longest_pause_ms: i64,
    /// How long it takes until one failure is forgotten; `None`: none is before all are.
    one_forgotten_ms: Option<i64>,
}

/// For each name.
pub(crate) const NAMES: Bounds =
    Bounds { free: 5, first_pause_ms: 2_000, longest_pause_ms: 15 * 60_000, one_forgotten_ms: None };
/// For each address.
pub(crate) const ADDRESSES: Bounds =
    Bounds { free: 100, first_pause_ms: 1_000, longest_pause_ms: 60_000, one_forgotten_ms: Some(10_000) };

/// When all failures are forgotten.
const FORGOTTEN_MS: i64 = 24 * 3_600_000;
/// Keys at a time; beyond them the oldest are forgotten.
const KEYS_MAX: usize = 100_000;

/// Failures by name or address.
#[derive(Debug)]
pub(crate) struct Throttle {
    bounds: Bounds,
    failures: HashMap<String, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last_ms: i64,
    /// Up to when failures were forgotten one by one.
    forgotten_ms: i64,
}

impl Failures {
    /// As they are now, when some of them may be forgotten.
    fn at(mut self, now_ms: i64, bounds: &Bounds) -> Self {
        let Some(one_ms) = bounds.one_forgotten_ms else { return self };
        let passed = (now_ms - self.forgotten_ms).max(0) / one_ms;
        self.count = self.count.saturating_sub(u32::try_from(passed).unwrap_or(u32::MAX));
        self.forgotten_ms += passed * one_ms;
        self
    }
}

impl Throttle {
    /// Nobody has failed yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, failures: HashMap::new() }
    }

    /// Until when a key may not be tried, in milliseconds since 1970; `None` when it may.
    pub fn until(&self, key: &str, now_ms: i64) -> Option<i64> {
        let failures = self.failures.get(key)?.at(now_ms, &self.bounds);
        let beyond = failures.count.checked_sub(self.bounds.free)?;
        let pause = self.bounds.first_pause_ms.saturating_mul(1 << beyond.min(20));
        Some(failures.last_ms + pause.min(self.bounds.longest_pause_ms)).filter(|until| *until > now_ms)
    }

    /// Counts an attempt, before it is known what comes of it: attempts at once are as many.
    pub fn count(&mut self, key: &str, now_ms: i64) {
        if self.failures.len() >= KEYS_MAX {
            let kept_ms = self.bounds.longest_pause_ms;
            self.failures.retain(|_, failures| failures.last_ms > now_ms - kept_ms);
        }
        let none = Failures { count: 0, last_ms: now_ms, forgotten_ms: now_ms };
        let failures = self.failures.entry(key.to_owned()).or_insert(none);
        let is_old = failures.last_ms < now_ms - FORGOTTEN_MS;
        let before = if is_old { none } else { failures.at(now_ms, &self.bounds) };
        *failures = Failures { count: before.count + 1, last_ms: now_ms, ..before };
    }

    /// Forgets the failures of a name: it was its person.
    pub fn forget(&mut self, key: &str) {
        self.failures.remove(key);
    }

    /// Takes back one that was counted and is no failure.
    pub fn uncount(&mut self, key: &str) {
        if let Some(failures) = self.failures.get_mut(key) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

/// What is counted together of addresses: of IPv6 the network of 64 bits, which one customer has as a whole.
pub(crate) fn address_key(address: &str) -> String {
    address.parse().map_or_else(|_| address.to_owned(), |address| network(address).to_string())
}

/// The network that an address counts for.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut throttle = Throttle::new(NAMES);
        for at in 0..5 {
            assert_eq!(throttle.until("a", at), None);
            throttle.count("a", at);
        }
        assert_eq!(throttle.until("a", 5), Some(2_004));
        assert_eq!(throttle.until("b", 5), None);
        throttle.count("a", 2_010);
        assert_eq!(throttle.until("a", 2_011), Some(6_010));
        (0..30).for_each(|_| throttle.count("a", 10_000));
        assert_eq!(throttle.until("a", 10_001), Some(10_000 + NAMES.longest_pause_ms));
        throttle.forget("a");
        assert_eq!(throttle.until("a", 10_001), None);
    }

    #[test]
    fn a_practice_behind_one_address_mistypes_all_day_and_is_not_kept_out() {
        let mut throttle = Throttle::new(ADDRESSES);
        // Three hundred people mistype within three quarters of an hour, and come in at the next try.
        for at in 0..300 {
            for (is_right, now_ms) in [(false, at * 9_000), (true, at * 9_000 + 4_000)] {
                assert_eq!(throttle.until("a", now_ms), None, "person {at}");
                throttle.count("a", now_ms);
                if is_right {
                    throttle.uncount("a");
                }
            }
        }
        // Somebody who tries passwords from one address has a minute between two.
        (0..200).for_each(|_| throttle.count("a", 3_000_000));
        assert_eq!(throttle.until("a", 3_000_001), Some(3_060_000));
    }

    #[test]
    fn an_address_is_counted_with_those_that_its_owner_has() {
        assert_eq!(address_key("2001:db8:1:2:3:4:5:6"), address_key("2001:db8:1:2::1"));
        assert_ne!(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
        assert_eq!(address_key("::ffff:192.0.2.7"), "192.0.2.7");
        assert_ne!(address_key("192.0.2.7"), address_key("192.0.2.8"));
    }
}
