//! People sign in at the identity provider of their hospital, which is another site, and come back to where they were.

use crate::browser::{Browser, ENTER, Script};
use crate::joining::look;
use crate::openid_provider::{CLIENT, OpenidProvider, SECRET};
use crate::practice::Practice;

/// A practice whose people sign in at a provider. Browsers have one at a name and the other at an address: two sites.
fn hospital(provider: &OpenidProvider) -> Practice {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    let file = folder.join("secret");
    std::fs::write(&file, SECRET).unwrap();
    let settings = [
        ("CHIRON_OPENID_ISSUER", provider.issuer()),
        ("CHIRON_OPENID_CLIENT_ID", CLIENT.to_owned()),
        ("CHIRON_OPENID_SECRET_FILE", file.to_string_lossy().into_owned()),
        ("CHIRON_OPENID_LABEL", "Sample Hospital".to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Practice::start_with(Some("localhost"), &settings)
}

#[test]
fn d1_a_person_is_awaited_comes_in_by_the_hospital_and_goes_on_where_they_were() {
    let name = "d1_a_person_is_awaited_comes_in_by_the_hospital_and_goes_on_where_they_were";
    let provider = OpenidProvider::start();
    let practice = hospital(&provider);
    let Some(browser) = Browser::start(name, &practice.base(), Script::On) else { return };
    browser.open("/sign-in");
    browser.type_into("#code", &practice.code);
    browser.keys(ENTER);
    browser.wait("return location.pathname === '/patients'");
    browser.open("/people");
    browser.type_into("#name", "Ida Sample");
    browser.script("document.querySelector('[name=role]').value = 'administrator'");
    browser.type_into("[name=openid_name]", "Ida.Sample");
    browser.keys(ENTER);
    browser.wait("return document.body.innerText.includes('needs no link')");
    look(&browser, "people-openid");
    browser.type_into("#name", "Max Sample");
    browser.keys(ENTER);
    browser.wait("return !!document.querySelector('#link')");
    let link = browser.text("#link");
    browser.open("/apps/registered");
    look(&browser, "registered-apps");
    browser.open(&link[link.find("/join/").expect("a link")..]);
    look(&browser, "join-openid");
    browser.open("/patients");
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");

    provider.is("7", "ida.sample");
    let page = format!("/p/{}?tab=x", practice.ordinary_patient());
    browser.open(&page);
    browser.wait("return location.pathname === '/sign-in'");
    look(&browser, "sign-in-openid");
    browser.click("a[href^='/sign-in/openid']");
    browser.wait("return location.pathname.startsWith('/p/')");
    assert_eq!(browser.path(), page, "they are where they wanted to go");
    assert!(browser.text(".me").contains("Ida Sample"));
    assert_eq!(browser.complaints(), Vec::<String>::new());

    // Signed out beside the page: what was typed waits under the cover until they come back from the hospital.
    browser.wait("return session.until > 0");
    let (first, heading) = (browser.window(), browser.text(".banner h1"));
    browser.type_into(".find [name=q]", "a draft");
    browser.script("fetch('/sign-out', { method: 'POST' }).then(() => lookAtSession('GET'))");
    browser.wait("return !!document.querySelector('.cover')");
    look(&browser, "cover-openid");
    browser.click(".cover [data-openid] a:not([hidden])");
    browser.look_at_other();
    browser.wait("return location.pathname === '/sign-in/done'");
    look(&browser, "signed-in-openid");
    browser.look_at(&first);
    browser.wait("return !document.querySelector('.cover')");
    assert_eq!(browser.text(".banner h1"), heading);
    assert_eq!(browser.script("return document.querySelector('.find [name=q]').value"), "a draft");

    browser.open("/security");
    look(&browser, "security-openid");
    browser.open("/confirm?to=/security");
    look(&browser, "confirm-openid");
    browser.click("a[href^='/confirm/openid']");
    browser.wait("return location.pathname === '/security'");
    // Under another name the hospital knows nobody here.
    provider.is("8", "max");
    browser.click(".me button");
    browser.wait("return location.pathname === '/sign-in'");
    browser.complaints();
    browser.click("a[href^='/sign-in/openid']");
    browser.wait("return !!document.querySelector('[role=alert]')");
    assert!(browser.text("[role=alert]").contains("nobody here has invited you"));
    look(&browser, "sign-in-openid-unknown");
}
