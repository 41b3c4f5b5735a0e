//! Finding a patient with the keyboard alone.

use crate::browser::{ARROW_DOWN, ARROW_UP, Browser, ENTER};
use crate::practice::practice;
use serde_json::Value;

const FIELD: &str = "[data-search-as-you-type]";

fn type_search(browser: &Browser, words: &str) {
    browser.open("/patients");
    browser.type_into(FIELD, words);
    // The answer to the last letter, not to one before.
    let asked = serde_json::json!(words);
    browser.wait(&format!("return document.getElementById('found').dataset.asked === {asked}"));
}

fn names(browser: &Browser) -> Vec<String> {
    let names =
        browser.script("return [...document.querySelectorAll('#found th a')].map(a => a.textContent)");
    names.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn a_name_an_initial_a_birth_date_a_number_find_the_patient_while_typing() {
    let test = "a_name_an_initial_a_birth_date_a_number_find_the_patient_while_typing";
    let Some(browser) = practice().browser(test) else { return };
    let wanted = "FULLCHART, Frances Maria";
    for words in [
        "fullc",
        "fullc f",
        "ful fra",
        "2/29/1948",
        "1948-02-29",
        "29-feb-1948",
        "T-907",
        "(555) 010-7788",
        "555-010-7788",
        "5550107788",
    ] {
        type_search(&browser, words);
        assert_eq!(names(&browser), [wanted], "{words}");
        assert_eq!(browser.path(), "/patients", "the page stays while someone types");
    }
    // Some of the demo's own, whatever their names are.
    for patient in practice().found("Patient?_count=5&telecom:missing=false&identifier:missing=false") {
        let family = patient["name"][0]["family"].as_str().unwrap();
        let given = patient["name"][0]["given"][0].as_str().unwrap();
        let start: String = family.chars().take(3).chain([' ']).chain(given.chars().take(1)).collect();
        type_search(&browser, &start.to_lowercase());
        let expected = format!("{}, {given}", family.to_uppercase());
        assert!(
            names(&browser).iter().any(|name| name.starts_with(&expected)),
            "{start}: {:?}",
            names(&browser)
        );
        let mrns = patient["identifier"].as_array().unwrap().iter();
        let mrn = mrns.filter_map(|one| one["value"].as_str()).next().unwrap();
        type_search(&browser, mrn);
        assert!(
            names(&browser).iter().any(|name| name.starts_with(&expected)),
            "{mrn}: {:?}",
            names(&browser)
        );
    }
    type_search(&browser, "zzzzqx");
    assert!(browser.text("#found").contains("Nobody found"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn slash_arrows_and_enter_open_a_chart_without_a_pointer() {
    let Some(browser) = practice().browser("slash_arrows_and_enter_open_a_chart_without_a_pointer") else {
        return;
    };
    browser.open("/patients");
    browser.script("document.activeElement.blur()");
    browser.keys("/");
    assert_eq!(browser.script(&format!("return document.activeElement.matches('{FIELD}')")), true);
    browser.keys("gone");
    browser.wait("return document.getElementById('found').dataset.asked === 'gone'");
    assert_eq!(names(&browser), ["GONE, Gregory"]);
    browser.keys(ARROW_DOWN);
    assert_eq!(browser.script("return document.activeElement.textContent"), "GONE, Gregory");
    browser.keys(ARROW_UP);
    assert_eq!(browser.script(&format!("return document.activeElement.matches('{FIELD}')")), true);
    browser.keys(ARROW_DOWN);
    browser.keys(ENTER);
    browser.wait("return location.pathname.startsWith('/p/')");
    assert!(browser.text(".banner h1").starts_with("GONE, Gregory"));
    // From a chart the same key leads to the next patient: straight, when there is one alone, else to the list.
    browser.keys("/");
    browser.keys("newcomer");
    browser.keys(ENTER);
    browser.wait("return document.querySelector('.banner h1')?.textContent === 'NEWCOMER, Nell'");
    browser.keys("/");
    browser.keys("n");
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    assert!(names(&browser).len() > 1);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
