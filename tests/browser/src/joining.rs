//! An administrator invites a person, who joins with an app of one-time codes and signs in.

use crate::browser::{Browser, ENTER, Script};
use crate::practice::{Practice, sign_in};
use identity::one_time_code::CodeSecret;
use std::time::{SystemTime, UNIX_EPOCH};

const PASSWORD: &str = "two brown foxes";

/// Now, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

/// Leaves pictures of a page, wide, narrow and dark.
pub fn look(browser: &Browser, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    for (window, (width, height, is_mobile)) in
        [("dark", (1366, 768, false)), ("phone", (390, 844, true)), ("desktop", (1366, 768, false))]
    {
        browser.size(width, height, is_mobile);
        browser.is_dark(window == "dark");
        std::fs::write(folder.join(format!("{window}-{name}.png")), browser.picture(is_mobile)).unwrap();
        let too_wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(browser.script(too_wide), false, "{name} is wider than its {window} window");
    }
}

#[test]
fn a_person_is_invited_joins_and_signs_in() {
    let name = "a_person_is_invited_joins_and_signs_in";
    let practice = Practice::start();
    let Some(browser) = Browser::start(name, &practice.base(), Script::On) else { return };
    browser.open("/sign-in");
    browser.type_into("#code", &practice.code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    browser.click("nav a[href='/people']");
    browser.wait("return location.pathname === '/people'");
    look(&browser, "people-empty");
    browser.type_into("#find", "a");
    browser.keys(ENTER);
    browser.wait("return !!document.querySelector('.choice input[type=radio]')");
    look(&browser, "people-found");
    browser.click(".choice label:last-of-type input");
    browser.type_into("#name", "Max Ostermann");
    browser.keys(ENTER);
    browser.wait("return !!document.querySelector('#link')");
    look(&browser, "people");
    let link = browser.text("#link");
    let path = link[link.find("/join/").expect("a link")..].to_owned();
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");

    browser.open(&path);
    look(&browser, "join");
    let app = CodeSecret::of_text(&browser.text(".secret")).expect("a secret");
    browser.type_into("#sign-in-name", "max.ostermann");
    browser.type_into("#password", PASSWORD);
    browser.type_into("#again", PASSWORD);
    browser.type_into("#one-time-code", &app.code_at(now_ms()));
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/sign-in'");
    look(&browser, "sign-in");
    browser.open("/patients?q=a");
    browser.type_into("#name", "Max.Ostermann");
    browser.type_into("#password", PASSWORD);
    // The code of this moment was used to join.
    browser.type_into("#one-time-code", &app.code_at(now_ms() + 30_000));
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    assert_eq!(browser.path(), "/patients?q=a", "to where they wanted to go");
    assert!(browser.text(".me").contains("Max Ostermann"));
    assert_eq!(browser.script("return !!document.querySelector('nav a[href=\"/people\"]')"), false);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let printed = sign_in(&mut crate::http::Client::new(practice.address), &practice.code);
    assert_eq!(printed.status, 303, "the printed code opens all the same");
}
