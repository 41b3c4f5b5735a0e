//! Signing in tells nobody more than they know, and takes no session from anybody.

use crate::practice::{PASSWORD, Practice};
use std::time::Instant;

#[test]
fn hs7_a_session_that_somebody_else_chose_is_not_taken_up() {
    let practice = Practice::new();
    let cookie = practice.joined("ida");
    for chosen in ["chiron-session=chosen-by-somebody-else", &cookie] {
        let wrong =
            practice.post(chosen, "/sign-in", "name=ida&password=wrong+wrong+wrong&one_time_code=000000");
        assert_eq!((wrong.status, wrong.cookie.as_str()), (401, ""), "{}", wrong.text);
    }
    assert_eq!(practice.get("chiron-session=chosen-by-somebody-else", "/patients").status, 303);
    assert_eq!(practice.get(&cookie, "/patients").status, 200, "a wrong try ends no session");
    let code = practice.record.session(access::Actor::local_administrator(), record::Origin::default());
    let actor = access::Actor::local_administrator();
    let kind = record::credential::CredentialKind::SignInCode;
    let code = code.issue_credential(kind, &actor, practice.record.now_ms() + 60_000).unwrap();
    let begun = practice.post(&cookie, "/sign-in", &format!("code={code}"));
    assert_eq!(begun.status, 303, "{}", begun.text);
    assert!(begun.cookie.starts_with("chiron-session=") && begun.cookie != cookie, "a secret of its own");
    assert_eq!(practice.get(&cookie, "/patients").status, 303, "the one before has ended with it");
    assert_eq!(practice.get(&begun.cookie, "/patients").status, 200);
}

#[test]
fn hs7_a_name_that_nobody_has_takes_as_long_as_a_wrong_password() {
    let practice = Practice::new();
    practice.joined("ida");
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..9 {
        for (which, name) in ["ida", "nobody"].iter().enumerate() {
            // So long that no failure counts any more.
            practice.wait_ms(24 * 3_600_000);
            let body = format!("name={name}&password={}x&one_time_code=000000", PASSWORD.replace(' ', "+"));
            let begun = Instant::now();
            let refused = practice.post("", "/sign-in", &body);
            seconds[which].push(begun.elapsed().as_secs_f64());
            assert_eq!(refused.status, 401, "{}", refused.text);
        }
    }
    let [known, unknown] = seconds.map(|mut all| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    });
    // Without the hash it would be a hundredth of it.
    let ratio = unknown / known;
    assert!((0.4..2.5).contains(&ratio), "a name that nobody has takes {ratio:.2} of the time");
}
