//! Vital signs by the row (LR06; task 13).

use crate::browser::{Browser, ENTER, Script, TAB};
use crate::joining::look;
use crate::made_up::{CROWDED, INFANT};
use crate::practice::practice;
use crate::visit_note::{patient, wait_for};

/// Seven vital signs, in the order in which they are measured.
const SEVEN: [&str; 7] = ["128/82", "72", "16", "98.6 F", "98", "186 lb", "70 in"];

/// From a chart: the row is opened, filled and saved.
pub fn enter(browser: &Browser) {
    browser.keys("v");
    browser.wait("return location.pathname.endsWith('/vitals') && document.activeElement.name === 'bp'");
    browser.keys(&SEVEN.join(TAB));
    browser.keys(ENTER);
    browser.wait("return document.querySelector('.told')?.textContent.includes('Saved')");
}

#[test]
fn lr06_vital_signs_are_entered_in_one_row_doubted_corrected_and_seen_on_the_chart() {
    let test = "lr06_vital_signs_are_entered_in_one_row_doubted_corrected_and_seen_on_the_chart";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("vitals");
    browser.open(&format!("/p/{id}/vitals"));
    look(&browser, "vitals-empty");
    browser.open(&format!("/p/{id}"));
    enter(&browser);
    assert_eq!(
        wait_for(&format!("Observation?patient={id}&category=vital-signs"), 8).len(),
        8,
        "and the index"
    );
    assert!(browser.text(".sheet").contains("186.0 lb"), "{}", browser.text(".sheet"));

    browser.type_into("input[name=bp]", "151/95 147/91");
    browser.type_into("input[name=w]", &format!("186{ENTER}"));
    browser.wait("return document.querySelector('#wrong-w')?.textContent.includes('lb')");
    assert_eq!(
        browser.script("return document.querySelector('input[name=bp]').value"),
        "151/95 147/91",
        "it is kept"
    );
    look(&browser, "vitals-doubt");
    browser.type_into("input[name=w]", &format!(" lb{ENTER}"));
    browser.wait("return document.querySelector('.told')?.textContent.includes('Saved')");
    assert!(browser.text(".sheet").contains("149/93"), "the mean: {}", browser.text(".sheet"));

    browser.click(".past summary");
    browser.click(".past .entry button");
    browser.wait("return !!document.querySelector('.past .problem')");
    look(&browser, "vitals-wrong");
    browser.type_into(".past input[aria-invalid]", &format!("cuff too small{ENTER}"));
    browser.wait("return document.querySelector('.told')?.textContent.includes('Saved')");
    assert!(!browser.text(".sheet").contains("149/93"), "the mean goes with its reading");
    assert_eq!(practice().found(&format!("Observation?patient={id}&status=entered-in-error")).len(), 2);

    for (patient, name) in [(CROWDED, "vitals"), (INFANT, "vitals-infant")] {
        browser.open(&format!("/p/{patient}/vitals"));
        look(&browser, name);
    }
    assert_eq!(browser.script("return !!document.querySelector('input[name=hc]')"), true, "an infant's head");
}

#[test]
fn lr06_the_row_works_without_javascript_and_keeps_what_was_typed() {
    let Some(browser) = practice().browser_with("lr06_the_row_works_without_javascript", Script::Off) else {
        return;
    };
    let id = patient("vitals-plain");
    browser.open(&format!("/p/{id}/vitals"));
    browser.type_into("input[name=bp]", "128/82");
    browser.type_into("input[name=p]", "seventy");
    browser.click(".row-entry .primary");
    assert!(browser.text("#wrong-p").contains("is no number"), "{}", browser.text("main"));
    browser.type_into("input[name=p]", "\u{e003}\u{e003}\u{e003}\u{e003}\u{e003}\u{e003}\u{e003}70");
    browser.click(".row-entry .primary");
    wait_for(&format!("Observation?patient={id}&category=vital-signs"), 2);
}
