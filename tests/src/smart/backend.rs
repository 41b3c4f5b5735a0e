//! Programs that work by themselves show who they are by a key (SMART Backend Services).

use super::app::{App, BACK, post, refused};
use crate::harness::folder::new_folder;
use crate::harness::http::Answer;
use crate::harness::program;
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A key of a program.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, made.as_ref(), &random).unwrap())
    }

    fn public(&self) -> Value {
        let point = &self.0.public_key().as_ref()[1..];
        let (x, y) = point.split_at(48);
        json!({ "keys": [{ "kty": "EC", "crv": "P-384", "kid": "first", "alg": "ES384", "key_ops": ["verify"],
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) }] })
    }

    fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("keys.json");
        std::fs::write(&path, self.public().to_string()).unwrap();
        path
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The claims of an assertion that is right, with an id of its own.
fn claims(server: &Server, client: &str, id: &str) -> Value {
    let audience = format!("http://{}/oauth/token", server.address());
    json!({ "iss": client, "sub": client, "aud": audience, "exp": now_s() + 240, "jti": id })
}

fn header() -> Value {
    json!({ "alg": "ES384", "kid": "first", "typ": "JWT" })
}

fn ask(server: &Server, assertion: &str, scope: &str) -> Answer {
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    post(&mut server.client(), "/oauth/token", &fields)
}

#[test]
fn hp4_an_app_of_a_health_plan_does_not_see_a_visit_that_was_paid_in_full() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut api = server.administrator();
    assert_eq!(api.post("/fhir", &put_both("one")).status, 200);
    let kind = "http://terminology.hl7.org/CodeSystem/organization-type";
    let plan = json!({ "resourceType": "Organization", "id": "plan", "name": "Sample Health Plan",
        "type": [{ "coding": [{ "system": kind, "code": "pay" }] }] });
    assert_eq!(api.put("/fhir/Organization/plan", &plan).status, 201);
    let visit = json!({ "resourceType": "Encounter", "id": "visit", "status": "finished", "class": { "code": "AMB" },
        "subject": { "reference": "Patient/one" }, "period": { "start": "2026-03-05T09:00:00Z" } });
    assert_eq!(api.put("/fhir/Encounter/visit", &visit).status, 201);
    let key = Key::new();
    let keys = key.file(folder.path()).to_string_lossy().into_owned();
    let token_of = |organization: &str, id: &str| {
        let service = ["--service", "app", "--scope", "system/*.rs", "--keys", &keys];
        let app = App::add(&server, &[&service[..], &["--organization", organization]].concat());
        let answer = ask(&server, &key.sign(&header(), &claims(&server, &app.id, id)), "system/*.rs");
        server.client().with_token(answer.json()["access_token"].as_str().unwrap())
    };
    let other = json!({ "resourceType": "Organization", "id": "lab", "name": "Sample Laboratory" });
    assert_eq!(api.put("/fhir/Organization/lab", &other).status, 201);
    let (mut of_plan, mut of_lab) = (token_of("Organization/plan", "1"), token_of("Organization/lab", "2"));
    assert_eq!(of_plan.get("/fhir/Encounter/visit").status, 200);
    // As a member of staff writes it down for the patient.
    let mut desk = server.signed_in();
    let page = desk.get("/p/one/consents").text();
    assert!(page.contains("value=\"visit/visit\">the visit of 05-Mar-2026"), "{page}");
    assert!(page.contains("<option value=\"Organization/plan\">Sample Health Plan</option>"), "{page}");
    let wrong = [("patient", "one"), ("part", "visit/nobody"), ("from", "health-plans")];
    assert_eq!(post(&mut desk, "/p/one/consents", &wrong).status, 422);
    let form = [("patient", "one"), ("part", "visit/visit"), ("from", "health-plans")];
    assert_eq!(post(&mut desk, "/p/one/consents", &form).status, 303);
    let page = desk.get("/p/one/consents").text();
    assert!(page.contains("the visit of 05-Mar-2026: AMB and all that was done in it"), "{page}");
    assert!(page.contains("<td>programs of health plans</td>"), "{page}");
    for path in ["/fhir/Encounter/visit", "/fhir/Encounter/visit/_history/1"] {
        assert_eq!(of_plan.get(path).status, 404, "{path}");
        assert_eq!(of_lab.get(path).status, 200, "{path}");
    }
    for path in ["/fhir/Encounter?patient=one", "/fhir/Patient/one/$everything?_type=Encounter"] {
        assert!(!of_plan.get(path).text().contains("Encounter/visit"), "{path}");
        assert!(of_lab.get(path).text().contains("Encounter/visit"), "{path}");
    }
    let consent = api.get_json("/fhir/Consent?patient=one");
    let checked = api.post("/fhir/Consent/$validate", &consent["entry"][0]["resource"]).json();
    assert!(!checked.to_string().contains("\"error\""), "{checked}");
    let unknown = ["app", "add", "x", "--service", "app", "--scope", "system/*.rs", "--keys", &keys];
    let refused =
        program::run(server.data(), [&unknown[..], &["--organization", "Organization/nobody"]].concat());
    assert!(refused.failure().contains("There is no Organization/nobody"), "{refused:?}");
    server.stop();
}

