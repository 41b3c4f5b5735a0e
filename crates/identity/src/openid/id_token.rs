//! What a provider's token says of a person, once it was checked (OpenID Connect Core 1.0 §3.1.3.7).

use crate::oauth::key_set::KeySet;
use crate::oauth::signed_token::SignedToken;
use serde_json::Value;

/// The algorithms that providers sign with: never one with a shared secret, and never none.
pub(super) const ALGORITHMS: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"];

/// How far the provider's clock may be off, in seconds.
const SKEW_S: i64 = 60;
/// How old a token may be that comes straight from the provider, in seconds.
const AGE_MAX_S: i64 = 600;
/// How long ago somebody must have shown who they are when they were asked to, in seconds.
const RECENT_S: i64 = 300;

/// Whom a provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The provider.
    pub issuer: String,
    /// The person there, never given to anybody else.
    pub subject: String,
    /// Their name there, in small letters; `None` when it is not told, or not sure.
    pub name: Option<String>,
}

/// What a token must say.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// The claim that has the person's name.
    pub name_claim: &'a str,
    /// The ways of showing who one is of which one was taken; empty: any.
    pub ways: &'a [String],
    /// Whether the person must have shown it a moment ago.
    pub is_recent: bool,
}

/// Checks a token.
///
/// # Errors
/// What is wrong with it, without anything of the person.
pub(super) fn check(
    token: &SignedToken<'_>,
    keys: &KeySet,
    expected: &Expected<'_>,
    now_s: i64,
) -> Result<Shown, &'static str> {
    if !keys.is_signed((&token.algorithm, &token.key_id), token.message, &token.signature) {
        return Err("the token is not signed by the provider's keys");
    }
    if token.text("iss") != Some(expected.issuer) {
        return Err("the token is of another issuer");
    }
    if !is_for(token, expected.client_id) {
        return Err("the token is for another client");
    }
    if token.text("nonce") != Some(expected.nonce) {
        return Err("the token was not made for this sign-in");
    }
    check_times(token, expected.is_recent, now_s)?;
    let way = token.text("acr");
    if !expected.ways.is_empty() && !expected.ways.iter().any(|wanted| Some(wanted.as_str()) == way) {
        return Err("the provider did not ask for what the setting openid-acr demands");
    }
    let subject = token.text("sub").filter(|subject| !subject.is_empty() && subject.len() <= 255);
    Ok(Shown {
        issuer: expected.issuer.to_owned(),
        subject: subject.ok_or("the token names nobody")?.to_owned(),
        name: name(token, expected.name_claim),
    })
}

/// Whether it was made for a client: with several audiences, or when it says so, by `azp`.
fn is_for(token: &SignedToken<'_>, client_id: &str) -> bool {
    let is_shared = token.claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
    let party = token.text("azp");
    token.is_for(&[client_id]) && (party == Some(client_id) || (party.is_none() && !is_shared))
}

