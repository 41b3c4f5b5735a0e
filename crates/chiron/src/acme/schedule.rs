//! When a certificate is renewed, and when an order that failed is tried again.

use crate::tls::Validity;
use std::time::Duration;

/// How long it is from one look to the next at most: another server on the same database may have renewed meanwhile.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// The pause after the first order that failed; each further one makes it five times as long. Within an hour there are
/// five orders then, which is what Let's Encrypt lets fail for a name.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest pause between orders.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

/// How long to wait until a certificate is to be renewed: when two thirds of its time are over. Zero when that is now.
pub fn until_renewal(validity: Validity, now_ms: i64) -> Duration {
    let renewal_ms = validity.until_ms.saturating_sub(validity.lifetime_ms() / 3);
    Duration::from_millis(u64::try_from(renewal_ms.saturating_sub(now_ms)).unwrap_or_default())
}

/// How long to wait until the next look.
pub fn until_look(until_renewal: Duration) -> Duration {
    until_renewal.min(LOOK)
}

/// How long to wait after so many orders in a row that failed.
pub fn pause(failures: u32) -> Duration {
    let factor = 5_u32.saturating_pow(failures.saturating_sub(1));
    PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_renewed_when_a_third_of_its_time_is_left() {
        let day_ms = 24 * 60 * 60 * 1000;
        let validity = Validity { from_ms: 0, until_ms: 90 * day_ms };
        assert_eq!(until_renewal(validity, 59 * day_ms), Duration::from_secs(24 * 60 * 60));
        assert_eq!(until_renewal(validity, 60 * day_ms), Duration::ZERO);
        assert_eq!(until_renewal(validity, 600 * day_ms), Duration::ZERO);
    }

    #[test]
    fn pauses_grow_and_no_more_than_five_orders_fail_within_an_hour() {
        let pauses: Vec<u64> = (1..9).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(pauses, [5, 25, 125, 625, 3125, 15_625, 21_600, 21_600]);
        assert!(pauses.iter().take(5).sum::<u64>() > 3600);
    }
}
