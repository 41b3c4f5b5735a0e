//! A certificate that is about to end is told of in the log, once a day.

use super::{Certificates, Validity};
use crate::practice::now_ms;
use anyhow::Result;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often the certificate is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// How long it is until the same certificate is told of again.
const AGAIN_MS: i64 = 24 * 60 * 60 * 1000;

/// How long before its end a certificate is told of.
const BEFORE_MS: i64 = 14 * AGAIN_MS;

/// Who sees to it that a new certificate comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Whoever runs the server.
    ByHand,
    /// The server itself: of certificates that hold for a few days it is told only when renewing them is late.
    ByItself,
}

/// Goes on to tell of the certificate when it ends soon, as long as it is used; `mend` says what there is to do.
pub fn keep_telling(certificates: &Arc<Certificates>, renewal: Renewal, mend: String) -> Result<()> {
    let at_work = Arc::downgrade(certificates);
    std::thread::Builder::new().name("certificate-end".to_owned()).spawn(move || {
        let mut told = None;
        while let Some(certificates) = at_work.upgrade() {
            if let Some(validity) =
                certificates.validity().filter(|one| is_due(*one, renewal, told, now_ms()))
            {
                tell(validity, &mend);
                told = Some((validity, now_ms()));
            }
            drop(certificates);
            std::thread::sleep(LOOK);
        }
    })?;
    Ok(())
}

/// Whether a certificate is to be told of now; `told` says of which that was done last, and when.
fn is_due(validity: Validity, renewal: Renewal, told: Option<(Validity, i64)>, now_ms: i64) -> bool {
    let before_ms = match renewal {
        Renewal::ByHand => BEFORE_MS,
        Renewal::ByItself => BEFORE_MS.min(validity.lifetime_ms() / 4),
    };
    let ends_soon = validity.until_ms.saturating_sub(now_ms) <= before_ms;
    let was_told = told.is_some_and(|(of, at_ms)| of == validity && now_ms.saturating_sub(at_ms) < AGAIN_MS);
    ends_soon && !was_told
}

fn tell(validity: Validity, mend: &str) {
    let end = Timestamp::from_millisecond(validity.until_ms).map(|end| end.to_string()).unwrap_or_default();
    match validity.until_ms.saturating_sub(now_ms()) {
        left_ms @ 1.. => {
            let days = left_ms / AGAIN_MS;
            tracing::warn!("the server's certificate ends at {end}, in {days} days: {mend}");
        }
        _ => tracing::error!("the server's certificate ended at {end}, and clients refuse it: {mend}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = AGAIN_MS;

    fn of_days(days: i64) -> Validity {
        Validity { from_ms: 0, until_ms: days * DAY }
    }

    #[test]
    fn a_certificate_is_told_of_once_a_day_from_two_weeks_before_its_end_on() {
        let validity = of_days(90);
        assert!(!is_due(validity, Renewal::ByHand, None, 75 * DAY));
        assert!(is_due(validity, Renewal::ByHand, None, 76 * DAY));
        let told = Some((validity, 76 * DAY));
        assert!(!is_due(validity, Renewal::ByHand, told, 77 * DAY - 1));
        assert!(is_due(validity, Renewal::ByHand, told, 77 * DAY));
        assert!(is_due(validity, Renewal::ByHand, told, 100 * DAY));
        // Another certificate is told of by itself.
        assert!(is_due(of_days(80), Renewal::ByHand, told, 76 * DAY));
    }

    #[test]
    fn what_is_renewed_in_time_is_not_told_of() {
        let (long, short) = (of_days(90), of_days(6));
        assert!(!is_due(long, Renewal::ByItself, None, 75 * DAY));
        assert!(is_due(long, Renewal::ByItself, None, 76 * DAY));
        assert!(!is_due(short, Renewal::ByItself, None, 4 * DAY));
        assert!(is_due(short, Renewal::ByItself, None, 5 * DAY));
    }
}
