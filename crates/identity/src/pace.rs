//! How much may be asked in a while: by one person or app, and from one address. What comes too fast is told to wait, so that
//! one program that runs wild, or somebody who reads record after record, does not take the server from the others.

use crate::throttle::network;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// How much may come at once after a pause, as the milliseconds in which it would come evenly.
const BURST_MS: f64 = 60_000.0;
/// Keys that are remembered at a time; beyond them those are forgotten that asked for nothing lately.
const KEYS_MAX: usize = 100_000;

/// Requests a minute; 0: as many as come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// By one person, or one app that acts for somebody.
    pub asker: u32,
    /// From one address, behind which there may be a whole practice.
    pub address: u32,
}

impl Rates {
    /// Reads `6000, address=60000`; what is not named is without bounds.
    ///
    /// # Errors
    /// Says which part is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rates = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, number) =
                part.split_once('=').map_or(("", part), |(name, number)| (name.trim(), number.trim()));
            let number = number.parse().map_err(|_| format!("'{part}' has no whole number"))?;
            match name {
                "" => rates.asker = number,
                "address" => rates.address = number,
                other => return Err(format!("'{other}' is not address: write 6000, address=60000")),
            }
        }
        Ok(rates)
    }
}

/// Requests as they came lately. The default has no bounds.
#[derive(Debug, Default)]
pub struct Pace {
    rates: Rates,
    askers: Mutex<Buckets<String>>,
    addresses: Mutex<Buckets<IpAddr>>,
}

/// By key, until when what was asked would take if it came evenly, in milliseconds since 1970.
type Buckets<K> = HashMap<K, f64>;

impl Pace {
    /// Nobody has asked yet.
    pub fn new(rates: Rates) -> Self {
        Self { rates, ..Self::default() }
    }

    /// Counts a request of an asker. `Err`: it is not to be served, and after how many seconds it may come again.
    pub fn ask(&self, asker: &str, now_ms: i64) -> Result<(), u64> {
        take(&self.askers, self.rates.asker, asker, now_ms)
    }

    /// Counts a request from an address.
    pub fn come(&self, address: IpAddr, now_ms: i64) -> Result<(), u64> {
        take(&self.addresses, self.rates.address, &network(address), now_ms)
    }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn take<K, Q>(buckets: &Mutex<Buckets<K>>, per_minute: u32, key: &Q, now_ms: i64) -> Result<(), u64>
where
    K: Borrow<Q> + Eq + Hash,
    Q: ToOwned<Owned = K> + Eq + Hash + ?Sized,
{
    if per_minute == 0 {
        return Ok(());
    }
    let (now, step) = (now_ms as f64, 60_000.0 / f64::from(per_minute));
    let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(until) = buckets.get_mut(key) {
        let next = until.max(now) + step;
        if next - now > BURST_MS {
            return Err(((next - now - BURST_MS) / 1000.0).ceil().max(1.0) as u64);
        }
        *until = next;
        return Ok(());
    }
    if buckets.len() >= KEYS_MAX {
        buckets.retain(|_, until| *until > now);
    }
    // A flood of keys that all ask at once is kept by nothing but the addresses that they come from.
    if buckets.len() < KEYS_MAX {
        buckets.insert(key.to_owned(), now + step);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_comes_at_once_and_the_rest_evenly() {
        let pace = Pace::new(Rates { asker: 60, address: 0 });
        for _ in 0..60 {
            assert_eq!(pace.ask("a", 1_000_000), Ok(()));
        }
        assert_eq!(pace.ask("a", 1_000_000), Err(1));
        assert_eq!(pace.ask("b", 1_000_000), Ok(()), "others go on");
        assert_eq!(pace.ask("a", 1_001_000), Ok(()), "one a second");
        assert_eq!(pace.ask("a", 1_001_000), Err(1));
        // Who waits has a minute's worth again, and no more.
        assert_eq!((0..100).filter(|_| pace.ask("a", 9_000_000).is_ok()).count(), 60);
        assert_eq!(
            (0..100).filter(|_| pace.come([192, 0, 2, 7].into(), 0).is_ok()).count(),
            100,
            "no bounds"
        );
    }

    #[test]
    fn a_network_of_one_customer_counts_as_one_address() {
        let pace = Pace::new(Rates { asker: 0, address: 1 });
        assert_eq!(pace.come("2001:db8:1:2::1".parse().unwrap(), 0), Ok(()));
        assert_eq!(pace.come("2001:db8:1:2::ffff".parse().unwrap(), 0), Err(60));
        assert_eq!(pace.come("2001:db8:1:3::1".parse().unwrap(), 0), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_is_forgotten_and_takes_no_more_memory() {
        let pace = Pace::new(Rates { asker: 60, address: 0 });
        for number in 0..KEYS_MAX + 10 {
            assert_eq!(pace.ask(&number.to_string(), 0), Ok(()));
        }
        assert_eq!(pace.askers.lock().unwrap().len(), KEYS_MAX);
        pace.ask("later", 10_000).unwrap();
        assert_eq!(pace.askers.lock().unwrap().len(), 1);
    }

    #[test]
    fn rates_are_read() {
        assert_eq!(Rates::parse("6000, address=60000"), Ok(Rates { asker: 6000, address: 60000 }));
        assert_eq!(Rates::parse("0"), Ok(Rates::default()));
        assert!(Rates::parse("many").unwrap_err().contains("whole number"));
        assert!(Rates::parse("network=5").unwrap_err().contains("address"));
    }
}
