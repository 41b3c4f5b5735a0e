//! Codes and tokens: each good for its app alone, in its time, and until somebody ends it.

use super::app::{App, VERIFIER, claims, code, consent, post, refused};
use crate::harness::folder::new_folder;
use crate::harness::program;
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use serde_json::Value;

const SCOPE: &str =
    "openid fhirUser profile launch/patient offline_access patient/Patient.rs patient/Observation.rs";

fn started() -> (tempfile::TempDir, Server) {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    (folder, server)
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

fn status(server: &Server, token: &str, path: &str) -> u16 {
    server.client().with_token(token).get(path).status
}

#[test]
fn g10_a_code_becomes_tokens_once() {
    let (_folder, server) = started();
    let (app, mut pages) = (App::confidential(&server), server.signed_in());
    let mut asks = app.asks(&server, SCOPE);
    asks.push(("nonce", "once".to_owned()));
    let code = code(&consent(&mut pages, &asks, "one", &|_| true));
    let answer = app.exchange(&server, &code);
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{}", answer.text());
    let tokens = answer.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &3600.into()));
    assert_eq!((&tokens["patient"], &tokens["need_patient_banner"]), (&"one".into(), &true.into()));
    let identity = claims(text(&tokens, "id_token"));
    assert_eq!((&identity["aud"], &identity["nonce"]), (&app.id.as_str().into(), &"once".into()));
    assert_eq!(identity["iss"], format!("http://{}", server.address()));
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Patient/one"), 200);
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Condition?patient=one"), 403);

    // The code a second time: somebody else has it, so all that came of it ends.
    refused(&app.exchange(&server, &code), 400, "invalid_grant");
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Patient/one"), 401);
    refused(&app.refresh(&server, text(&tokens, "refresh_token")), 400, "invalid_grant");
    server.stop();
}

#[test]
fn g10_a_code_is_worth_nothing_to_others_and_without_its_verifier() {
    let (_folder, server) = started();
    let (app, other, mut pages) = (App::confidential(&server), App::public(&server), server.signed_in());
    let code = code(&consent(&mut pages, &app.asks(&server, SCOPE), "one", &|_| true));
    refused(&other.exchange(&server, &code), 400, "invalid_grant");
    let right = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", super::app::BACK),
        ("code_verifier", VERIFIER),
    ];
    for (name, value, error) in [
        ("code_verifier", "another-verifier-of-forty-three-characters-or-more", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("redirect_uri", "https://app.example.org/other", "invalid_grant"),
        ("code", "made.up", "invalid_grant"),
        ("grant_type", "password", "unsupported_grant_type"),
    ] {
        let fields = right.map(|(known, old)| (known, if known == name { value } else { old }));
        refused(&app.post(&server, "/oauth/token", &fields), 400, error);
    }
    let impostor = App { id: app.id.clone(), secret: Some("guessed".to_owned()) };
    refused(&impostor.exchange(&server, &code), 401, "invalid_client");
    refused(&App { id: app.id.clone(), secret: None }.exchange(&server, &code), 401, "invalid_client");
    let mut twice = server.client();
    let several =
        [("grant_type", "authorization_code"), ("grant_type", "refresh_token"), ("client_id", &app.id)];
    refused(&post(&mut twice, "/oauth/token", &several), 400, "invalid_request");
    // None of it has used the code up.
    assert_eq!(app.exchange(&server, &code).status, 200);
    server.stop();
}