#[test]
fn g10_a_program_gets_a_short_token_by_its_key() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let key = Key::new();
    let file = key.file(folder.path());
    let app =
        App::add(&server, &["--service", "app", "--scope", "system/*.rs", "--keys", file.to_str().unwrap()]);
    let first = key.sign(&header(), &claims(&server, &app.id, "1"));
    let answer = ask(&server, &first, "system/*.rs");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = answer.json();
    assert_eq!((&token["expires_in"], &token["scope"]), (&300.into(), &"system/*.rs".into()));
    assert!(token.get("refresh_token").is_none());
    let mut reader = server.client().with_token(token["access_token"].as_str().unwrap());
    assert_eq!(reader.get("/fhir/Patient/one").status, 200);
    assert_eq!(reader.send("DELETE", "/fhir/Patient/one", &[], b"").status, 403);
    let started = reader.send("GET", "/fhir/$export", &[("prefer", "respond-async")], b"");
    assert_eq!(started.status, 202, "{}", started.text());

    refused(&ask(&server, &first, "system/*.rs"), 401, "invalid_client");
    for (id, scope) in [("2", "system/*.cruds"), ("3", "patient/*.rs"), ("4", "nonsense")] {
        refused(
            &ask(&server, &key.sign(&header(), &claims(&server, &app.id, id)), scope),
            400,
            "invalid_scope",
        );
    }
    program::succeed(server.data(), ["app", "suspend", &app.id]);
    assert_eq!(reader.get("/fhir/Patient/one").status, 401, "what it had has ended");
    refused(
        &ask(&server, &key.sign(&header(), &claims(&server, &app.id, "5")), "system/*.rs"),
        401,
        "invalid_client",
    );
    server.stop();
}

