//! People come in by the identity provider of their hospital, and nobody else does.

use crate::harness::folder::new_folder;
use crate::harness::http::{Answer, Client};
use crate::harness::openid_provider::{CLIENT, OpenidProvider, SECRET};
use crate::harness::program;
use crate::harness::server::Server;
use crate::people::{invited, join, session_cookie, sign_in};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;

/// A server with an identity provider.
struct Hospital {
    server: Server,
    provider: OpenidProvider,
    _folder: tempfile::TempDir,
}

impl Hospital {
    fn start() -> Self {
        Self::start_with("")
    }

    /// With a further line of settings.
    fn start_with(further: &str) -> Self {
        let (folder, provider) = (new_folder(), OpenidProvider::start());
        let file = folder.path().join("secret");
        std::fs::write(&file, format!("{SECRET}\n")).unwrap();
        let settings = format!(
            "openid-issuer = \"{}\"\nopenid-client-id = \"{CLIENT}\"\nopenid-secret-file = \"{}\"\n\
             openid-label = \"Sample Hospital\"\n{further}",
            provider.issuer(),
            file.display()
        );
        let server = start(folder.path(), &settings);
        Self { server, provider, _folder: folder }
    }

    /// Begins a way to the provider on one of our pages: what the browser keeps, and where it is sent to.
    fn begin(&self, cookie: &str, path: &str) -> Way {
        let begun = self.server.client().with_header("cookie", cookie).get(path);
        assert_eq!(begun.status, 303, "{}", begun.text());
        let url = begun.header("location").unwrap();
        let path = url.strip_prefix(&self.provider.issuer()).expect("it leads to the provider").to_owned();
        Way { cookie: kept(&begun), path }
    }

    /// Goes to the provider, and gives where it sends the browser back to.
    fn show(&self, way: &Way) -> String {
        let shown = Client::new(self.provider.address()).get(&way.path);
        let back = shown.header("location").unwrap();
        back[back.find("/sign-in/openid/return").unwrap()..].to_owned()
    }

    /// Comes back with what the browser keeps.
    fn come_back(&self, cookies: &[&str], path: &str) -> Answer {
        self.server.client().with_header("cookie", &cookies.join("; ")).get(path)
    }

    /// All of it, for a page.
    fn go(&self, session: &str, path: &str) -> Answer {
        let way = self.begin(session, path);
        let back = self.show(&way);
        self.come_back(&[session, &way.cookie], &back)
    }

    fn signed_in(&self) -> String {
        let answer = self.go("", "/sign-in/openid");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
        kept(&answer)
    }

    fn is_in(&self, session: &str) -> bool {
        self.server.client().with_header("cookie", session).get("/patients").status == 200
    }

    fn accounts(&self) -> Vec<Value> {
        program::succeed(self.server.data(), ["user", "list"])["accounts"].as_array().unwrap().clone()
    }

    fn await_name(&self, name: &str) -> String {
        let arguments = ["user", "invite", "Ida", "--role", "clinician", "--openid-name", name];
        let answer = program::succeed(self.server.data(), arguments);
        assert!(answer.get("link").is_none(), "nobody needs a link: {answer}");
        answer["account"].as_str().unwrap().to_owned()
    }
}

/// A server with settings of its own.
fn start(folder: &Path, settings: &str) -> Server {
    Server::start_as(&folder.join("data"), &["serve", "--config", &file_of(folder, settings)])
}

/// A file of settings.
fn file_of(folder: &Path, settings: &str) -> String {
    let file = folder.join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    file.to_string_lossy().into_owned()
}

/// A way to the provider that was begun.
struct Way {
    cookie: String,
    path: String,
}