fn check_times(token: &SignedToken<'_>, is_recent: bool, now_s: i64) -> Result<(), &'static str> {
    let (Some(expires_s), Some(made_s)) = (token.moment("exp"), token.moment("iat")) else {
        return Err("the token has no exp or iat");
    };
    if expires_s <= now_s - SKEW_S || made_s < now_s - AGE_MAX_S {
        return Err("the token is over: compare the clocks of the provider and this server");
    }
    if made_s > now_s + SKEW_S || token.moment("nbf").is_some_and(|begin_s| begin_s > now_s + SKEW_S) {
        return Err("the token begins later: compare the clocks of the provider and this server");
    }
    let shown_s = token.moment("auth_time");
    let was_just_now = shown_s.is_some_and(|shown_s| (now_s - RECENT_S..=now_s + SKEW_S).contains(&shown_s));
    match is_recent && !was_just_now {
        true => Err("the provider did not ask again who it is"),
        false => Ok(()),
    }
}

/// The person's name at the provider. An address that nobody has checked may be anybody's.
fn name(token: &SignedToken<'_>, claim: &str) -> Option<String> {
    let is_sure = claim != "email" || token.claims.get("email_verified") == Some(&Value::Bool(true));
    let name = token.text(claim).map(|name| name.trim().to_lowercase())?;
    (is_sure && !name.is_empty()).then_some(name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::oauth::{signed_token, to_base64};
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    const NOW_S: i64 = 1_800_000_000;

    pub struct Signer(EcdsaKeyPair);

    impl Signer {
        pub fn new() -> Self {
            let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let made = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).unwrap())
        }

        pub fn set(&self, kid: &str) -> Value {
            let point = self.0.public_key().as_ref();
            let (x, y) = (to_base64(&point[1..33]), to_base64(&point[33..]));
            json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y }] })
        }

        fn keys(&self) -> KeySet {
            KeySet::parse(&self.set("1"), &ALGORITHMS).unwrap()
        }

        pub fn token(&self, kid: &str, claims: &Value) -> String {
            let message = signed_token::message(&json!({ "alg": "ES256", "kid": kid }), claims);
            let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            format!("{message}.{}", to_base64(signature.as_ref()))
        }
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example.org", "aud": "chiron", "sub": "7", "nonce": "n", "acr": "two",
            "exp": NOW_S + 300, "iat": NOW_S, "auth_time": NOW_S - 10, "preferred_username": " Ida.Ames ",
            "email": "Ida@example.org",
        })
    }

    fn expected<'a>() -> Expected<'a> {
        Expected {
            issuer: "https://id.example.org",
            client_id: "chiron",
            nonce: "n",
            name_claim: "preferred_username",
            ways: &[],
            is_recent: false,
        }
    }

    fn checked(claims: &Value, change: impl Fn(&mut Expected<'_>)) -> Result<Shown, &'static str> {
        let signer = Signer::new();
        let token = signer.token("1", claims);
        let mut expected = expected();
        change(&mut expected);
        check(&SignedToken::parse(&token).unwrap(), &signer.keys(), &expected, NOW_S)
    }

    #[test]
    fn d1_a_token_tells_whom_the_provider_knows() {
        let shown = checked(&claims(), |expected| expected.is_recent = true).unwrap();
        assert_eq!((shown.subject.as_str(), shown.name.as_deref()), ("7", Some("ida.ames")));
        let by_address = |claims: &Value| checked(claims, |expected| expected.name_claim = "email").unwrap();
        assert_eq!(by_address(&claims()).name, None, "nobody has checked it");
        let mut sure = claims();
        sure["email_verified"] = json!(true);
        assert_eq!(by_address(&sure).name.as_deref(), Some("ida@example.org"));
        sure["email_verified"] = json!("true");
        assert_eq!(by_address(&sure).name, None);
        let mut shared = claims();
        shared["aud"] = json!(["other", "chiron"]);
        shared["azp"] = json!("chiron");
        assert!(checked(&shared, |_| {}).is_ok());
        let demanded = ["two".to_owned(), "three".to_owned()];
        let token = claims();
        let signer = Signer::new();
        let text = signer.token("1", &token);
        let expected = Expected { ways: &demanded, ..expected() };
        assert!(check(&SignedToken::parse(&text).unwrap(), &signer.keys(), &expected, NOW_S).is_ok());
    }

    #[test]
    fn d1_a_token_with_anything_wrong_opens_nothing() {
        for (claim, wrong) in [
            ("iss", json!("https://id.example.org/")),
            ("aud", json!("another")),
            ("aud", json!(["chiron", "another"])),
            ("aud", json!([])),
            ("azp", json!("another")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
            ("sub", json!("")),
            ("sub", json!(7)),
            ("sub", json!("s".repeat(256))),
            ("exp", json!(NOW_S - 61)),
            ("exp", Value::Null),
            ("iat", json!(NOW_S - 601)),
            ("iat", json!(NOW_S + 61)),
            ("nbf", json!(NOW_S + 61)),
        ] {
            let mut bad = claims();
            bad[claim] = wrong.clone();
            assert!(checked(&bad, |_| {}).is_err(), "{claim}: {wrong}");
        }
        for shown_s in [json!(NOW_S - 301), json!(NOW_S + 61), Value::Null, json!("now")] {
            let mut old = claims();
            old["auth_time"] = shown_s;
            assert!(checked(&old, |expected| expected.is_recent = true).is_err());
        }
        let ways = ["three".to_owned()];
        let signer = Signer::new();
        let text = signer.token("1", &claims());
        let token = SignedToken::parse(&text).unwrap();
        let expected = Expected { ways: &ways, ..expected() };
        assert!(check(&token, &signer.keys(), &expected, NOW_S).is_err(), "another way of showing it");
        let expected = Expected { ways: &[], ..expected };
        assert!(
            check(&token, &Signer::new().keys(), &expected, NOW_S).is_err(),
            "another's key of the same id"
        );
    }

    #[test]
    fn d1_a_token_without_a_signature_or_with_a_shared_secret_opens_nothing() {
        let (signer, expected) = (Signer::new(), expected());
        for algorithm in ["none", "HS256", "RS256", "ES384", "ES256"] {
            let message = signed_token::message(&json!({ "alg": algorithm, "kid": "1" }), &claims());
            for signature in ["", "AAAA"] {
                let text = format!("{message}.{signature}");
                let token = SignedToken::parse(&text).unwrap();
                assert!(check(&token, &signer.keys(), &expected, NOW_S).is_err(), "{algorithm}");
            }
        }
    }
}
