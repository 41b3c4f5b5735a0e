//! What a chart shows.

use crate::browser::Browser;
use crate::made_up::{self, CROWDED, DECEASED, EMPTY, INFANT};
use crate::practice::practice;

/// The chart shows this text in this part.
fn assert_shown(browser: &Browser, part: &str, expected: &[&str]) {
    let text = browser.text(part);
    for expected in expected {
        assert!(text.contains(expected), "{part} does not say {expected:?}:\n{text}");
    }
}

#[test]
fn a_full_chart_shows_each_part_of_the_record() {
    let Some(browser) = practice().browser("a_full_chart_shows_each_part_of_the_record") else { return };
    browser.open(&format!("/p/{CROWDED}"));
    let banner =
        ["FULLCHART, Frances Maria", "29-Feb-1948", "female", "T-907", "penicillin", "Vietnamese", "Frankie"];
    assert_shown(&browser, ".banner", &banner);
    assert_shown(
        &browser,
        "[aria-labelledby=h-problems]",
        &["Essential hypertension", "more active", "12 resolved"],
    );
    let medications = ["lisinopril 20 mg oral tablet", "Take 1 by mouth", "more current", "12 past"];
    assert_shown(&browser, "[aria-labelledby=h-medications]", &medications);
    assert_shown(&browser, "[aria-labelledby=h-allergies]", &["penicillin", "anaphylaxis", "latex"]);
    assert_shown(
        &browser,
        "[aria-labelledby=h-visits]",
        &["Office visit", "Follow-up of chronic conditions"],
    );
    assert_shown(&browser, ".note .paper", &["Tingling in both feet", "Type 2 diabetes: above goal."]);
    assert_shown(&browser, "[aria-labelledby=h-documents]", &["Progress note"]);
    assert_shown(&browser, "[aria-labelledby=h-immunizations]", &["No immunization recorded."]);
    let results = ["Hemoglobin A1c", "6.1 %", "▲ H", "▼ L", "‼ HH", "‼ LL", "◆ A"];
    assert_shown(&browser, "[aria-labelledby=h-results]", &results);
    assert!(!browser.text("body").contains("(disorder)"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn an_ordinary_chart_shows_what_the_record_holds() {
    let Some(browser) = practice().browser("an_ordinary_chart_shows_what_the_record_holds") else { return };
    let (practice, id) = (practice(), practice().ordinary_patient());
    browser.open(&format!("/p/{id}"));
    let text = browser.text("body").to_lowercase();
    let names = |search: &str, concept: &str| -> Vec<String> {
        let found = practice.found(&format!("{search}&patient={id}&_count=3"));
        let words = |one: &serde_json::Value| {
            let concept = &one[concept];
            let words = concept["text"].as_str().or_else(|| concept["coding"][0]["display"].as_str());
            words.map(str::to_lowercase)
        };
        found.iter().filter_map(words).collect()
    };
    let medications = names("MedicationRequest?status=active", "medicationCodeableConcept");
    assert!(!medications.is_empty());
    let problems = names("Condition?clinical-status=active", "code");
    let vaccines = names("Immunization?status=completed&_sort=-date", "vaccineCode");
    for name in medications.iter().chain(&problems).chain(&vaccines) {
        assert!(text.contains(name.trim_end_matches(" (disorder)")), "the chart does not say {name}");
    }
    assert!(browser.text("[aria-labelledby=h-vitals]").contains("BP"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn none_and_not_asked_are_not_the_same() {
    let Some(browser) = practice().browser("none_and_not_asked_are_not_the_same") else { return };
    browser.open(&format!("/p/{EMPTY}"));
    assert_shown(&browser, ".banner .allergies", &["Not recorded: ask"]);
    for part in ["problems", "medications", "vitals", "results", "documents", "immunizations", "visits"] {
        let text = browser.text(&format!("[aria-labelledby=h-{part}]"));
        assert!(text.contains("No ") && text.contains("recorded"), "{part}: {text}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_dead_and_the_newborn_cannot_be_mistaken() {
    let Some(browser) = practice().browser("the_dead_and_the_newborn_cannot_be_mistaken") else { return };
    browser.open(&format!("/p/{DECEASED}"));
    assert_shown(&browser, ".banner.deceased", &["Died", "14-Mar-2026", "86 y", "03-Nov-1939"]);
    let background = "return getComputedStyle(document.querySelector('.banner')).backgroundImage";
    assert_ne!(browser.script(background), "none", "a pattern, not only a colour");
    browser.open(&format!("/p/{INFANT}"));
    assert_shown(&browser, ".banner", &["19 d"]);
    assert_shown(&browser, "[aria-labelledby=h-vitals]", &["Weight", "3.62 kg", "1 d ago"]);
    assert_eq!(browser.script(background), "none");
}

#[test]
fn what_is_new_since_the_last_visit_stands_first() {
    let Some(browser) = practice().browser("what_is_new_since_the_last_visit_stands_first") else { return };
    browser.open(&format!("/p/{CROWDED}"));
    let last_visit = made_up::days_ago(45);
    let iso = browser.script("return document.querySelector('.since time').dateTime");
    assert_eq!(iso, *last_visit);
    // The newest results came six days ago; the first two orders were written after the visit.
    assert_shown(
        &browser,
        ".since",
        &["Cholesterol", "‼ LL", "from 357.2", "more new results", "metformin", "lisinopril"],
    );
    assert!(!browser.text(".since").contains("insulin glargine"));
    browser.open(&format!("/p/{EMPTY}"));
    assert_eq!(browser.script("return document.querySelectorAll('.since').length"), 0);
}
