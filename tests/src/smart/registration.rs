//! Apps register by themselves where the practice lets them (RFC 7591), or on the administrator's page.

use super::app::{App, BACK, between, form, refused};
use crate::harness::folder::new_folder;
use crate::harness::http::Answer;
use crate::harness::program;
use crate::harness::server::Server;
use serde_json::{Value, json};

fn register(server: &Server, token: Option<&str>, described: &Value) -> Answer {
    let client = server.client();
    let mut client = if let Some(token) = token { client.with_token(token) } else { client };
    client.send(
        "POST",
        "/oauth/register",
        &[("content-type", "application/json")],
        described.to_string().as_bytes(),
    )
}

#[test]
fn apps_register_only_as_the_practice_lets_them() {
    let folder = new_folder();
    let described = json!({ "client_name": "Diary", "redirect_uris": [BACK], "scope": "openid patient/*.rs",
        "token_endpoint_auth_method": "client_secret_basic" });
    let server = Server::start(&folder.path().join("data"));
    refused(&register(&server, None, &described), 403, "access_denied");
    server.stop();

    std::fs::write(folder.path().join("chiron.toml"), "app-registration = \"token\"\n").unwrap();
    let server = Server::start(&folder.path().join("data"));
    let configuration = server.client().get_json("/fhir/.well-known/smart-configuration");
    assert!(configuration["registration_endpoint"].as_str().is_some());
    refused(&register(&server, None, &described), 401, "invalid_token");
    refused(&register(&server, Some("made-up"), &described), 401, "invalid_token");
    let invited = program::succeed(server.data(), ["app", "invite"]);
    let token = invited["token"].as_str().unwrap();
    let made = register(&server, Some(token), &described);
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.json()["client_secret"].as_str().is_some_and(|secret| secret.len() >= 32));
    refused(&register(&server, Some(token), &described), 401, "invalid_token");
    server.stop();

    std::fs::write(folder.path().join("chiron.toml"), "app-registration = \"open\"\n").unwrap();
    let server = Server::start(&folder.path().join("data"));
    let public =
        json!({ "client_name": "Diary", "redirect_uris": [BACK], "token_endpoint_auth_method": "none" });
    let made = register(&server, None, &public).json();
    assert!(made["client_id"].as_str().is_some() && made.get("client_secret").is_none());
    for (name, value, error) in [
        ("redirect_uris", json!(["http://app.example.org/"]), "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"),
        ("scope", json!("system/*.rs"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("tls_client_auth"), "invalid_client_metadata"),
        ("client_name", json!(""), "invalid_client_metadata"),
    ] {
        let mut wrong = public.clone();
        wrong[name] = value;
        refused(&register(&server, None, &wrong), 400, error);
    }
    server.stop();
}

#[test]
fn an_administrator_registers_changes_and_suspends_on_the_page() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut pages = server.signed_in();
    let post = |pages: &mut crate::harness::http::Client, path: &str, fields: &[(&str, &str)]| {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        pages.send("POST", path, &[kind], form(fields).as_bytes())
    };
    let wrong = post(
        &mut pages,
        "/apps/registered",
        &[("name", "Diary"), ("kind", "secret"), ("redirect_uris", "ftp://x")],
    );
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains("role=\"alert\"") && wrong.text().contains("ftp://x"),
        "what was typed is kept"
    );
    let made = post(
        &mut pages,
        "/apps/registered",
        &[("name", "Diary"), ("kind", "secret"), ("redirect_uris", BACK)],
    );
    assert_eq!(made.status, 200, "{}", made.text());
    let id = between(&made.text(), "id=\"client-id\">", "<").to_owned();
    let secret = between(&made.text(), "id=\"client-secret\">", "<").to_owned();
    assert!(!pages.get("/apps/registered").text().contains(&secret), "it is shown once");
    let app = App { id: id.clone(), secret: Some(secret) };
    refused(&app.refresh(&server, "made.up"), 400, "invalid_grant");
    let page = format!("/apps/registered/{id}");
    let changed =
        post(&mut pages, &page, &[("name", "Diary 2"), ("redirect_uris", BACK), ("scopes", "openid")]);
    assert!(changed.status == 200 && changed.text().contains("Diary 2"), "{}", changed.text());
    assert!(pages.get(&page).text().contains("openid"));
    assert_eq!(post(&mut pages, &format!("{page}/secret"), &[]).status, 200);
    refused(&app.refresh(&server, "made.up"), 401, "invalid_client");
    assert!(post(&mut pages, &format!("{page}/suspend"), &[]).text().contains("suspended"));
    assert!(post(&mut pages, &format!("{page}/resume"), &[]).text().contains("active"));
    server.stop();
}
