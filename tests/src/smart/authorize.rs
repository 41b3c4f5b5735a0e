//! What an app may ask a person for, and where the browser goes when it asks for something else.

use super::app::{App, BACK, ask, challenge, code, consent, consent_page, fhir, parameter, post};
use crate::harness::folder::new_folder;
use crate::harness::samples::put_both;
use crate::harness::server::Server;

#[test]
fn g10_discovery_says_where_what_is_without_a_token() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let root = format!("http://{}", server.address());
    for accept in ["*/*", "text/html", "application/fhir+xml"] {
        let answer =
            server.client().send("GET", "/fhir/.well-known/smart-configuration", &[("accept", accept)], b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        let document = answer.json();
        assert_eq!(document["authorization_endpoint"], format!("{root}/oauth/authorize"));
        assert_eq!(document["token_endpoint"], format!("{root}/oauth/token"));
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert!(document.get("registration_endpoint").is_none(), "off unless the practice wants it");
        assert!(document["capabilities"].as_array().unwrap().iter().any(|one| one == "launch-ehr"));
    }
    let open = server.client().get_json("/.well-known/openid-configuration");
    assert_eq!(open["issuer"], root);
    assert!(
        open["id_token_signing_alg_values_supported"].as_array().unwrap().iter().any(|one| one == "RS256")
    );
    let keys = server.client().get_json("/.well-known/jwks.json");
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["d"]), (&"RSA".into(), &serde_json::Value::Null));
    assert_eq!(server.client().get_json("/.well-known/jwks.json"), keys, "the key is the same each time");
    let statement = server.client().get_json("/fhir/metadata");
    let security = &statement["rest"][0]["security"];
    assert_eq!(security["service"][0]["coding"][0]["code"], "SMART-on-FHIR");
    assert_eq!(security["extension"][0]["extension"][1]["valueUri"], format!("{root}/oauth/token"));
    // A page of another origin may ask and read.
    let asks = [
        ("origin", "https://app.example.org"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ];
    for path in ["/oauth/token", "/fhir/Patient", "/fhir/.well-known/smart-configuration"] {
        let answer = server.client().send("OPTIONS", path, &asks, b"");
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("*")), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization"), "{path}");
    }
    assert_eq!(server.client().get("/fhir/Patient").header("access-control-allow-origin"), Some("*"));
    assert_eq!(server.client().get("/brands.json").status, 404, "no organization is named");
    server.stop();
}

#[test]
fn an_app_that_is_not_known_for_sure_is_sent_nothing() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let app = App::public(&server);
    let wrong = [
        ("client_id", "nobody".to_owned()),
        ("client_id", String::new()),
        ("redirect_uri", String::new()),
        ("redirect_uri", "https://evil.example/callback".to_owned()),
        ("redirect_uri", format!("{BACK}/more")),
        ("redirect_uri", format!("{BACK}?x=1")),
        ("redirect_uri", BACK.to_uppercase()),
        ("redirect_uri", "https://app.example.org.evil.example/callback".to_owned()),
        ("redirect_uri", "https://app.example.org/callback/../other".to_owned()),
    ];
    for (name, value) in wrong {
        let mut asks = app.asks(&server, "patient/*.rs");
        asks.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| old.clone_from(&value));
        let answer = ask(&mut server.client(), &asks);
        assert_eq!((answer.status, answer.header("location")), (400, None), "{name}={value}");
    }
    server.stop();
}

