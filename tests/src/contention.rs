//! Many clients want the same resource at the same moment.

use crate::harness::folder::new_folder;
use crate::harness::http::{Answer, Client};
use crate::harness::program::verify;
use crate::harness::samples::patient;
use crate::harness::server::Server;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

const CLIENTS: usize = 32;
const JSON: (&str, &str) = ("content-type", "application/fhir+json");

/// Has many clients begin the same at once, each with its number.
fn at_once<T: Send + 'static>(
    server: &Server,
    does: impl Fn(usize, &mut Client) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let (first, does, barrier) = (server.administrator(), Arc::new(does), Arc::new(Barrier::new(CLIENTS)));
    let start = |number: usize| {
        let (mut client, does, barrier) = (first.again(), Arc::clone(&does), Arc::clone(&barrier));
        std::thread::spawn(move || {
            client.get("/fhir/metadata");
            barrier.wait();
            does(number, &mut client)
        })
    };
    let threads: Vec<_> = (0..CLIENTS).map(start).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[test]
fn the_same_content_from_many_makes_one_version() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    for round in 0..5 {
        let id = format!("p{round}");
        let answers =
            at_once(&server, move |_, client| client.put(&format!("/fhir/Patient/{id}"), &patient(&id)));
        assert_eq!((count(&answers, 201), count(&answers, 200)), (1, CLIENTS - 1), "{answers:?}");
    }
    let figures = verify(server.data());
    assert_eq!(figures["documents"], figures["versions"], "nothing was changed");
    server.stop();
}

#[test]
fn no_update_of_many_is_lost() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    const EACH: usize = 4;
    let write = |number: usize, client: &mut Client| -> Vec<(Answer, String)> {
        let once = |turn: usize| {
            let mut one = patient("one");
            let family = format!("Client-{number}-{turn}");
            one["name"][0]["family"] = family.as_str().into();
            (client.put("/fhir/Patient/one", &one), family)
        };
        (0..EACH).map(once).collect()
    };
    let written: Vec<_> = at_once(&server, write).into_iter().flatten().collect();
    let mut client = server.administrator();
    let mut seen = BTreeSet::new();
    for (answer, family) in &written {
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        let version = answer.json()["meta"]["versionId"].as_str().unwrap().to_owned();
        let there = client.get_json(&format!("/fhir/Patient/one/_history/{version}"));
        assert_eq!(there["name"][0]["family"], *family, "version {version}");
        assert!(seen.insert(version.clone()), "version {version} was given to two");
    }
    let last = client.get_json("/fhir/Patient/one");
    assert_eq!(last["meta"]["versionId"], (CLIENTS * EACH).to_string());
    server.stop();
}

#[test]
fn one_of_many_changes_of_the_same_version_wins() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().put("/fhir/Patient/one", &patient("one")).status, 201);
    let answers = at_once(&server, |number, client| {
        let mut one = patient("one");
        one["name"][0]["family"] = format!("Client-{number}").into();
        client.send("PUT", "/fhir/Patient/one", &[JSON, ("if-match", "W/\"1\"")], one.to_string().as_bytes())
    });
    assert_eq!((count(&answers, 200), count(&answers, 412)), (1, CLIENTS - 1), "{answers:?}");
    server.stop();
}

#[test]
fn one_of_many_conditional_creates_makes_the_resource() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let answers = at_once(&server, |_, client| {
        let body = patient("any").to_string();
        let condition = ("if-none-exist", "name=sample");
        client.send("POST", "/fhir/Patient", &[JSON, condition], body.as_bytes())
    });
    assert_eq!((count(&answers, 201), count(&answers, 200)), (1, CLIENTS - 1), "{answers:?}");
    let id = |answer: &Answer| {
        answer.header("location").map(|place| place.split("/_history").next().unwrap_or_default().to_owned())
    };
    let ids: BTreeSet<_> = answers.iter().filter_map(id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let total: Value = server.administrator().get_json("/fhir/Patient?_summary=count")["total"].clone();
    assert_eq!(total, 1);
    server.stop();
}

#[test]
fn patches_of_many_add_up() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    assert_eq!(server.administrator().put("/fhir/Patient/one", &patient("one")).status, 201);
    let answers = at_once(&server, |number, client| {
        let patch =
            format!("[{{\"op\":\"add\",\"path\":\"/name/-\",\"value\":{{\"text\":\"Client-{number}\"}}}}]");
        let media = ("content-type", "application/json-patch+json");
        client.send("PATCH", "/fhir/Patient/one", &[media], patch.as_bytes())
    });
    assert_eq!(count(&answers, 200), CLIENTS, "{answers:?}");
    let names = server.administrator().get_json("/fhir/Patient/one")["name"].as_array().unwrap().len();
    assert_eq!(names, CLIENTS + 1);
    server.stop();
}
