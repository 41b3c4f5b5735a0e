//! Passkeys, with the browser's virtual authenticator (WebDriver extension of Web Authentication Level 3, §11).

use crate::browser::{Browser, ENTER, Script};
use crate::joining::look;
use crate::practice::{Practice, sign_in};
use serde_json::{Value, json};

/// Gives a browser an authenticator that knows its person.
fn authenticator(browser: &Browser) -> String {
    browser.devtools("WebAuthn.enable", &json!({}));
    let options = json!({ "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
        "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
        "automaticPresenceSimulation": true });
    let added = browser.devtools("WebAuthn.addVirtualAuthenticator", &json!({ "options": options }));
    added["authenticatorId"].as_str().expect("an authenticator").to_owned()
}

fn credentials(browser: &Browser, authenticator: &str) -> Vec<Value> {
    let held = browser.devtools("WebAuthn.getCredentials", &json!({ "authenticatorId": authenticator }));
    held["credentials"].as_array().cloned().unwrap_or_default()
}

/// The path of an administrator's
/// invitation of somebody.
fn invited(practice: &Practice, browser: &Browser, name: &str) -> String {
    browser.open("/sign-in");
    browser.type_into("#code", &practice.code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    browser.open("/people");
    browser.type_into("#name", name);
    browser.keys(ENTER);
    browser.wait("return !!document.querySelector('#link')");
    let link = browser.text("#link");
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
    link[link.find("/join/").expect("a link")..].to_owned()
}

#[test]
fn d13_a_passkey_is_made_on_joining_and_opens_by_itself() {
    let name = "d13_a_passkey_is_made_on_joining_and_opens_by_itself";
    let practice = Practice::start_named();
    let Some(browser) = Browser::start(name, &practice.base(), Script::On) else { return };
    let authenticator = authenticator(&browser);
    let path = invited(&practice, &browser, "Ida Ames");
    browser.open(&path);
    look(&browser, "join-passkey");
    browser.type_into("#sign-in-name", "ida.ames");
    browser.type_into("#passkey-name", "Laptop");
    browser.click("[data-passkey=new]");
    browser.wait("return location.pathname === '/sign-in'");
    assert_eq!(credentials(&browser, &authenticator).len(), 1);
    look(&browser, "sign-in-passkey");
    browser.open("/patients?q=a");
    browser.click("[data-passkey=use]");
    browser.wait("return location.pathname === '/patients'");
    assert_eq!(browser.path(), "/patients?q=a", "to where they wanted to go");
    assert!(browser.text(".me").contains("Ida Ames"));

    // Whoever is to show again who they are does so by the passkey, and goes on.
    browser.open("/confirm?to=/patients%3Fq=b");
    look(&browser, "confirm");
    browser.click("[data-passkey=use]");
    browser.wait("return location.pathname === '/patients'");
    assert_eq!(browser.path(), "/patients?q=b");

    // One's own security: the passkey is there, was used, and is not taken away as long as it is all there is.
    browser.click(".me a");
    browser.wait("return location.pathname === '/security'");
    look(&browser, "security");
    let shown = browser.text(".security");
    assert!(shown.contains("Laptop") && !shown.contains("not yet"), "{shown}");
    assert!(shown.contains("127.0.0.1") && shown.contains("here and now"), "{shown}");
    browser.click("[aria-label='Remove Laptop']");
    browser.wait("return !!document.querySelector('main > [role=alert]')");
    assert!(browser.text("main > [role=alert]").contains("all that you sign in with"));
    // That refusal is an error to the browser's log, and rightly so.
    browser.complaints();

    // A second one, of another device; the first is known there as one that this device has.
    browser.devtools("WebAuthn.removeVirtualAuthenticator", &json!({ "authenticatorId": authenticator }));
    let second = self::authenticator(&browser);
    browser.type_into("#passkey-name", "Phone");
    browser.click("[data-passkey=new]");
    browser
        .wait("return document.querySelectorAll('.security .rows')[0]?.innerText.includes('Phone') === true");
    browser.click("[aria-label='Remove Laptop']");
    browser.wait("return !document.body.innerText.includes('Laptop')");
    browser.click("[data-passkey=new]");
    browser.wait("return !document.querySelector('[data-passkey-problem]').hidden");
    assert!(browser.text("[data-passkey-problem]").contains("already"));
    assert_eq!(credentials(&browser, &second).len(), 1);
    assert_eq!(browser.complaints(), Vec::<String>::new());

    // A device that counts backwards is a copy: it is refused, and audited.
    let mut credential = credentials(&browser, &second).remove(0);
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
    browser.click("[data-passkey=use]");
    browser.wait("return location.pathname === '/patients'");
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
    credential["signCount"] = json!(1);
    let gone = json!({ "authenticatorId": second, "credentialId": credential["credentialId"] });
    browser.devtools("WebAuthn.removeCredential", &gone);
    browser
        .devtools("WebAuthn.addCredential", &json!({ "authenticatorId": second, "credential": credential }));
    browser.click("[data-passkey=use]");
    browser.wait("return !!document.querySelector('main > [role=alert]')");
    assert!(browser.text("main > [role=alert]").contains("not known"));
    let events = practice.program().get_json("/fhir/AuditEvent?_count=50").to_string();
    assert!(events.contains("sign-in with a passkey refused"), "{events}");
    let printed = sign_in(&mut crate::http::Client::new(practice.address), &practice.code);
    assert_eq!(printed.status, 303, "the printed code opens all the same");
}

#[test]
fn d13_a_device_that_has_not_seen_its_person_does_not_open() {
    let name = "d13_a_device_that_has_not_seen_its_person_does_not_open";
    let practice = Practice::start_named();
    let Some(browser) = Browser::start(name, &practice.base(), Script::On) else { return };
    let authenticator = authenticator(&browser);
    let path = invited(&practice, &browser, "Ida Ames");
    browser.open(&path);
    browser.type_into("#sign-in-name", "ida.ames");
    browser.click("[data-passkey=new]");
    browser.wait("return location.pathname === '/sign-in'");
    let unverified = json!({ "authenticatorId": authenticator, "isUserVerified": false });
    browser.devtools("WebAuthn.setUserVerified", &unverified);
    browser.click("[data-passkey=use]");
    browser.wait("return !document.querySelector('[data-passkey-problem]').hidden");
    assert_eq!(browser.path(), "/sign-in");
    browser.open("/patients");
    assert!(browser.path().starts_with("/sign-in"), "{}", browser.path());
}
