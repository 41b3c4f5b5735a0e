//! One's own security is changed by who showed a moment ago who they are, and by nobody else.

use crate::practice::{PASSWORD, Practice};

const NEW: &str = "password=three+grey+geese&again=three+grey+geese";

#[test]
fn hs7_a_page_that_was_left_open_changes_nothing() {
    let practice = Practice::new();
    let cookie = practice.joined("ida");
    let other = practice.joined("max");
    practice.wait_ms(5 * 60_000 - 1);
    assert!(practice.get(&cookie, "/security").text.contains("id=\"new-password\""));
    assert!(practice.get(&cookie, "/session").text.contains("\"is_recent\":true"));
    practice.wait_ms(1);
    assert!(practice.get(&cookie, "/session").text.contains("\"is_recent\":false"));
    let shown = practice.get(&cookie, "/security").text;
    assert!(!shown.contains("id=\"new-password\"") && shown.contains("id=\"confirm-password\""), "{shown}");
    let late = practice.post(&cookie, "/security/password", NEW);
    assert_eq!(late.status, 403);
    assert!(late.text.contains("nothing was changed"), "{}", late.text);

    // The wrong password, a passkey that is none, a code that is none.
    for wrong in ["password=two+brown+cats", "passkey=%7B%7D", "code=aaaa", ""] {
        let refused = practice.post(&cookie, "/confirm", &format!("{wrong}&to=/security"));
        assert_eq!(refused.status, 403, "{wrong}");
    }
    let right = format!("password={}&to=/security", PASSWORD.replace(' ', "+"));
    let confirmed = practice.post(&cookie, "/confirm", &right);
    assert_eq!((confirmed.status, confirmed.location.as_str()), (303, "/security"));
    let changed = practice.post(&cookie, "/security/password", NEW);
    assert_eq!((changed.status, changed.location.as_str()), (303, "/security"), "{}", changed.text);
    // Another's session is none of it, and is as old as it was.
    assert_eq!(practice.post(&other, "/security/password", NEW).status, 403);
    practice.wait_ms(5 * 60_000);
    assert_eq!(practice.post(&cookie, "/confirm", &right).status, 403, "the old one holds no more");
}

#[test]
fn another_password_ends_all_other_sessions_and_one_may_end_them_singly() {
    let practice = Practice::new();
    let here = practice.joined("ida");
    practice.wait_ms(60_000);
    let secret = here.split_once('=').unwrap().1;
    let kind = record::credential::CredentialKind::PageSession;
    let actor = practice.record.authenticate(kind, secret).unwrap().unwrap();
    let origin = record::Origin { address: "192.0.2.7".to_owned(), way: "page" };
    let session = practice.record.session(actor.clone(), origin);
    let begin = || {
        let expires_ms = practice.record.now_ms() + 900_000;
        format!("chiron-session={}", session.issue_credential(kind, &actor, expires_ms).unwrap())
    };
    let (first, second) = (begin(), begin());
    assert_eq!(practice.get(&first, "/patients").status, 200);
    let shown = practice.get(&here, "/security").text;
    assert_eq!(shown.matches("192.0.2.7").count(), 4, "two rows, each with a button: {shown}");
    let row = shown.split("/security/end-session").nth(1).unwrap();
    let key = row.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(practice.post(&here, "/security/end-session", &format!("key={key}")).status, 303);
    let open = [&first, &second].iter().filter(|one| practice.get(one, "/patients").status == 200).count();
    assert_eq!(open, 1, "one of them has ended");
    assert_eq!(practice.post(&here, "/security/password", NEW).status, 303);
    for ended in [&first, &second] {
        assert_eq!(practice.get(ended, "/patients").location, "/sign-in?to=%2Fpatients");
    }
    assert_eq!(practice.get(&here, "/patients").status, 200, "this one goes on");
}