#[test]
fn g10_a_token_for_one_patient_shows_no_other() {
    let (_folder, server) = started();
    assert_eq!(server.administrator().post("/fhir", &put_both("two")).status, 200);
    let (app, mut pages) = (App::public(&server), server.signed_in());
    let tokens = app.tokens(&server, &mut pages, "launch/patient patient/*.rs", "one");
    let mut client = server.client().with_token(text(&tokens, "access_token"));
    assert_eq!(client.get("/fhir/Observation/one-weight").status, 200);
    assert_eq!(client.get_json("/fhir/Patient")["total"], 1);
    assert_eq!(client.get_json("/fhir/Observation")["total"], 1);
    for path in ["/fhir/Patient/two", "/fhir/Observation/two-weight", "/fhir/Patient/two/$everything"] {
        assert!([403, 404].contains(&client.get(path).status), "{path}");
    }
    // Everything of the person is what user/ means.
    let tokens = app.tokens(&server, &mut pages, "user/Patient.rs", "");
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Patient/two"), 200);
    assert!(tokens.get("patient").is_none());
    server.stop();
}

#[test]
fn g10_a_refresh_token_turns_and_its_second_use_ends_all() {
    let (_folder, server) = started();
    let (app, other, mut pages) =
        (App::confidential(&server), App::confidential(&server), server.signed_in());
    let first = app.tokens(&server, &mut pages, SCOPE, "one");
    refused(&other.refresh(&server, text(&first, "refresh_token")), 400, "invalid_grant");
    let narrow = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&first, "refresh_token")),
        ("scope", "patient/Patient.r"),
    ];
    let wider = narrow
        .map(|(name, value)| (name, if name == "scope" { "patient/Patient.rs user/*.cruds" } else { value }));
    refused(&app.post(&server, "/oauth/token", &wider), 400, "invalid_scope");
    let second = app.post(&server, "/oauth/token", &narrow).json();
    assert_eq!(second["scope"], "patient/Patient.r", "{second}");
    assert_eq!(status(&server, text(&second, "access_token"), "/fhir/Patient/one"), 200);
    assert_eq!(status(&server, text(&second, "access_token"), "/fhir/Observation?patient=one"), 403);
    let third = app.refresh(&server, text(&second, "refresh_token")).json();
    assert_eq!(third["scope"], first["scope"], "the grant is as wide as it was");
    assert!(third.get("id_token").is_some() && third["patient"] == "one");
    refused(&app.refresh(&server, text(&first, "refresh_token")), 400, "invalid_grant");
    refused(&app.refresh(&server, text(&third, "refresh_token")), 400, "invalid_grant");
    assert_eq!(status(&server, text(&third, "access_token"), "/fhir/Patient/one"), 401);
    server.stop();
}

#[test]
fn g10_a_token_is_inspected_and_revoked_by_its_app_alone() {
    let (_folder, server) = started();
    let (app, other, mut pages) =
        (App::confidential(&server), App::confidential(&server), server.signed_in());
    let tokens = app.tokens(&server, &mut pages, SCOPE, "one");
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let about = app.post(&server, "/oauth/introspect", &[("token", access)]).json();
    assert_eq!((&about["active"], &about["client_id"]), (&true.into(), &app.id.as_str().into()), "{about}");
    assert_eq!((&about["scope"], &about["patient"]), (&tokens["scope"], &"one".into()));
    assert!(about["exp"].as_i64().is_some());
    assert_eq!(app.post(&server, "/oauth/introspect", &[("token", refresh)]).json()["active"], true);
    for token in ["nothing", "made.up", &format!("{access}x")] {
        assert_eq!(
            app.post(&server, "/oauth/introspect", &[("token", token)]).json(),
            serde_json::json!({ "active": false })
        );
    }
    assert_eq!(other.post(&server, "/oauth/introspect", &[("token", access)]).json()["active"], false);
    refused(&post(&mut server.client(), "/oauth/introspect", &[("token", access)]), 401, "invalid_client");
    let by_administrator = post(&mut server.administrator(), "/oauth/introspect", &[("token", access)]);
    assert_eq!(by_administrator.json()["active"], true, "{}", by_administrator.text());
    let mut reader = server.client_with("system/*.rs");
    refused(&post(&mut reader, "/oauth/introspect", &[("token", access)]), 403, "access_denied");

    refused(&other.post(&server, "/oauth/revoke", &[("token", access)]), 400, "unauthorized_client");
    assert_eq!(status(&server, access, "/fhir/Patient/one"), 200);
    assert_eq!(app.post(&server, "/oauth/revoke", &[("token", access)]).status, 200);
    assert_eq!(status(&server, access, "/fhir/Patient/one"), 401);
    let again = app.refresh(&server, refresh).json();
    assert_eq!(app.post(&server, "/oauth/revoke", &[("token", text(&again, "refresh_token"))]).status, 200);
    assert_eq!(status(&server, text(&again, "access_token"), "/fhir/Patient/one"), 401);
    assert_eq!(app.post(&server, "/oauth/revoke", &[("token", "unknown")]).status, 200);
    server.stop();
}

