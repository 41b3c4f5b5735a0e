//! Secrets that stand for people hold as long as they are used, and not when they are revoked.

use super::practice::Practice;
use record::credential::CredentialKind::PageSession;
use std::sync::atomic::Ordering;

const MINUTE_MS: i64 = 60_000;

#[test]
fn d5_a_session_holds_while_it_is_used_and_ends_when_nobody_is_there() {
    let practice = Practice::new();
    let session = practice.user("ida", "Ida Ames");
    let now = || practice.time_ms.load(Ordering::Relaxed);
    let later = |minutes: i64| practice.time_ms.fetch_add(minutes * MINUTE_MS, Ordering::Relaxed);
    let holds = |secret: &str| practice.record.authenticate(PageSession, secret).unwrap().is_some();
    let secret = session.issue_credential(PageSession, session.actor(), now() + 15 * MINUTE_MS).unwrap();
    for _ in 0..4 {
        later(10);
        assert!(holds(&secret), "it was used ten minutes ago");
        practice.record.prolong(PageSession, &secret, now() + 15 * MINUTE_MS).unwrap();
    }
    later(16);
    assert!(!holds(&secret));
    practice.record.prolong(PageSession, &secret, now() + 15 * MINUTE_MS).unwrap();
    assert!(!holds(&secret), "what is over stays so");
    practice.record.prolong(PageSession, "unknown", now() + 15 * MINUTE_MS).unwrap();
    assert!(!holds("unknown"));
}

#[test]
fn whoever_is_revoked_is_out_everywhere_and_nobody_else() {
    let practice = Practice::new();
    let (ida, max) = (practice.user("ida", "Ida Ames"), practice.user("max", "Max Roe"));
    let issue = |session: &record::Session| {
        session.issue_credential(PageSession, session.actor(), i64::MAX / 2).unwrap()
    };
    // Each secret of this practice's is the same: one each will do.
    let first = issue(&ida);
    practice.administrator().revoke_all("max").unwrap();
    assert!(practice.record.authenticate(PageSession, &first).unwrap().is_some());
    practice.administrator().revoke_all("ida").unwrap();
    assert!(practice.record.authenticate(PageSession, &first).unwrap().is_none());
    practice.record.prolong(PageSession, &first, i64::MAX / 2 + MINUTE_MS).unwrap();
    assert!(
        practice.record.authenticate(PageSession, &first).unwrap().is_none(),
        "use does not bring it back"
    );
    assert!(issue(&max) == first && practice.record.authenticate(PageSession, &first).unwrap().is_some());
}
