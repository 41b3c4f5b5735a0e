//! People come in by an invitation, with name, password and one-time code, and are out when an administrator says so.

use crate::harness::folder::new_folder;
use crate::harness::http::{Answer, Client};
use crate::harness::program;
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use identity::one_time_code::CodeSecret;
use std::time::{SystemTime, UNIX_EPOCH};

const PASSWORD: &str = "two brown foxes";

/// Someone with an app.
pub struct Person {
    sign_in_name: String,
    app: CodeSecret,
    /// Codes are used once; later ones are those of half a minute later, which the server takes too.
    ahead_ms: i64,
}

impl Person {
    fn code(&self) -> String {
        self.app.code_at(now_ms() + self.ahead_ms)
    }

    fn form(&self, password: &str) -> String {
        form(&[("name", &self.sign_in_name), ("password", password), ("one_time_code", &self.code())])
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn post(client: &mut Client, path: &str, body: &str) -> Answer {
    client.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
}

/// The path of an invitation that a command made.
pub fn invited(server: &Server, arguments: &[&str]) -> String {
    let answer = program::succeed(server.data(), arguments);
    let link = answer["link"].as_str().unwrap();
    link[link.find("/join/").unwrap()..].to_owned()
}

/// What stands between two marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let from = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    let length = text[from..].find(after).unwrap();
    &text[from..from + length]
}

fn joining(sign_in_name: &str, password: &str, again: &str, code: &str) -> String {
    let fields = [("name", "Ida Ames"), ("sign_in_name", sign_in_name), ("password", password)];
    form(&[&fields[..], &[("again", again), ("one_time_code", code)]].concat())
}

/// Follows an invitation.
pub fn join(server: &Server, path: &str, sign_in_name: &str) -> Person {
    let page = server.client().get(path);
    assert_eq!(page.status, 200, "{}", page.text());
    let app = CodeSecret::of_text(between(&page.text(), "class=\"secret\">", "</code>")).unwrap();
    let person = Person { sign_in_name: sign_in_name.to_owned(), app, ahead_ms: 0 };
    let joined = post(&mut server.client(), path, &joining(sign_in_name, PASSWORD, PASSWORD, &person.code()));
    assert_eq!((joined.status, joined.header("location")), (303, Some("/sign-in")), "{}", joined.text());
    Person { ahead_ms: 30_000, ..person }
}

/// A client with the cookie of somebody who signs in.
pub fn sign_in(server: &Server, person: &Person) -> Client {
    server.client().with_header("cookie", &session_cookie(server, person))
}

/// The cookie of somebody who signs in.
pub fn session_cookie(server: &Server, person: &Person) -> String {
    let answer = post(&mut server.client(), "/sign-in", &person.form(PASSWORD));
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn problem(answer: &Answer) -> String {
    between(&answer.text(), "role=\"alert\">", "</p>").to_owned()
}

#[test]
fn d1_an_invitation_leads_in_once_and_only_with_what_was_chosen() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let path = invited(&server, &["user", "invite", "Ida", "--role", "administrator"]);
    let app =
        CodeSecret::of_text(between(&server.client().get(&path).text(), "class=\"secret\">", "</code>"));
    let code = app.unwrap().code_at(now_ms());
    for (body, says) in [
        (joining("ida", PASSWORD, "two brown cats", &code), "differ"),
        (joining("ida", "short", "short", &code), "12 characters"),
        (joining("ida", "my name is ames", "my name is ames", &code), "own name"),
        (joining("i", PASSWORD, PASSWORD, &code), "sign-in name"),
        (joining("ida", PASSWORD, PASSWORD, "000000x"), "six digits"),
    ] {
        let refused = post(&mut server.client(), &path, &body);
        assert_eq!(refused.status, 422);
        assert!(problem(&refused).contains(says), "{says}: {}", problem(&refused));
    }
    let ida = join(&server, &path, "Ida.Ames");
    assert_eq!(server.client().get(&path).status, 404, "it works once");
    let other = invited(&server, &["user", "invite", "Ida", "--role", "clinician"]);
    let page = server.client().get(&other).text();
    let code = CodeSecret::of_text(between(&page, "class=\"secret\">", "</code>")).unwrap().code_at(now_ms());
    let taken = post(&mut server.client(), &other, &joining("ida.ames", PASSWORD, PASSWORD, &code));
    assert!(problem(&taken).contains("taken"), "{}", problem(&taken));

    // Nobody learns which of them is wrong, or whether there is such a name.
    let nobody = form(&[("name", "nobody"), ("password", PASSWORD), ("one_time_code", "123456")]);
    let wrong = form(&[("name", "ida.ames"), ("password", PASSWORD), ("one_time_code", "000000")]);
    let refused: Vec<_> = [nobody, wrong, ida.form("two brown cats")]
        .iter()
        .map(|body| post(&mut server.client(), "/sign-in", body))
        .map(|answer| (answer.status, problem(&answer), answer.header("set-cookie").map(str::to_owned)))
        .collect();
    assert!(refused.iter().all(|one| *one == refused[0] && one.0 == 401 && one.2.is_none()), "{refused:?}");
    let mut client = sign_in(&server, &ida);
    assert_eq!(client.get("/people").status, 200);
    let again = post(&mut server.client(), "/sign-in", &ida.form(PASSWORD));
    assert_eq!(again.status, 401, "a code is used once");
    server.stop();
}

#[test]
fn d1_who_is_closed_is_out_at_once_and_roles_are_kept() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    let ida = join(&server, &invited(&server, &["user", "invite", "Ida", "--role", "administrator"]), "ida");
    let max = join(&server, &invited(&server, &["user", "invite", "Max", "--role", "clinician"]), "max");
    let (mut administrator, mut clinician) = (sign_in(&server, &ida), sign_in(&server, &max));
    assert_eq!((administrator.get("/p/one").status, clinician.get("/p/one").status), (200, 200));
    assert_eq!(clinician.get("/people").status, 403);
    assert_eq!(post(&mut clinician, "/people", "name=Eve&role=administrator").status, 403);
    let listed = program::succeed(server.data(), ["user", "list"]);
    let id = |name: &str| {
        let accounts = listed["accounts"].as_array().unwrap();
        accounts.iter().find(|one| one["sign-in-name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(post(&mut clinician, &format!("/people/{}/close", id("ida")), "").status, 403);
    let last = post(&mut administrator, &format!("/people/{}/close", id("ida")), "");
    assert!(problem(&last).contains("last administrator"), "{}", problem(&last));
    assert_eq!(post(&mut administrator, &format!("/people/{}/close", id("max")), "").status, 200);
    let out = clinician.get("/p/one");
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in?to=%2Fp%2Fone")));
    assert_eq!(post(&mut server.client(), "/sign-in", &max.form(PASSWORD)).status, 401);
    // An administrator lets them in again, by a new link; the old password is gone.
    let page = post(&mut administrator, &format!("/people/{}/reset", id("max")), "").text();
    let link = between(&page, "<code id=\"link\">", "</code>");
    let again = join(&server, &link[link.find("/join/").unwrap()..], "max");
    assert_eq!(sign_in(&server, &again).get("/p/one").status, 200);
    assert_eq!(program::run(server.data(), ["user", "close", "nobody"]).code, Some(1));
    server.stop();
}

#[test]
fn hs7_who_fails_often_has_to_wait_whether_there_is_such_a_name_or_not() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    join(&server, &invited(&server, &["user", "invite", "Ida", "--role", "administrator"]), "ida");
    for name in ["ida", "nobody"] {
        let body = form(&[("name", name), ("password", "wrong and wrong"), ("one_time_code", "000000")]);
        let said: Vec<String> =
            (0..6).map(|_| problem(&post(&mut server.client(), "/sign-in", &body))).collect();
        assert!(said[..5].iter().all(|one| one.contains("is not right")), "{said:?}");
        assert!(said[5].starts_with("Too many tries. Wait "), "{said:?}");
    }
    let failed = server.administrator().get_json("/fhir/AuditEvent?_count=50").to_string();
    assert!(failed.contains("sign-in with a wrong password or code"), "{failed}");
    assert!(!failed.contains("wrong and wrong"));
    server.stop();
}

#[test]
fn hs7_who_tries_much_from_one_address_has_to_wait_and_others_do_not() {
    let folder = new_folder();
    let server = Server::start_as(&folder.path().join("data"), &["serve", "--behind-proxy"]);
    let ida = join(&server, &invited(&server, &["user", "invite", "Ida", "--role", "administrator"]), "ida");
    // What the client wrote itself comes before what the proxy added.
    let from =
        |address: &str| server.client().with_header("x-forwarded-for", &format!("192.0.2.99, {address}"));
    let mut attacker = from("2001:db8:1:2::7");
    let said: Vec<String> =
        (0..101).map(|_| problem(&post(&mut attacker, "/sign-in", "code=aaaa"))).collect();
    assert!(said[..100].iter().all(|one| one.contains("not known")), "{said:?}");
    assert!(said[100].starts_with("Too many tries"), "{}", said[100]);
    let neighbour = post(&mut from("2001:db8:1:2::8"), "/sign-in", &ida.form(PASSWORD));
    assert_eq!(neighbour.status, 401, "the network of an address is one customer's");
    let person = post(&mut from("192.0.2.7"), "/sign-in", &ida.form(PASSWORD));
    assert_eq!(person.status, 303, "{}", person.text());
    let cookie = person.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(from("192.0.2.7").with_header("cookie", &cookie).get("/people").status, 200);
    let audited = server.administrator().get_json("/fhir/AuditEvent?_count=50").to_string();
    assert!(audited.contains("192.0.2.7") && !audited.contains("192.0.2.99"), "{audited}");
    server.stop();
}

#[test]
fn d1_an_account_is_somebody_in_the_record_and_a_patient_sees_their_own_alone() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    for name in ["one", "two"] {
        assert_eq!(server.administrator().post("/fhir", &put_both(name)).status, 200);
    }
    let ida = join(&server, &invited(&server, &["user", "invite", "Ida", "--role", "administrator"]), "ida");
    let mut administrator = sign_in(&server, &ida);
    let page = administrator.get("/people?find=ada+sample").text();
    assert!(page.contains("value=\"Patient/one\""), "{page}");
    for (body, says) in [
        ("name=Eve&role=clinician&person=Patient/one", "has the role &#39;patient&#39; and no other"),
        ("name=Eve&role=patient&person=", "is for a Patient"),
        ("name=Eve&role=clinician&person=Practitioner/nobody", "no Practitioner/nobody"),
        ("name=Eve&role=clinician&person=Observation/one", "is for one of Practitioner"),
    ] {
        let refused = post(&mut administrator, "/people", body);
        assert_eq!(refused.status, 422, "{body}");
        assert!(problem(&refused).contains(says), "{says}: {}", problem(&refused));
    }
    // Their name comes from the record.
    let page = post(&mut administrator, "/people", "name=&role=patient&person=Patient/one").text();
    let link = between(&page, "<code id=\"link\">", "</code>").to_owned();
    assert!(page.contains("patient: "), "{page}");
    let again = post(&mut administrator, "/people", "name=&role=patient&person=Patient/one");
    assert!(problem(&again).contains("account already"), "{}", problem(&again));
    let patient = join(&server, &link[link.find("/join/").unwrap()..], "pat");
    let listed = program::succeed(server.data(), ["user", "list"]).to_string();
    assert!(listed.contains("\"kind\":\"patient\",\"person\":\"Patient/one\""), "{listed}");
    let mut client = sign_in(&server, &patient);
    assert_eq!(client.get("/p/one").status, 200, "{}", client.get("/p/one").text());
    assert!([403, 404].contains(&client.get("/p/two").status));
    assert!(!client.get("/patients?q=sample").text().contains("/p/two"));
    assert_eq!(client.get("/people").status, 403);
    server.stop();
}