#[test]
fn g10_a_person_ends_an_apps_access_and_an_administrator_suspends_it() {
    let (_folder, server) = started();
    let (app, mut pages) = (App::public(&server), server.signed_in());
    let tokens = app.tokens(&server, &mut pages, SCOPE, "one");
    let page = pages.get("/apps").text();
    assert!(page.contains("Growth chart") && page.contains("see test results"), "{page}");
    let end = super::app::between(&page, "action=\"/apps/", "/end\"");
    assert_eq!(
        server
            .signed_in_by(&["sign-in-code", "--guest"])
            .send("POST", &format!("/apps/{end}/end"), &[], b"")
            .status,
        422
    );
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Patient/one"), 200);
    assert_eq!(pages.send("POST", &format!("/apps/{end}/end"), &[], b"").status, 303);
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Patient/one"), 401);
    refused(&app.refresh(&server, text(&tokens, "refresh_token")), 400, "invalid_grant");
    assert!(!pages.get("/apps").text().contains("Growth chart"));
    let unnamed = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    refused(&post(&mut server.client(), "/oauth/token", &unnamed), 400, "invalid_grant");

    let tokens = app.tokens(&server, &mut pages, SCOPE, "one");
    program::succeed(server.data(), ["app", "suspend", &app.id]);
    assert_eq!(status(&server, text(&tokens, "access_token"), "/fhir/Patient/one"), 401);
    refused(&app.refresh(&server, text(&tokens, "refresh_token")), 401, "invalid_client");
    assert_eq!(super::app::ask(&mut pages, &app.asks(&server, SCOPE)).status, 400);
    program::succeed(server.data(), ["app", "resume", &app.id]);
    refused(&app.refresh(&server, text(&tokens, "refresh_token")), 400, "invalid_grant");
    app.tokens(&server, &mut pages, SCOPE, "one");
    assert_eq!(server.signed_in_by(&["sign-in-code", "--guest"]).get("/apps/registered").status, 403);
    server.stop();
}

#[test]
fn online_access_ends_with_the_session() {
    let (_folder, server) = started();
    let (app, mut pages) = (App::public(&server), server.signed_in());
    let tokens = app.tokens(&server, &mut pages, "launch/patient online_access patient/Patient.rs", "one");
    // As the library fhirclient does it: without saying who it is again.
    let fields =
        |token: &str| vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned())];
    let form = super::app::form(&fields(text(&tokens, "refresh_token")));
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let again = server.client().send("POST", "/oauth/token", &[kind], form.as_bytes());
    assert_eq!(again.status, 200, "{}", again.text());
    let other = App::confidential(&server).tokens(&server, &mut pages, "online_access user/Patient.rs", "");
    let form = super::app::form(&fields(text(&other, "refresh_token")));
    refused(&server.client().send("POST", "/oauth/token", &[kind], form.as_bytes()), 401, "invalid_client");
    assert_eq!(pages.send("POST", "/sign-out", &[], b"").status, 303);
    refused(&app.refresh(&server, text(&again.json(), "refresh_token")), 400, "invalid_grant");
    server.stop();
}
