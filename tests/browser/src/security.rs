//! Headers of every page, and who may see it.

use crate::http::Client;
use crate::made_up::CROWDED;
use crate::practice::{practice, sign_in};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     object-src 'none'; require-trusted-types-for 'script'; trusted-types chiron";

/// Those may be seen by anybody: no patient is on them.
const PUBLIC: [&str; 9] = [
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/openid",
    "/sign-in/openid/return",
    "/join/{secret}",
    "/join/{secret}/passkey",
    "/join/{secret}/openid",
    "/assets/{name}",
    // Without a known app it says so and nothing else.
    "/oauth/authorize",
];

/// What only takes forms.
pub const FORMS: [&str; 23] = [
    "/p/{patient}/vitals/{observation}",
    "/inbox/{task}",
    "/p/{patient}/allergies/{allergy}",
    "/p/{patient}/problems/{problem}",
    "/p/{patient}/visits",
    "/p/{patient}/v/{visit}/draft",
    "/p/{patient}/v/{visit}/line",
    "/p/{patient}/v/{visit}/sign",
    "/p/{patient}/v/{visit}/undo",
    "/p/{patient}/documents/{document}/add",
    "/p/{patient}/consents/{consent}/end",
    "/privacy/emergencies/{id}",
    "/p/{patient}/apps/{client}",
    "/apps/{grant}/end",
    "/apps/registered/{client}/suspend",
    "/apps/registered/{client}/resume",
    "/apps/registered/{client}/secret",
    "/sign-out",
    "/security/passkey",
    "/security/{change}",
    "/people/roles/put-back",
    "/people/{id}/reset",
    "/people/{id}/close",
];

/// What a page's script follows: it has no end and leads nowhere.
const STREAM: &str = "/live";

/// What the script asks: it is told that nobody is signed in, and not sent elsewhere.
const SESSION: &str = "/session";

/// Every page's address, filled for one patient.
pub fn addresses() -> Vec<(&'static str, String)> {
    let fill = |path: &'static str| {
        let filled = path
            .replace("{patient}", CROWDED)
            .replace("{code}", "4548-4")
            .replace("{document}", "crowded-note")
            .replace("{secret}", "nobody")
            .replace("{change}", "password")
            .replace("{client}", "nobody")
            .replace("{grant}", "nobody")
            .replace("{consent}", "nobody")
            .replace("{visit}", "nobody")
            .replace("{problem}", "nobody")
            .replace("{allergy}", "nobody")
            .replace("{task}", "nobody")
            .replace("{observation}", "nobody")
            .replace("{id}", "nobody");
        (path, filled.replace("{name}", "none.css"))
    };
    web::PAGES.iter().filter(|page| page.path != STREAM).map(|page| fill(page.path)).collect()
}

#[test]
fn every_page_forbids_what_it_does_not_need_and_is_not_kept() {
    let mut client = practice().signed_in();
    for (path, address) in addresses() {
        assert!(!address.contains('{'), "{path} has a parameter that this test does not know");
        let answer = client.get(&address);
        let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("content-security-policy"), POLICY, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        let body = answer.text();
        for inline in [" style=", " onclick=", " onload=", "<style", "<script>", "javascript:"] {
            assert!(!body.contains(inline), "{path} has {inline}");
        }
    }
}

#[test]
fn nobody_sees_a_page_before_signing_in() {
    for (path, address) in
        addresses().into_iter().filter(|(path, _)| !PUBLIC.contains(path) && *path != SESSION)
    {
        let (mut client, mut address) = (Client::new(practice().address), address);
        let method = if FORMS.contains(&path) { "POST" } else { "GET" };
        let mut steps = 0;
        while address.split('?').next() != Some("/sign-in") {
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let answer = client.send(method, &address, &form, b"");
            assert_eq!(answer.status, 303, "{path}: {}", answer.text());
            assert!(!answer.text().contains("FULLCHART"));
            answer.header("location").expect("a place to go to").clone_into(&mut address);
            steps += 1;
            assert!(steps < 4, "{path} leads nowhere");
        }
    }
}

#[test]
fn nobody_follows_what_changes_before_signing_in() {
    for path in [STREAM, SESSION] {
        let answer = Client::new(practice().address).get(path);
        assert_eq!((answer.status, answer.text().as_str()), (401, ""), "{path}");
    }
}

#[test]
fn a_form_of_another_site_is_refused() {
    let mut client = practice().signed_in();
    let refused = client.send("POST", "/sign-out", &[("sec-fetch-site", "cross-site")], b"");
    assert_eq!(refused.status, 403);
    assert_eq!(client.get("/patients").status, 200, "the session still holds");
    let mut stranger = Client::new(practice().address).with_header("sec-fetch-site", "same-site");
    assert_eq!(sign_in(&mut stranger, &practice().code).status, 403);
}

#[test]
fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let answer = sign_in(&mut Client::new(practice().address), &practice().code);
    let cookie = answer.header("set-cookie").expect("a cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}
