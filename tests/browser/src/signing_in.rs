//! In with the printed code, out without leaving anything behind.

use crate::browser::{Browser, ENTER, Script};
use crate::made_up;
use crate::practice::practice;

fn start(test: &str) -> Option<Browser> {
    Browser::start(test, &practice().base(), Script::On)
}

#[test]
fn the_printed_code_opens_the_pages_and_another_does_not() {
    let Some(browser) = start("the_printed_code_opens_the_pages_and_another_does_not") else { return };
    browser.open("/");
    assert!(browser.path().starts_with("/sign-in"), "{}", browser.path());
    browser.type_into("#code", "aaaa-bbbb-cccc-dddd");
    browser.keys(ENTER);
    browser.wait("return !!document.querySelector('[role=alert]')");
    assert!(browser.text("[role=alert]").contains("not known"), "{}", browser.text("[role=alert]"));
    browser.open("/patients");
    assert!(browser.path().starts_with("/sign-in"), "{}", browser.path());
    // The refused form's status is an error to the browser's log, and rightly so.
    browser.complaints();
    browser.type_into("#code", &practice().code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_guest_may_look() {
    let Some(browser) = start("a_guest_may_look") else { return };
    browser.open("/sign-in");
    browser.type_into("#code", &practice().guest_code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    browser.open(&format!("/p/{}", made_up::CROWDED));
    assert!(browser.text(".banner h1").starts_with("FULLCHART, Frances Maria"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn back_after_signing_out_shows_no_patient() {
    let Some(browser) = start("back_after_signing_out_shows_no_patient") else { return };
    browser.open("/sign-in");
    browser.type_into("#code", &practice().code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    browser.open(&format!("/p/{}", made_up::CROWDED));
    assert!(browser.text("body").contains("FULLCHART"));
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
    for _ in 0..2 {
        browser.back();
        browser.wait("return document.readyState === 'complete'");
        let text = browser.text("body");
        assert!(!text.contains("FULLCHART") && !text.contains("010-7788"), "{text}");
    }
}
