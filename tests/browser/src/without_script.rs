//! Every page is whole without JavaScript.

use crate::browser::{ENTER, Script};
use crate::made_up::CROWDED;
use crate::practice::practice;

#[test]
fn search_chart_and_trend_work_without_javascript() {
    let test = "search_chart_and_trend_work_without_javascript";
    let Some(browser) = practice().browser_with(test, Script::Off) else { return };
    browser.open("/patients");
    browser.type_into("#q", "fullc");
    // Nothing happens while typing: the script is really off.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!browser.text("#found").contains("1 found"));
    browser.keys(ENTER);
    browser.wait("return location.search === '?q=fullc'");
    assert!(browser.text("#found").contains("FULLCHART"));
    browser.click("#found th a");
    browser.wait("return location.pathname.startsWith('/p/')");
    assert!(browser.text(".banner").contains("29-Feb-1948"));
    browser.click("summary");
    browser.wait("return document.querySelector('details').open");
    browser.click(".results a");
    browser.wait("return location.pathname.includes('/results/')");
    assert!(browser.text("main").contains("Reference range"));
    browser.open(&format!("/p/{CROWDED}/documents/crowded-note"));
    assert!(browser.text(".paper").contains("Tingling in both feet"));
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
}
