//! One field for patients, pages and actions; letters that do what they stand beside, and can be switched off (X1, check 7).

use crate::browser::{ARROW_DOWN, ENTER};
use crate::joining::look;
use crate::practice::practice;

const CONTROL_K: &str = "const event = { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }; \
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event))";

#[test]
fn x1_one_field_finds_patients_pages_and_actions() {
    let Some(browser) = practice().browser("x1_one_field_finds_patients_pages_and_actions") else { return };
    browser.open(&format!("/p/{}", crate::made_up::EMPTY));
    browser.script(CONTROL_K);
    browser.wait("return document.getElementById('palette').open");
    browser.keys("fullc");
    browser.wait("return document.querySelector('#palette-list li b')?.textContent.startsWith('FULLCHART')");
    look(&browser, "palette");
    assert!(browser.text("#palette-list").contains("29-Feb-1948"), "two identifiers stand beside a name");
    browser.keys(ENTER);
    browser.wait("return document.querySelector('.banner h1')?.textContent.startsWith('FULLCHART')");
    browser.script(CONTROL_K);
    browser.wait("return document.getElementById('palette').open");
    browser.keys("begin");
    browser.wait("return document.querySelector('#palette-list li b')?.textContent === 'Begin visit'");
    browser.keys("\u{E00C}");
    browser.wait("return !document.getElementById('palette').open");
    browser.script(CONTROL_K);
    browser.keys(&format!("pat{ARROW_DOWN}{}{ENTER}", crate::browser::ARROW_UP));
    browser.wait("return location.pathname === '/patients'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn check07_letters_are_taught_and_can_be_switched_off() {
    let Some(browser) = practice().browser("check07_letters_are_taught_and_can_be_switched_off") else {
        return;
    };
    let chart = format!("/p/{}", crate::made_up::EMPTY);
    browser.open(&chart);
    browser.keys("gu");
    browser.wait("return location.pathname === '/audit'");
    browser.open(&chart);
    browser.keys("?");
    browser.wait("return document.getElementById('key-list').open");
    look(&browser, "keys");
    let taught = browser.text("#key-list");
    assert!(taught.contains("Begin visit") && taught.contains("g p"), "{taught}");
    browser.click("[data-letters]");
    browser.click("[data-close]");
    browser.wait("return !document.getElementById('key-list').open");
    browser.keys("ngp/");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(browser.path(), chart, "letters do nothing");
    assert_eq!(browser.script("return document.activeElement === document.body"), true);
    // It holds on the next page, and what is no letter is a key all the same.
    browser.open(&chart);
    browser.keys("n");
    browser.keys("?");
    browser.wait("return document.getElementById('key-list').open");
    browser.click("[data-letters]");
    browser.click("[data-close]");
    browser.keys("gp");
    browser.wait("return location.pathname === '/patients'");
}