#[test]
fn no_other_assertion_is_taken() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let (key, other) = (Key::new(), Key::new());
    let file = key.file(folder.path());
    let service = ["--service", "app", "--scope", "system/*.rs", "--keys", file.to_str().unwrap()];
    let app = App::add(&server, &service);
    let neighbour = App::add(&server, &service);
    let right = claims(&server, &app.id, "right");
    let with = |name: &str, value: Value| {
        let mut claims = right.clone();
        claims[name] = value;
        key.sign(&header(), &claims)
    };
    let unsigned = |algorithm: &str| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({ "alg": algorithm, "kid": "first" })), part(&right))
    };
    // The public key taken for a secret.
    let confused = {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": "HS256", "kid": "first" })), part(&right));
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.public().to_string().as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, message.as_bytes())))
    };
    let own_key = json!({ "alg": "ES384", "kid": "first", "jwk": other.public()["keys"][0] });
    let wrong = [
        ("another key", other.sign(&header(), &right)),
        ("its own key in the header", other.sign(&own_key, &right)),
        ("no signature", unsigned("none")),
        ("no signature, named otherwise", unsigned("ES384")),
        ("the public key as a secret", confused),
        ("an algorithm of another key", key.sign(&json!({ "alg": "RS384", "kid": "first" }), &right)),
        ("an unknown key id", key.sign(&json!({ "alg": "ES384", "kid": "second" }), &right)),
        ("no key id", key.sign(&json!({ "alg": "ES384" }), &right)),
        ("over", with("exp", json!(now_s() - 60))),
        ("too long", with("exp", json!(now_s() + 3600))),
        ("no end", with("exp", Value::Null)),
        ("another audience", with("aud", json!("https://evil.example/token"))),
        ("the FHIR API as audience", with("aud", json!(super::app::fhir(&server)))),
        ("another issuer", with("iss", json!(neighbour.id))),
        ("another subject", with("sub", json!(neighbour.id))),
        ("no id", with("jti", Value::Null)),
        ("not yet", with("nbf", json!(now_s() + 120))),
        ("nonsense", "a.b.c".to_owned()),
    ];
    for (what, assertion) in wrong {
        let answer = ask(&server, &assertion, "system/*.rs");
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert_eq!(answer.json()["error"], "invalid_client", "{what}");
    }
    assert_eq!(ask(&server, &key.sign(&header(), &right), "system/*.rs").status, 200, "and the right one is");
    // Who has a key shows it, and not an id alone.
    let bare =
        [("grant_type", "client_credentials"), ("scope", "system/*.rs"), ("client_id", app.id.as_str())];
    refused(&post(&mut server.client(), "/oauth/token", &bare), 401, "invalid_client");
    server.stop();
}

#[test]
fn an_app_for_people_may_show_a_key_too() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let key = Key::new();
    let file = key.file(folder.path());
    let app = App::add(&server, &["--redirect", BACK, "--keys", file.to_str().unwrap()]);
    let mut pages = server.signed_in();
    let asks = app.asks(&server, "launch/patient patient/Patient.rs");
    let code = super::app::code(&super::app::consent(&mut pages, &asks, "one", &|_| true));
    refused(&app.exchange(&server, &code), 401, "invalid_client");
    let assertion = key.sign(&header(), &claims(&server, &app.id, "x"));
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", super::app::VERIFIER),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    let answer = post(&mut server.client(), "/oauth/token", &fields);
    assert_eq!((answer.status, &answer.json()["patient"]), (200, &"one".into()), "{}", answer.text());
    refused(
        &ask(&server, &key.sign(&header(), &claims(&server, &app.id, "y")), "system/*.rs"),
        400,
        "unauthorized_client",
    );
    server.stop();
}

#[test]
fn keys_and_kinds_that_do_not_fit_are_not_registered() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let secret = folder.path().join("private.json");
    let private =
        json!({ "keys": [{ "kty": "EC", "crv": "P-384", "kid": "1", "x": "AA", "y": "AA", "d": "AA" }] });
    std::fs::write(&secret, private.to_string()).unwrap();
    let secret = secret.to_str().unwrap();
    for (arguments, says) in [
        (vec!["--redirect", "http://app.example.org/cb"], "https"),
        (vec!["--redirect", "javascript:alert(1)"], "https"),
        (vec![], "come back"),
        (vec!["--redirect", BACK, "--scope", "patient/Patent.rs"], "scope"),
        (vec!["--redirect", BACK, "--scope", "system/*.rs"], "by themselves"),
        (vec!["--service", "app", "--scope", "system/*.rs"], "key"),
        (vec!["--service", "app", "--scope", "system/*.rs", "--keys", secret], "private"),
    ] {
        let outcome = program::run(&data, [&["app", "add", "Growth chart"][..], &arguments].concat());
        assert_eq!(outcome.code, Some(1), "{arguments:?}");
        assert!(outcome.failure().contains(says), "{arguments:?}: {}", outcome.failure());
    }
}
