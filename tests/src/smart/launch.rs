//! An app is opened from a chart (AP03): it gets what is open there, once, and nobody else does.

use super::app::{App, BACK, ask, between, code, consent, parameter};
use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::samples::put_both;
use crate::harness::server::Server;

const START: &str = "https://app.example.org/launch";

fn opened(pages: &mut Client, app: &App) -> String {
    let page = pages.send("POST", &format!("/p/one/apps/{}", app.id), &[], b"");
    assert_eq!(page.status, 200, "{}", page.text());
    between(&page.text(), "content=\"0; url=", "\"").replace("&amp;", "&").replace("&#38;", "&")
}

#[test]
fn ap03_an_app_that_is_opened_from_a_chart_knows_the_patient() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let app = App::add(&server, &["--redirect", BACK, "--launch", START]);
    let other = App::add(&server, &["--redirect", BACK, "--launch", START]);
    let mut pages = server.signed_in();
    assert!(pages.get("/p/one").text().contains("Open Growth chart"));
    let to = opened(&mut pages, &app);
    assert!(to.starts_with(&format!("{START}?")), "{to}");
    assert_eq!(parameter(&to, "iss"), Some(super::app::fhir(&server)));
    let handle = parameter(&to, "launch").unwrap();
    let with = |app: &App, handle: &str| {
        let mut asks = app.asks(&server, "launch openid patient/Patient.rs");
        asks.push(("launch", handle.to_owned()));
        asks
    };
    for wrong in [with(&app, "made-up"), with(&other, &handle)] {
        let answer = ask(&mut pages, &wrong);
        assert!(
            answer.header("location").is_some_and(|to| to.contains("error=invalid_request")),
            "{}",
            answer.text()
        );
    }
    let mut somebody = server.signed_in_by(&["sign-in-code", "--guest"]);
    let page = super::app::consent_page(&mut somebody, &with(&app, &handle), "");
    assert_eq!(page.status, 422, "the app was opened by another person: {}", page.text());

    // Whatever patient the form names: it is the one of the chart.
    let back = consent(&mut pages, &with(&app, &handle), "", &|_| true);
    let tokens = app.exchange(&server, &code(&back)).json();
    assert_eq!(
        (&tokens["patient"], &tokens["scope"]),
        (&"one".into(), &"launch openid patient/Patient.rs".into())
    );
    assert!(tokens["smart_style_url"].as_str().is_some_and(|url| url.ends_with("/oauth/smart-style.json")));
    let again = ask(&mut pages, &with(&app, &handle));
    assert!(again.header("location").is_some_and(|to| to.contains("error=invalid_request")), "used up");
    assert_eq!(pages.send("POST", "/p/one/apps/nobody", &[], b"").status, 404);
    assert_eq!(pages.send("POST", &format!("/p/nobody/apps/{}", app.id), &[], b"").status, 404);
    server.stop();
}
