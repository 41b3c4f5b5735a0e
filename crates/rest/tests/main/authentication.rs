//! Who may ask what.

use crate::practice::{PATIENT, Practice, ask};
use access::{Actor, Scope};
use record::credential::CredentialKind;

fn token(practice: &Practice, actor: &Actor, expires_ms: i64) -> String {
    let session = practice.administrator();
    let secret = session.issue_credential(CredentialKind::BearerToken, actor, expires_ms).unwrap();
    format!("Bearer {secret}")
}

#[test]
fn nothing_of_the_record_is_told_without_a_token() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    for row in rest::interaction_outline() {
        let path = row.path.replace("{type}", "Patient").replace("{id}", "p1").replace("{version}", "1");
        let path = path.replace("{member}", "Observation").replace("{operation}", "$everything");
        let got = practice.send_as_is(ask(row.method, &path).request());
        if row.is_open {
            assert_eq!(got.status, 200, "{path}");
            continue;
        }
        got.assert_refusal(401, "login");
        assert!(got.header("www-authenticate").starts_with("Bearer"), "{path}");
        assert!(!got.text().contains("Ames"));
    }
    let open: Vec<_> = rest::interaction_outline().filter(|row| row.is_open).map(|row| row.path).collect();
    assert_eq!(open, ["/metadata", "/openapi.json"]);
}

#[test]
fn tokens_open_what_their_actor_may_see() {
    let practice = Practice::new();
    practice.fill(&[PATIENT]);
    let late = i64::MAX;
    let guest = token(&practice, &Actor::guest(), late);
    let read = practice.send_as_is(ask("GET", "/Patient/p1").with("authorization", &guest).request());
    assert_eq!(read.status, 200);
    let write =
        practice.send_as_is(ask("PUT", "/Patient/p1").json(PATIENT).with("authorization", &guest).request());
    write.assert_refusal(403, "forbidden");
    let scopes = Some(Scope::parse_list("system/Observation.rs").unwrap());
    let narrow = token(&practice, &Actor { scopes, ..Actor::local_administrator() }, late);
    let scoped = practice.send_as_is(ask("GET", "/Patient/p1").with("authorization", &narrow).request());
    scoped.assert_refusal(403, "forbidden");
}

#[test]
fn bad_tokens_are_refused() {
    let practice = Practice::new();
    let expired = token(&practice, &Actor::guest(), 0);
    let valid = token(&practice, &Actor::guest(), i64::MAX);
    let twice =
        ask("GET", "/Patient/p1").with("authorization", &valid).with("authorization", "Bearer unknown");
    practice.send_as_is(twice.request()).assert_refusal(401, "login");
    for value in [expired.as_str(), "Bearer unknown", "Bearer ", "Basic dTpw", "Bearer"] {
        let got = practice.send_as_is(ask("GET", "/Patient/p1").with("authorization", value).request());
        got.assert_refusal(401, "login");
    }
}
