//! A browser app that uses the library fhirclient is launched, reads, and is let in no longer (SMART App Launch 2.2).
//!
//! The record is at `localhost` and the app at `127.0.0.1`, two sites to a browser: no cookie goes along, and what the app
//! asks is asked across origins.

use crate::browser::{Browser, ENTER, Script};
use crate::http::Client;
use crate::joining::{look, now_ms};
use crate::practice::Practice;
use crate::smart_app::{NAME, SmartApp};
use identity::one_time_code::CodeSecret;
use serde_json::{Value, json};
use std::sync::OnceLock;

const PASSWORD: &str = "two brown foxes";

/// The practice of these tests.
fn practice() -> &'static Practice {
    static PRACTICE: OnceLock<Practice> = OnceLock::new();
    PRACTICE.get_or_init(Practice::start_named)
}

/// The address of its FHIR API.
fn fhir() -> String {
    format!("{}/fhir", practice().base())
}

/// Somebody of the practice's staff, with an account.
struct Person {
    sign_in_name: String,
    codes: CodeSecret,
    /// Who they are in the record.
    practitioner: Value,
}

impl Person {
    /// Invites somebody, who joins.
    fn join(given: &str, family: &str) -> Self {
        let sign_in_name = format!("{given}.{family}").to_lowercase();
        let practitioner = json!({ "resourceType": "Practitioner", "id": given.to_lowercase(),
            "name": [{ "given": [given], "family": family }] });
        let reference = format!("Practitioner/{}", given.to_lowercase());
        let put = practice().program().put(&format!("/fhir/{reference}"), &practitioner);
        assert_eq!(put.status, 201, "{}", put.text());
        let invite = ["user", "invite", &sign_in_name, "--role", "clinician", "--person", &reference];
        let link = practice().command(&invite)["link"].as_str().unwrap().to_owned();
        let path = &link[link.find("/join/").expect("a link")..];
        let mut client = Client::new(practice().address);
        let page = client.get(path).text();
        let secret = page.split("class=\"secret\">").nth(1).and_then(|rest| rest.split('<').next());
        let codes = secret.and_then(CodeSecret::of_text).expect("a secret");
        let code = codes.code_at(now_ms());
        let form = format!(
            "name={sign_in_name}&sign_in_name={sign_in_name}&password={PASSWORD}&again={PASSWORD}&one_time_code={code}"
        );
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let joined = client.send("POST", path, &[kind], form.replace(' ', "+").as_bytes());
        assert_eq!(joined.status, 303, "{}", joined.text());
        Self { sign_in_name, codes, practitioner }
    }

    /// Signs in on the page that is shown, once.
    fn sign_in(&self, browser: &Browser) {
        browser.wait("return location.pathname === '/sign-in' && !!document.querySelector('#password')");
        browser.type_into("#name", &self.sign_in_name);
        browser.type_into("#password", PASSWORD);
        // The code of this moment was used to join.
        browser.type_into("#one-time-code", &self.codes.code_at(now_ms() + 30_000));
        browser.keys(ENTER);
        browser.wait("return location.pathname !== '/sign-in'");
    }
}

/// A name as the app shows it.
fn name(resource: &Value) -> String {
    let name = &resource["name"][0];
    let given = name["given"].as_array().unwrap().iter().filter_map(Value::as_str);
    given.chain(name["family"].as_str()).collect::<Vec<_>>().join(" ")
}

/// Waits for the app's page to say what came of its work, and gives that.
fn outcome(browser: &Browser) -> String {
    browser.wait("return location.hostname === '127.0.0.1' && !!document.querySelector('#state')?.innerText");
    browser.text("#state")
}

/// Clicks a button of the app and gives what came of it.
fn does(browser: &Browser, button: &str) -> String {
    browser.click(button);
    outcome(browser)
}

/// Decides on the consent page.
fn decide(browser: &Browser, decision: &str) {
    let button = format!("button[value={decision}]");
    browser.wait(&format!("return !!document.querySelector('{button}')"));
    assert!(browser.text("h1").contains(NAME), "{}", browser.text("h1"));
    look(browser, "app-consent");
    browser.click(&button);
}

