//! A provider that changes its keys, or lies of itself, asked at moments of the test's own.

use super::id_token::tests::Signer;
use super::{Ask, Provider, ProviderSettings, Purpose, Shown, Told, Unshown};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

const ISSUER: &str = "https://id.example.org";
const NOW_MS: i64 = 1_800_000_000_000;

/// What a provider answers, by the paths, and what it was asked.
#[derive(Default)]
struct Played {
    answers: HashMap<&'static str, Value>,
    asked: Vec<String>,
}

fn provider(played: &Arc<Mutex<Played>>) -> Provider {
    let settings = ProviderSettings {
        issuer: ISSUER.to_owned(),
        label: "Sample Hospital".to_owned(),
        client_id: "chiron".to_owned(),
        secret: None,
        name_claim: "preferred_username".to_owned(),
        ways: Vec::new(),
    };
    let played = Arc::clone(played);
    let transport = move |ask: Ask| {
        let mut played = played.lock().unwrap();
        let path = ask.url.strip_prefix(ISSUER).unwrap_or_default().to_owned();
        let answer = played.answers.get(path.as_str()).cloned();
        played.asked.push(path);
        let told = match answer {
            Some(answer) => Ok(Told { status: 200, body: answer.to_string().into_bytes() }),
            None => Err("no answer within 10 seconds".to_owned()),
        };
        Box::pin(std::future::ready(told)) as super::Asking
    };
    Provider::new(settings, "https://emr.example.org/back".to_owned(), Box::new(transport))
}

fn played(signer: &Signer, kid: &str) -> Arc<Mutex<Played>> {
    let at = |path: &str| format!("{ISSUER}{path}");
    let metadata = json!({ "issuer": ISSUER, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys") });
    let answers = [("/.well-known/openid-configuration", metadata), ("/keys", signer.set(kid))];
    Arc::new(Mutex::new(Played { answers: answers.into_iter().collect(), asked: Vec::new() }))
}

/// The result of what is ready at once.
fn now<T>(work: impl Future<Output = T>) -> T {
    match std::pin::pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a played provider answers at once"),
    }
}

/// Goes there and back at a moment, with a token by a key of an id.
fn go(
    (provider, played): (&Provider, &Mutex<Played>),
    (signer, kid): (&Signer, &str),
    now_ms: i64,
) -> Result<(Purpose, Shown), Unshown> {
    let begun = now(provider.begin(Purpose::Link, now_ms))?;
    let query = begun.url.split_once('?').unwrap().1;
    let sent: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let now_s = now_ms / 1000;
    let claims = json!({ "iss": ISSUER, "aud": "chiron", "sub": "7", "nonce": sent["nonce"], "iat": now_s,
        "exp": now_s + 60 });
    let token = json!({ "id_token": signer.token(kid, &claims) });
    played.lock().unwrap().answers.insert("/token", token);
    let answer = [("state".to_owned(), sent["state"].clone()), ("code".to_owned(), "c".to_owned())];
    now(provider.finish(&begun.cookie, &answer, now_ms))
}

#[test]
fn d1_new_keys_of_the_provider_are_fetched_when_they_are_used_and_not_at_every_wish() {
    let (old, new) = (Signer::new(), Signer::new());
    let played = played(&old, "1");
    let provider = provider(&played);
    let both = (&provider, &*played);
    assert_eq!(go(both, (&old, "1"), NOW_MS).unwrap().1.subject, "7");
    let fetched = || played.lock().unwrap().asked.iter().filter(|path| *path == "/keys").count();
    assert_eq!(go(both, (&old, "1"), NOW_MS + 1_000).unwrap().0, Purpose::Link);
    assert_eq!(fetched(), 1, "what it says of itself is kept");
    // Tokens by keys that nobody knows make no request each.
    for _ in 0..5 {
        assert!(matches!(go(both, (&new, "2"), NOW_MS + 19_000), Err(Unshown::Failed(_))));
    }
    assert_eq!(fetched(), 1);
    played.lock().unwrap().answers.insert("/keys", new.set("2"));
    assert!(go(both, (&new, "2"), NOW_MS + 20_000).is_ok());
    assert!(go(both, (&old, "1"), NOW_MS + 21_000).is_err(), "the old key is gone");
    assert!(go(both, (&old, "2"), NOW_MS + 21_000).is_err(), "and its name does not help it");
    assert_eq!(fetched(), 2);
    assert!(go(both, (&new, "2"), NOW_MS + 20_000 + 3_600_000).is_ok());
    assert_eq!(fetched(), 3, "once an hour it is asked again");
}

#[test]
fn d1_a_provider_that_is_away_or_another_shows_nobody() {
    let signer = Signer::new();
    let played = played(&signer, "1");
    let provider = provider(&played);
    let failure = |path: &'static str, answer: Option<Value>| {
        let kept = match answer {
            Some(answer) => played.lock().unwrap().answers.insert(path, answer),
            None => played.lock().unwrap().answers.remove(path),
        };
        let failed = go((&provider, &*played), (&signer, "1"), NOW_MS).unwrap_err();
        played.lock().unwrap().answers.insert(path, kept.unwrap());
        failed.to_string()
    };
    assert!(failure("/keys", None).contains("/keys: no answer"));
    assert!(failure("/keys", Some(json!({ "keys": [] }))).contains("None of the keys"));
    let other = json!({ "issuer": "https://evil.example" });
    assert!(failure("/.well-known/openid-configuration", Some(other)).contains("another issuer"));
    assert!(go((&provider, &*played), (&signer, "1"), NOW_MS).is_ok(), "none of it is kept");
}
