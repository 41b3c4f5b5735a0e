//! Notes of visits through plain forms: a server that is killed while a note is being signed, and hostile texts.

use crate::harness::folder::new_folder;
use crate::harness::http::{Client, hidden};
use crate::harness::program::verify;
use crate::harness::samples::patient;
use crate::harness::server::Server;
use serde_json::Value;
use std::time::{Duration, Instant};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A visit that was begun, as a browser sees it.
struct Visit {
    client: Client,
    /// Its page.
    place: String,
    context: String,
}

impl Visit {
    fn begin(server: &Server, patient: &str) -> Self {
        let mut client = server.signed_in();
        let chart = client.get(&format!("/p/{patient}")).text();
        let form = &chart[chart.find("class=\"begin\"").expect("a form to begin a visit")..];
        let body = format!("context={}&kind=office", hidden(form, "context"));
        let begun = client.send("POST", &format!("/p/{patient}/visits"), &[FORM], body.as_bytes());
        assert_eq!(begun.status, 303, "{}", begun.text());
        Self::open(client, begun.header("location").unwrap())
    }

    fn open(mut client: Client, place: &str) -> Self {
        let page = client.get(place);
        assert_eq!(page.status, 200, "{}", page.text());
        let context = hidden(&page.text(), "context");
        Self { client, place: place.to_owned(), context }
    }

    /// Sends what is written, to be kept or to be signed; gives the status and the page.
    fn send(&mut self, what: &str, text: &str) -> (u16, String) {
        let page = self.client.get(&self.place).text();
        let revision = hidden(&page, "revision");
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let body = format!("context={}&revision={revision}&text={text}", self.context);
        let answer = self.client.send("POST", &format!("{}/{what}", self.place), &[FORM], body.as_bytes());
        (answer.status, answer.text())
    }
}

fn held(client: &mut Client, search: &str) -> Vec<Value> {
    let bundle = client.get_json(&format!("/fhir/{search}"));
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().map(|mut entry| entry["resource"].take()).collect()
}

fn wait_for_note(client: &mut Client, patient: &str) -> Value {
    let begun = Instant::now();
    loop {
        if let Some(note) = held(client, &format!("DocumentReference?patient={patient}")).pop() {
            return note;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "no note of {patient}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn ch01_who_is_killed_while_a_note_is_being_signed_has_signed_nothing_and_lost_nothing() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    server.administrator().put("/fhir/Patient/p", &patient("p"));
    let mut visit = Visit::begin(&server, "p");
    let text = "# Plan\n/dx hypertension [I10]\n/lab a1c\nWords of the author.";
    assert_eq!(visit.send("sign", text).0, 303);
    let place = visit.place;
    server.kill();

    let server = Server::start(&data);
    let mut administrator = server.administrator();
    std::thread::sleep(Duration::from_secs(11));
    assert_eq!(held(&mut administrator, "DocumentReference?patient=p"), Vec::<Value>::new());
    let mut visit = Visit::open(server.signed_in(), &place);
    assert!(visit.client.get(&place).text().contains("Words of the author."), "the draft is there");
    assert_eq!(visit.send("sign", text).0, 303);
    let note = wait_for_note(&mut administrator, "p");
    assert_eq!(note["docStatus"], "final");
    assert_eq!(held(&mut administrator, "ServiceRequest?patient=p").len(), 1, "once");
    assert_eq!(held(&mut administrator, "Condition?patient=p").len(), 1);
    server.stop();
    verify(&data);
}

#[test]
fn hostile_texts_are_signed_as_they_are_or_refused_in_words_and_kept() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mut administrator = server.administrator();
    let long_name = "x".repeat(3_000);
    let texts = [
        ("script", "/dx <script>alert(1)</script>\n<b>bold</b> & \"quoted\"".to_owned()),
        ("foreign", "/dx Гипертония\nمريض 患者 \u{1F92F}\u{200F}\n/all عطر; حكة; severe".to_owned()),
        ("ends", "one\r\ntwo\r\n/rtc 2 weeks\r\n".to_owned()),
        ("long", format!("/dx {long_name}\n{}", "words ".repeat(20_000))),
        ("controls", "/dx a\u{7}b\u{1b}[31m\n\u{0}".to_owned()),
        ("slashes", "/////\n/ 2\n1/2\n#\n# \n##".to_owned()),
    ];
    let mut begun = Vec::new();
    for (id, text) in &texts {
        administrator.put(&format!("/fhir/Patient/{id}"), &patient(id));
        let mut visit = Visit::begin(&server, id);
        let (status, page) = visit.send("sign", text);
        assert_eq!(status, 303, "{id}: {page}");
        begun.push((id, visit));
    }
    std::thread::sleep(Duration::from_millis(11_000));
    for (id, mut visit) in begun {
        if held(&mut administrator, &format!("DocumentReference?patient={id}")).is_empty() {
            let page = visit.client.get(&visit.place).text();
            assert!(page.contains("Not signed: "), "{id} is neither signed nor said to be refused: {page}");
            assert_eq!(
                held(&mut administrator, &format!("Condition?patient={id}")),
                Vec::<Value>::new(),
                "{id}"
            );
        }
        let chart = visit.client.get(&format!("/p/{id}")).text();
        assert!(!chart.contains("<script>alert"), "{id}");
    }
    administrator.put("/fhir/Patient/huge", &patient("huge"));
    let mut visit = Visit::begin(&server, "huge");
    let (status, page) = visit.send("draft", &"x".repeat(300 << 10));
    assert!(status == 422 && page.contains("256 kB"), "{status}");
    // What is no number or no context is told, not guessed.
    for body in ["revision=many&text=a", "text=a", "context=&text=a"] {
        let answer = visit.client.send("POST", &format!("{}/draft", visit.place), &[FORM], body.as_bytes());
        assert!([409, 422].contains(&answer.status), "{body}: {}", answer.status);
    }
    server.stop();
    verify(&data);
}

#[test]
fn who_may_not_write_has_no_form_and_cannot_send_one() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    server.administrator().put("/fhir/Patient/p", &patient("p"));
    let visit = Visit::begin(&server, "p");
    let mut guest = server.signed_in_by(&["sign-in-code", "--guest"]);
    let chart = guest.get("/p/p").text();
    assert!(!chart.contains("class=\"begin\""), "{chart}");
    let page = guest.get(&visit.place).text();
    let context = hidden(&page, "context");
    let body = format!("context={context}&revision=0&text=mine");
    for what in ["draft", "sign"] {
        let answer = guest.send("POST", &format!("{}/{what}", visit.place), &[FORM], body.as_bytes());
        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    }
    server.stop();
}
