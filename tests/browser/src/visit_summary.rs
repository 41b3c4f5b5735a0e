//! A visit as its patient takes it home (CH06), on screen and on paper.

use crate::browser::{Browser, ENTER};
use crate::joining::look;
use crate::medications::ordered;
use crate::practice::practice;
use crate::visit_note::{begin, control_enter, patient, wait_for};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The pages of a page as it is printed.
fn printed_pages(browser: &Browser) -> usize {
    let printed = browser.devtools("Page.printToPDF", &json!({ "preferCSSPageSize": true }));
    let pdf = STANDARD.decode(printed["data"].as_str().expect("a PDF")).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    text.matches("/Type /Page\n").count().max(text.matches("/Type /Page ").count())
}

#[test]
fn ch06_the_summary_of_a_visit_says_first_what_changes_and_every_printed_page_says_whose_it_is() {
    let test = "ch06_the_summary_of_a_visit_says_first_what_changes_and_every_printed_page_says_whose_it_is";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("summary");
    ordered(&id, &["metformin 500 mg tablet", "lisinopril 20 mg tablet"]);
    begin(&browser, &id);
    let lines = [
        "/rx amoxicillin 500 mg cap 1 cap tid 10d #30 r0",
        "/stop metformin; nausea",
        "/renew lisinopril",
        "/lab a1c",
        "/vit bp 128/82 p 72",
        "/rtc 3mo",
    ];
    for line in lines {
        browser.keys(line);
        browser.wait("return !document.querySelector('[role=option]')");
        browser.keys(ENTER);
    }
    control_enter(&browser);
    browser.wait("return location.pathname.split('/').length === 3");
    let note = wait_for(&format!("DocumentReference?patient={id}"), 1);
    let visit = note[0]["context"]["encounter"][0]["reference"].as_str().unwrap().replace("Encounter/", "");
    browser.open(&format!("/p/{id}"));
    browser.click(".visits a");
    browser.wait(&format!("return location.pathname.endsWith('/visits/{visit}')"));
    let summary = browser.text(".summary");
    let place = |words: &str| summary.find(words).unwrap_or_else(|| panic!("{words} in {summary}"));
    assert!(place("Start taking") < place("Stop taking") && place("Stop taking") < place("What comes next"));
    for words in [
        "amoxicillin 500 mg",
        "metformin 500 mg tablet — nausea",
        "with a new prescription",
        "Hemoglobin A1c",
        "on or after",
        "128/82 mmHg",
    ] {
        place(words);
    }
    look(&browser, "visit-summary");
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    assert!(browser.text(".on-paper").contains("born 04-Jul-1985"), "{}", browser.text(".on-paper"));
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::write(folder.join("print-visit-summary.png"), browser.picture(true)).unwrap();
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "" }));
    assert!(printed_pages(&browser) >= 1);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