/// What an answer has the browser keep first.
fn kept(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn d1_who_is_awaited_comes_in_by_the_hospital_and_is_known_from_then_on() {
    let hospital = Hospital::start();
    let account = hospital.await_name("Ida.Ames@Sample.example");
    let page = hospital.server.client().get("/sign-in?to=%2Fp%2F1%3Fa%3D%26").text();
    assert!(page.contains("/sign-in/openid?to=%2Fp%2F1%3Fa%3D%26") && page.contains("With Sample Hospital"));
    hospital.provider.is("7", "ida.ames@sample.example");
    let way = hospital.begin("", "/sign-in/openid?to=/patients%3Fq%3Dx");
    assert!(!way.path.contains("patients"), "the provider is not told where it goes on: {}", way.path);
    let back = hospital.show(&way);
    // Another site's page leads here: the browser sends no cookie, and comes once more by itself.
    let without = hospital.come_back(&[], &back);
    let again = format!("{back}&again=1");
    assert!(without.text().contains(&again.replace('&', "&#38;")), "{}", without.text());
    let answer = hospital.come_back(&[&way.cookie], &again);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/patients?q=x")));
    let session = kept(&answer);
    assert!(hospital.is_in(&session));
    let own = hospital.server.client().with_header("cookie", &session).get("/security").text();
    assert!(own.contains("You sign in with Sample Hospital"), "{own}");
    assert!(!own.contains("new-password"), "a password opens nothing without a name");

    // The name was for the first time: another may have it there by now, and she another.
    hospital.provider.is("8", "ida.ames@sample.example");
    let other = hospital.go("", "/sign-in/openid");
    assert_eq!(other.status, 401, "{}", other.text());
    assert!(other.text().contains("nobody here has invited you"));
    hospital.provider.is("7", "ida.bell@sample.example");
    assert!(hospital.is_in(&hospital.signed_in()));
    let accounts = hospital.accounts();
    let hers = accounts.iter().find(|one| one["id"] == account.as_str()).unwrap();
    assert_eq!(hers["state"], "active");

    // Who is closed is out, and may be awaited anew.
    program::succeed(hospital.server.data(), ["user", "close", &account]);
    assert!(!hospital.is_in(&session));
    assert_eq!(hospital.go("", "/sign-in/openid").status, 401);
    hospital.await_name("ida.bell@sample.example");
    assert!(hospital.is_in(&hospital.signed_in()));
    hospital.server.stop();
}

#[test]
fn d1_an_invitation_and_an_account_of_ones_own_are_linked_to_the_hospital() {
    let hospital = Hospital::start();
    let path = invited(&hospital.server, &["user", "invite", "Max", "--role", "clinician"]);
    assert!(hospital.server.client().get(&path).text().contains(&format!("{path}/openid")));
    hospital.provider.is("1", "max");
    let way = hospital.begin("", &format!("{path}/openid"));
    let back = hospital.show(&way);
    let joined = hospital.come_back(&[&way.cookie], &back);
    assert_eq!((joined.status, joined.header("location")), (303, Some("/")), "{}", joined.text());
    assert!(hospital.is_in(&kept(&joined)) && hospital.is_in(&hospital.signed_in()));
    assert_eq!(hospital.server.client().get(&path).status, 404, "it is used up");
    assert_eq!(hospital.server.client().get(&format!("{path}/openid")).status, 404);

    // Another invitation is not followed by who has an account.
    let path = invited(&hospital.server, &["user", "invite", "Ida", "--role", "administrator"]);
    let refused = hospital.go("", &format!("{path}/openid"));
    assert!(refused.status == 422 && refused.text().contains("Another account"), "{}", refused.text());
    let ida = join(&hospital.server, &path, "ida.ames");
    let session = session_cookie(&hospital.server, &ida);
    let taken = hospital.go(&session, "/security/openid");
    assert!(taken.status == 422 && taken.text().contains("Another account"), "{}", taken.text());
    hospital.provider.is("2", "ida");
    let linked = hospital.go(&session, "/security/openid");
    assert_eq!(linked.header("location"), Some("/security"), "{}", linked.text());
    let by_hospital = hospital.signed_in();
    let people = hospital.server.client().with_header("cookie", &by_hospital).get("/people");
    assert_eq!(people.status, 200, "she is the administrator");

    // What is all that one has is not given up.
    let post = |session: &str, path: &str| {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        hospital.server.client().with_header("cookie", session).send("POST", path, &form, b"")
    };
    hospital.provider.is("1", "max");
    let max = hospital.signed_in();
    assert!(post(&max, "/security/unlink-openid").text().contains("all that you sign in with"));
    assert_eq!(post(&by_hospital, "/security/unlink-openid").status, 303);
    hospital.provider.is("2", "ida");
    assert_eq!(hospital.go("", "/sign-in/openid").status, 401);
    hospital.server.stop();
}

#[test]
fn hs7_who_shows_it_anew_must_be_the_same_person_a_moment_ago() {
    let hospital = Hospital::start();
    hospital.await_name("ida");
    hospital.provider.is("7", "ida");
    let session = hospital.signed_in();
    let way = hospital.begin(&session, "/confirm/openid?to=/security");
    assert!(way.path.contains("prompt=login") && way.path.contains("max_age=0"), "{}", way.path);
    let confirmed = hospital.go(&session, "/confirm/openid?to=/security");
    assert_eq!(confirmed.header("location"), Some("/security"), "{}", confirmed.text());
    for old in [json!(1_700_000_000), Value::Null] {
        hospital.provider.lies("auth_time", old);
        assert_eq!(hospital.go(&session, "/confirm/openid").status, 502);
    }
    hospital.provider.is_honest();
    hospital.provider.is("8", "max");
    let other = hospital.go(&session, "/confirm/openid");
    assert!(other.status == 403 && other.text().contains("somebody else"), "{}", other.text());
    let nobody = hospital.server.client().get("/confirm/openid?to=/people");
    assert!(nobody.header("location").unwrap().starts_with("/sign-in?to="), "{nobody:?}");
    hospital.server.stop();
}

#[test]
fn d1_what_a_provider_must_not_say_opens_nothing() {
    let hospital = Hospital::start_with("openid-acr = \"two-factors, three-factors\"");
    hospital.await_name("ida");
    hospital.provider.is("7", "ida");
    let way = hospital.begin("", "/sign-in/openid");
    assert!(way.path.contains("acr_values=two-factors+three-factors"), "{}", way.path);
    let two = || hospital.provider.lies("acr", json!("two-factors"));
    assert_eq!(hospital.go("", "/sign-in/openid").status, 502, "one factor");
    for (claim, lie) in [
        ("acr", json!("one-factor")),
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("azp", json!("another")),
        ("nonce", json!("another")),
        ("sub", json!("")),
        ("exp", json!(1_700_000_000)),
        ("iat", json!(1_700_000_000)),
        ("iat", json!(4_000_000_000_u64)),
    ] {
        two();
        hospital.provider.lies(claim, lie.clone());
        let refused = hospital.go("", "/sign-in/openid");
        assert_eq!(refused.status, 502, "{claim} {lie}: {}", refused.text());
        assert!(!refused.text().contains("evil"), "what it said is not shown");
        hospital.provider.is_honest();
    }
    two();
    hospital.provider.refuses(Some("access_denied"));
    let denied = hospital.go("", "/sign-in/openid");
    assert!(denied.status == 403 && denied.text().contains("did not let you in"), "{}", denied.text());
    hospital.provider.refuses(None);
    assert!(hospital.is_in(&hospital.signed_in()), "and with all of it right she is in");
    hospital.server.stop();
}

#[test]
fn d1_a_way_that_another_browser_began_leads_nowhere() {
    let hospital = Hospital::start();
    hospital.await_name("ida");
    hospital.provider.is("7", "ida");
    let (own, other) = (hospital.begin("", "/sign-in/openid"), hospital.begin("", "/sign-in/openid"));
    let back = hospital.show(&own);
    // Somebody else's code is pushed into this browser, and this one's into another.
    assert_eq!(hospital.come_back(&[&other.cookie], &back).status, 400);
    assert_eq!(hospital.come_back(&[], &format!("{back}&again=1")).status, 400);
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    for path in [
        "/sign-in/openid/return".to_owned(),
        format!("/sign-in/openid/return?state={state}"),
        format!("/sign-in/openid/return?state={state}&code=code-1"),
        format!("/sign-in/openid/return?state={state}&code=code-1&iss=https://evil.example"),
        back.replace("state=", "state=x"),
        back.replace("code-", "code-9"),
    ] {
        let refused = hospital.come_back(&[&own.cookie], &path);
        assert!([400, 502].contains(&refused.status), "{path}: {}", refused.text());
        assert!(refused.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{path}");
    }
    // What it is for cannot be changed on the way: not into an invitation, nor into another's link.
    let secret = own.cookie.split('.').next().unwrap();
    for purpose in ["ImxpbmsiCg", "ImxpbmsiIA", "e30", "bnVsbA", ""] {
        let changed = hospital.come_back(&[&format!("{secret}.{purpose}")], &back);
        assert_eq!(changed.status, 400, "{purpose}");
    }
    let answer = hospital.come_back(&[&own.cookie], &back);
    assert_eq!(answer.status, 303, "none of it used the code up: {}", answer.text());
    assert_eq!(hospital.come_back(&[&own.cookie], &back).status, 502, "it is used once");
    // No other site is gone to, whatever the address says.
    for to in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let answer = hospital.go("", &format!("/sign-in/openid?to={to}"));
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{to}");
    }
    hospital.server.stop();
}

#[test]
fn d1_a_provider_that_is_away_keeps_nobody_out_who_has_another_way() {
    let folder = new_folder();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!("openid-issuer = \"http://{nowhere}\"\nopenid-client-id = \"{CLIENT}\"");
    let server = start(folder.path(), &settings);
    let path = invited(&server, &["user", "invite", "Ida", "--role", "clinician"]);
    let away = server.client().get(&format!("{path}/openid"));
    assert!(away.status == 502 && away.text().contains("Sign in another way"), "{}", away.text());
    let ida = join(&server, &path, "ida.ames");
    assert_eq!(sign_in(&server, &ida).get("/patients").status, 200);
    server.stop();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.client().get("/sign-in/openid").status, 404, "without the setting there is none");
    server.stop();
}

#[test]
fn bad_settings_of_a_provider_say_how_to_mend_them() {
    let folder = new_folder();
    for (settings, says) in [
        ("openid-client-id = 'x'", "needs openid-issuer"),
        ("openid-issuer = 'https://id.example'", "needs openid-client-id"),
        ("openid-issuer = 'http://id.example'\nopenid-client-id = 'x'", "https address"),
        (
            "openid-issuer = 'https://id.example'\nopenid-client-id = 'x'\nopenid-secret-file = '/no'",
            "reading /no",
        ),
    ] {
        let file = file_of(folder.path(), settings);
        let failed = program::run(&folder.path().join("data"), ["serve", "--config", &file]);
        assert!(failed.code != Some(0) && failed.failure().contains(says), "{says}: {failed:?}");
    }
}
