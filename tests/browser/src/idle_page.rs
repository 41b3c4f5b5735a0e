//! A page that nobody uses says so, covers itself, and is as it was after its person signed in again.

use crate::browser::{ENTER, Script};
use crate::joining::look;
use crate::practice::Practice;

#[test]
fn d5_an_idle_page_is_covered_and_what_was_typed_is_kept() {
    let name = "d5_an_idle_page_is_covered_and_what_was_typed_is_kept";
    let practice = Practice::start_with(Some("localhost"), &[("CHIRON_IDLE_MINUTES", "1")]);
    let Some(browser) = practice.browser_with(name, Script::On) else { return };
    let patient = practice.ordinary_patient();
    browser.open(&format!("/p/{patient}?tab=x"));
    let title = browser.script("return document.title").as_str().unwrap().to_owned();
    let heading = browser.text(".banner h1");
    browser.type_into(".find [name=q]", "a draft");
    // A minute without a hand on the page; half of it is said before.
    std::thread::sleep(std::time::Duration::from_secs(35));
    browser.wait("return document.getElementById('ends')?.hidden === false");
    look(&browser, "ends");
    std::thread::sleep(std::time::Duration::from_secs(25));
    browser.wait("return !!document.querySelector('.cover')");
    look(&browser, "cover");
    let left = browser.script("return document.title + document.body.outerHTML + location.search");
    let left = left.as_str().unwrap();
    for gone in [&title, &heading, "a draft", "tab=x"] {
        assert!(!left.contains(gone), "{gone}: {left}");
    }
    assert_eq!(browser.script("return localStorage.length + sessionStorage.length"), 0);
    // Who is not known does not lift it.
    browser.click(".cover summary");
    browser.type_into("#code", "aaaa-bbbb-cccc-dddd");
    browser.keys(ENTER);
    browser.wait("return document.querySelector('.cover [data-problem]')?.hidden === false");
    // That refusal is an error to the browser's log, and rightly so.
    browser.complaints();
    browser.script("document.querySelector('#code').value = ''");
    browser.type_into("#code", &practice.code);
    browser.keys(ENTER);
    browser.wait("return !document.querySelector('.cover')");
    assert_eq!(browser.path(), format!("/p/{patient}?tab=x"), "where they were");
    assert_eq!(browser.script("return document.title"), title.as_str());
    assert_eq!(browser.script("return document.querySelector('.find [name=q]').value"), "a draft");
    assert_eq!(browser.text(".banner h1"), heading);
    // Somebody who types is there.
    for _ in 0..5 {
        std::thread::sleep(std::time::Duration::from_secs(14));
        browser.type_into(".find [name=q]", "s");
    }
    assert_eq!(browser.script("return !!document.querySelector('.cover')"), false);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn d5_a_page_is_lifted_for_its_own_person_alone() {
    let name = "d5_a_page_is_lifted_for_its_own_person_alone";
    let practice = Practice::start_named();
    let Some(browser) = practice.browser_with(name, Script::On) else { return };
    browser.open(&format!("/p/{}", practice.ordinary_patient()));
    let heading = browser.text(".banner h1");
    browser.wait("return session.until > 0");
    // Signed out beside the page, as by an administrator or in another window.
    browser.script("fetch('/sign-out', { method: 'POST' }).then(() => lookAtSession('GET'))");
    browser.wait("return !!document.querySelector('.cover')");
    assert!(!browser.text("body").contains(&heading));
    browser.click(".cover summary");
    browser.type_into("#code", &practice.guest_code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    assert!(browser.text(".me").contains("Guest"), "{}", browser.text(".me"));
}

#[test]
fn d7_signing_out_in_one_window_covers_the_others() {
    let name = "d7_signing_out_in_one_window_covers_the_others";
    let practice = Practice::start_named();
    let Some(browser) = practice.browser_with(name, Script::On) else { return };
    browser.open(&format!("/p/{}", practice.ordinary_patient()));
    let (first, heading) = (browser.window(), browser.text(".banner h1"));
    browser.type_into(".find [name=q]", "a draft");
    browser.new_window();
    browser.open("/patients");
    let second = browser.window();
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
    browser.look_at(&first);
    browser.wait("return !!document.querySelector('.cover')");
    assert!(!browser.text("body").contains(&heading));
    browser.look_at(&second);
    browser.type_into("#code", &practice.code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    browser.look_at(&first);
    browser.script("window.dispatchEvent(new Event('focus'))");
    browser.wait("return !document.querySelector('.cover')");
    assert_eq!(browser.text(".banner h1"), heading);
    assert_eq!(browser.script("return document.querySelector('.find [name=q]').value"), "a draft");
}

#[test]
fn hs7_a_form_that_needs_a_recent_sign_in_is_kept_until_there_is_one() {
    let name = "hs7_a_form_that_needs_a_recent_sign_in_is_kept_until_there_is_one";
    let practice = Practice::start_named();
    let Some(browser) = practice.browser_with(name, Script::On) else { return };
    browser.open("/people");
    // As the server says it five minutes later; that it does so then is proved where its clock can be moved.
    browser.script(
        "const real = window.fetch; window.isStale = true; window.fetch = async (...asked) => { \
         const answer = await real(...asked); if (asked[0] !== '/session' || !window.isStale) return answer; \
         const told = await answer.json(); told.is_recent = false; \
         return { ok: true, status: 200, json: async () => told }; }",
    );
    browser.type_into("#name", "Max Ostermann");
    browser.keys(ENTER);
    browser.wait("return !!document.querySelector('.cover')");
    assert_eq!(browser.text(".cover h1:not([hidden])"), "Is it you?");
    browser.click(".cover summary");
    browser.type_into("#code", &practice.code);
    browser.keys(ENTER);
    browser.wait("return !document.querySelector('.cover')");
    browser.script("window.isStale = false");
    assert_eq!(browser.script("return document.querySelector('#name').value"), "Max Ostermann");
    browser.click(".invite .primary");
    browser.wait("return !!document.querySelector('#link')");
    browser.open("/security");
    let sessions = browser.script("return document.querySelectorAll('.security tbody tr').length");
    assert_eq!(sessions, 1, "the one before has ended");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
