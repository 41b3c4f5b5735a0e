//! The timeline and the search of a chart (CH07, X9).

use crate::browser::{ENTER, Script};
use crate::joining::look;
use crate::made_up::{CROWDED, EMPTY};
use crate::medications::ordered;
use crate::practice::practice;
use crate::visit_note::patient;

#[test]
fn x9_a_chart_is_searched_from_itself_and_a_hit_leads_to_its_source() {
    let test = "x9_a_chart_is_searched_from_itself_and_a_hit_leads_to_its_source";
    let Some(browser) = practice().browser(test) else { return };
    let id = patient("timeline");
    ordered(&id, &["atorvastatin 40 mg tablet", "lisinopril 20 mg tablet"]);
    browser.open(&format!("/p/{id}"));
    browser.keys("s");
    browser.wait("return location.pathname.endsWith('/timeline') && document.activeElement.name === 'q'");
    browser.keys(&format!("statin{ENTER}"));
    browser.wait("return location.search.includes('statin')");
    assert!(browser.text(".timeline").contains("atorvastatin"), "{}", browser.text(".timeline"));
    assert!(!browser.text(".timeline").contains("lisinopril"));
    look(&browser, "chart-search");
    browser.click(".day a");
    browser.wait("return location.pathname.endsWith('/medications')");

    browser.open(&format!("/p/{CROWDED}/timeline?q=metformin"));
    look(&browser, "chart-search-crowded");
    assert!(browser.script("return document.querySelectorAll('.timeline li').length").as_u64() > Some(3));
    for (patient, name) in [(CROWDED, "timeline-crowded"), (EMPTY, "timeline-empty")] {
        browser.open(&format!("/p/{patient}/timeline"));
        look(&browser, name);
    }
    browser.open(&format!("/p/{}/timeline", practice().ordinary_patient()));
    look(&browser, "timeline");
    browser.click(".kinds a");
    browser.wait("return !!document.querySelector('.kinds a[aria-current]')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn x9_hostile_queries_find_nothing_and_break_nothing() {
    let Some(browser) = practice().browser_with("x9_hostile_queries_find_nothing", Script::Off) else {
        return;
    };
    for query in
        ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%27%3E", "%E2%80%AE%D7%A9", "%00", &"a".repeat(6_000)]
    {
        browser.open(&format!("/p/{CROWDED}/timeline?q={query}&kind=nothing&page=99999999999999999999"));
        assert!(browser.text(".timeline").contains("Search this chart"), "{query:.20}");
    }
}