/// The app shows the patient, all results of theirs and of nobody else, and who its person is.
fn assert_read(browser: &Browser, app: &SmartApp, (patient, person): (&str, &Person)) {
    assert_eq!(outcome(browser), "Opening");
    let mut program = practice().program();
    assert_eq!(browser.text("#patient"), patient);
    assert_eq!(browser.text("#name"), name(&program.get_json(&format!("/fhir/Patient/{patient}"))));
    let found = program.get_json(&format!("/fhir/Observation?patient={patient}&_summary=count"));
    assert!(found["total"].as_u64() > Some(0), "{found}");
    assert_eq!(browser.text("#count"), found["total"].to_string());
    assert_eq!(browser.text("#subjects"), format!("Patient/{patient}"));

    let reference = format!("Practitioner/{}", person.practitioner["id"].as_str().unwrap());
    assert_eq!(browser.text("#user"), reference);
    assert_eq!(browser.text("#user-name"), name(&person.practitioner));
    let claims: Value = serde_json::from_str(&browser.text("#claims")).unwrap();
    assert_eq!(claims["fhirUser"], format!("{}/{reference}", fhir()));
    assert_eq!((&claims["iss"], &claims["aud"]), (&practice().base().into(), &app.id.as_str().into()));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn g10_a_browser_app_begins_by_itself_refreshes_and_ends_with_its_grant() {
    let test = "g10_a_browser_app_begins_by_itself_refreshes_and_ends_with_its_grant";
    let Some(browser) = Browser::start(test, &practice().base(), Script::On) else { return };
    let scope = "launch/patient openid fhirUser patient/Patient.rs patient/Observation.rs offline_access";
    let app = SmartApp::start(practice(), scope, Some(&fhir()));
    let (person, patient) = (Person::join("Ida", "Ames"), practice().ordinary_patient());
    browser.go(&app.launch_page);
    person.sign_in(&browser);
    let family =
        practice().program().get_json(&format!("/fhir/Patient/{patient}"))["name"][0]["family"].take();
    browser.wait("return location.pathname === '/oauth/consent' && !!document.querySelector('#q')");
    browser.type_into("#q", family.as_str().unwrap());
    browser.keys(ENTER);
    let link = format!("main tbody a[href$=\"&patient={patient}\"]");
    browser.wait(&format!("return location.search.includes('&q=') && !!document.querySelector('{link}')"));
    browser.click(&link);
    decide(&browser, "allow");
    assert_read(&browser, &app, (patient, &person));
    assert_eq!(browser.text("#scope"), scope);

    let first = browser.text("#token");
    assert_eq!(does(&browser, "#refresh"), "Refreshing");
    let second = browser.text("#token");
    assert!(!second.is_empty() && second != first, "a new token");
    assert_eq!(does(&browser, "#ask"), "Asking");
    assert_eq!(browser.text("#token"), second, "it was asked with the new one");
    assert_eq!(browser.complaints(), Vec::<String>::new());

    let window = browser.window();
    browser.new_window();
    browser.open("/apps");
    assert!(browser.text(".apps tbody").contains(NAME), "{}", browser.text("main"));
    browser.click(".apps tbody button");
    browser.wait("return !!document.querySelector('main .empty')");
    browser.look_at(&window);
    let refused = does(&browser, "#refresh");
    assert!(refused.starts_with("Refreshing failed: 400") && refused.contains("invalid_grant"), "{refused}");
    let refused = does(&browser, "#ask");
    assert!(refused.starts_with("Asking failed: 401"), "{refused}");
}

#[test]
fn g10_a_browser_app_is_opened_from_a_chart() {
    let test = "g10_a_browser_app_is_opened_from_a_chart";
    let Some(browser) = Browser::start(test, &practice().base(), Script::On) else { return };
    let app = SmartApp::start(practice(), "launch openid fhirUser patient/*.rs", None);
    let (person, patient) = (Person::join("Bo", "Berg"), practice().ordinary_patient());
    browser.open("/sign-in");
    person.sign_in(&browser);
    browser.open(&format!("/p/{patient}"));
    browser.click(&format!("form[action$='/apps/{}'] button", app.id));
    browser.look_at_other();
    decide(&browser, "allow");
    assert_read(&browser, &app, (patient, &person));
    assert_eq!(browser.text("#scope"), "launch openid fhirUser patient/*.rs");
    // Lasting access was not asked for.
    let refused = does(&browser, "#refresh");
    assert!(refused.contains("No refresh_token found"), "{refused}");
    assert_eq!(does(&browser, "#ask"), "Asking");
}

#[test]
fn g10_a_browser_app_that_is_denied_gets_an_error_and_nothing_else() {
    let test = "g10_a_browser_app_that_is_denied_gets_an_error_and_nothing_else";
    let Some(browser) = Browser::start(test, &practice().base(), Script::On) else { return };
    let app = SmartApp::start(practice(), "launch openid fhirUser patient/*.rs", None);
    let person = Person::join("Cy", "Cole");
    browser.open("/sign-in");
    person.sign_in(&browser);
    browser.open(&format!("/p/{}", practice().ordinary_patient()));
    browser.click(&format!("form[action$='/apps/{}'] button", app.id));
    browser.look_at_other();
    decide(&browser, "deny");
    let told = outcome(&browser);
    assert!(told.starts_with("Opening failed: access_denied"), "{told}");
    assert_eq!(browser.text("#token") + &browser.text("#patient"), "");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.open("/apps");
    assert!(browser.text("main").contains("You have let no app in"), "{}", browser.text("main"));
}

/// What an administrator sees of an app, and of what a patient keeps from others.
#[test]
fn the_pages_of_an_app_and_of_what_is_kept_from_others_fit_their_windows() {
    let test = "the_pages_of_an_app_and_of_what_is_kept_from_others_fit_their_windows";
    let Some(browser) = practice().browser(test) else { return };
    let app = SmartApp::start(practice(), "launch openid fhirUser patient/*.rs", None);
    browser.open(&format!("/apps/registered/{}", app.id));
    assert!(browser.text("h1").contains(NAME), "{}", browser.text("h1"));
    look(&browser, "registered-app");
    let page = format!("/p/{}/consents", practice().ordinary_patient());
    browser.open(&page);
    for (at, from) in ["programs", "health-plans"].into_iter().enumerate() {
        browser.script(&format!(
            "const form = document.querySelector('form[method=post].filters'); \
             form.part.selectedIndex = 1; \
             form.from.value = [...form.from.options].find((one) => one.value.includes('{from}')).value; \
             form.requestSubmit();"
        ));
        browser
            .wait(&format!("return document.querySelectorAll('table.log tbody tr').length === {}", at + 1));
    }
    browser.open(&page);
    look(&browser, "consents-rows");
}
