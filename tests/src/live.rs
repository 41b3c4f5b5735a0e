//! What changes while a page is open: names only, of what the reader may see, and nothing is missed.

use crate::harness::event_stream::{Event, EventStream};
use crate::harness::folder::new_folder;
use crate::harness::program;
use crate::harness::samples::{patient, put_both, weight};
use crate::harness::server::Server;
use std::time::{Duration, Instant};

fn change(event: Option<Event>) -> (String, Vec<String>) {
    let event = event.expect("an event");
    assert_eq!(event.name, "change", "{event:?}");
    (event.id, event.data)
}

fn cookie(server: &Server, command: &[&str]) -> String {
    let code = program::succeed(server.data(), command)["code"].as_str().unwrap().to_owned();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = server.client().send("POST", "/sign-in", &form, format!("code={code}").as_bytes());
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn a_page_is_told_of_its_patient_within_a_second_and_misses_nothing() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut program = server.administrator();
    let cookie = cookie(&server, &["sign-in-code"]);
    for id in ["a", "b"] {
        assert_eq!(program.post("/fhir", &put_both(id)).status, 200);
    }
    let mut page = EventStream::open(server.address(), "/live?patient=a", &[("cookie", &cookie)]);
    assert_eq!(page.status, 200);
    let begun = Instant::now();
    program.put("/fhir/Observation/b-2", &weight("b-2", "Patient/b"));
    program.put("/fhir/Observation/a-2", &weight("a-2", "Patient/a"));
    let (first, names) = change(page.next());
    assert_eq!(names, ["Observation/a-2/1"]);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    drop(page);
    // The browser comes back and says what it has seen.
    program.put("/fhir/Observation/a-3", &weight("a-3", "Patient/a"));
    assert_eq!(program.send("DELETE", "/fhir/Observation/a-2", &[], b"").status, 204);
    let headers = [("cookie", cookie.as_str()), ("last-event-id", first.as_str())];
    let mut again = EventStream::open(server.address(), "/live?patient=a", &headers);
    assert_eq!(change(again.next()).1, ["Observation/a-3/1"]);
    assert_eq!(change(again.next()).1, ["Observation/a-2/2"]);
    // A page of before a restore is told to begin anew.
    let mut far = EventStream::open(server.address(), "/live?after=999999", &[("cookie", &cookie)]);
    assert_eq!(far.next().unwrap().name, "reset");
    server.stop();
    assert_eq!((again.next(), far.next()), (None, None));
}

#[test]
fn following_needs_a_session_and_ends_with_it() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut program = server.administrator();
    assert_eq!(EventStream::open(server.address(), "/live", &[]).status, 401);
    assert_eq!(EventStream::open(server.address(), "/live", &[("cookie", "chiron-session=x")]).status, 401);
    let cookie = cookie(&server, &["sign-in-code"]);
    let mut page = EventStream::open(server.address(), "/live", &[("cookie", &cookie)]);
    program.put("/fhir/Patient/a", &patient("a"));
    assert_eq!(change(page.next()).1, ["Patient/a/1"]);
    assert_eq!(
        server.client().with_header("cookie", &cookie).send("POST", "/sign-out", &[], b"").status,
        303
    );
    program.put("/fhir/Patient/b", &patient("b"));
    assert_eq!(page.next(), None);
    // The look is in the audit log.
    let looks = program.get_json("/fhir/AuditEvent?action=R&_count=50").to_string();
    assert!(looks.contains("the feed of changes"), "{looks}");
}