#[test]
fn g10_a_request_that_does_not_fit_is_sent_back_with_the_reason() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let app = App::public(&server);
    let rows = [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("aud", "https://evil.example/fhir", "invalid_request"),
        ("aud", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("state", "", "invalid_request"),
        ("scope", "system/*.rs", "invalid_scope"),
        ("scope", "nonsense", "invalid_scope"),
        ("scope", "launch patient/*.rs", "invalid_request"),
    ];
    for (name, value, error) in rows {
        let mut asks = app.asks(&server, "patient/*.rs");
        asks.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| value.clone_into(old));
        let answer = ask(&mut server.client(), &asks);
        let to = answer.header("location").unwrap_or_else(|| panic!("{name}={value}: {}", answer.text()));
        assert!(to.starts_with(&format!("{BACK}?")), "{to}");
        assert_eq!(parameter(to, "error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(parameter(to, "iss"), Some(format!("http://{}", server.address())));
        assert_eq!(parameter(to, "state").is_some(), name != "state");
        assert_eq!(parameter(to, "code"), None);
    }
    let mut twice = app.asks(&server, "patient/*.rs");
    twice.push(("scope", "user/*.rs".to_owned()));
    assert!(
        ask(&mut server.client(), &twice)
            .header("location")
            .is_some_and(|to| to.contains("error=invalid_request"))
    );
    server.stop();
}

#[test]
fn a_person_signs_in_first_and_decides_what_is_let() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let app = App::public(&server);
    let asks = app.asks(
        &server,
        "launch/patient offline_access patient/Patient.rs patient/Observation.rs?category=laboratory",
    );
    let nobody = consent_page(&mut server.client(), &asks, "one");
    assert_eq!(nobody.status, 303);
    assert!(nobody.header("location").unwrap().starts_with("/sign-in?to=%2Foauth%2Fconsent"));
    let mut pages = server.signed_in();
    let choice = consent_page(&mut pages, &asks, "");
    assert!(choice.text().contains("Which patient"), "{}", choice.text());
    assert!(choice.text().contains("patient=one\">SAMPLE-ONE, Ada</a>"), "{}", choice.text());
    let page = consent_page(&mut pages, &asks, "one");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.example.org;"), "{policy}");
    assert!(page.text().contains("only category laboratory"), "{}", page.text());
    assert_eq!(consent_page(&mut pages, &asks, "nobody").status, 404);

    // Lab results and lasting access are not let.
    let to = consent(&mut pages, &asks, "one", &|line| line == "0");
    assert_eq!(parameter(&to, "state").as_deref(), Some("some state"));
    assert_eq!(parameter(&to, "iss"), Some(format!("http://{}", server.address())));
    let answer = app.exchange(&server, &code(&to));
    assert_eq!(answer.json()["scope"], "launch/patient patient/Patient.rs", "{}", answer.text());
    assert_eq!(answer.json()["patient"], "one");
    assert!(answer.json().get("refresh_token").is_none());

    // A form cannot let more than was asked for, nor can another site send it.
    let request = super::app::form(&asks);
    let fields = [("request", request.as_str()), ("decision", "deny")];
    let denied = post(&mut pages, "/oauth/consent", &fields);
    assert!(denied.header("location").unwrap().contains("error=access_denied"));
    let mut foreign = pages.again().with_header("sec-fetch-site", "cross-site");
    assert_eq!(
        post(&mut foreign, "/oauth/consent", &[("request", &request), ("decision", "allow")]).status,
        403
    );
    let kind = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(
        foreign.send("POST", "/oauth/authorize", &[kind], request.as_bytes()).status,
        200,
        "asking by a form"
    );
    server.stop();
}

#[test]
fn g10_of_everything_a_person_lets_only_some_kinds() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let (app, mut pages) = (App::public(&server), server.signed_in());
    let asks = app.asks(&server, "launch/patient patient/*.read");
    let whole = consent(&mut pages, &asks, "one", &|_| true);
    assert_eq!(app.exchange(&server, &code(&whole)).json()["scope"], "launch/patient patient/*.read");
    let some = consent(&mut pages, &asks, "one", &|line| ["0", "0:Patient", "0:Condition"].contains(&line));
    let answer = app.exchange(&server, &code(&some));
    assert_eq!(answer.json()["scope"], "launch/patient patient/Patient.read patient/Condition.read");
    assert_eq!(fhir(&server), format!("http://{}/fhir", server.address()));
    assert_ne!(challenge("x"), challenge("y"));
    server.stop();
}
