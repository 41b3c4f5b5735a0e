//! The program on PostgreSQL: several servers on one database, a database that goes away, a practice that moves.

use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::program::{self, verify};
use crate::harness::receiver::Receiver;
use crate::harness::samples::{patient, result, subscription};
use crate::harness::server::Server;
use crate::private_postgres::PrivatePostgres;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

pub fn serve(data: &Path, database: &str) -> Server {
    let key = format!("file:{}", data.with_file_name("practice.key").display());
    Server::start_as(data, &["serve", "--database", database, "--wrapping-key", &key])
}

/// Has clients of two servers begin the same at once, each with its number.
pub fn at_once<T: Send + 'static>(
    servers: &[Server; 2],
    clients: usize,
    does: impl Fn(usize, &mut Client) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let administrators = [servers[0].administrator(), servers[1].administrator()];
    let (does, barrier) = (Arc::new(does), Arc::new(Barrier::new(clients)));
    let start = |number: usize| {
        let (mut client, does) = (administrators[number % 2].again(), Arc::clone(&does));
        let barrier = Arc::clone(&barrier);
        std::thread::spawn(move || {
            client.get("/fhir/metadata");
            barrier.wait();
            does(number, &mut client)
        })
    };
    let threads: Vec<_> = (0..clients).map(start).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn two_servers_on_one_database_make_nothing_twice_and_lose_nothing() {
    let (postgres, folder) = (PrivatePostgres::start(&[]), new_folder());
    let database = postgres.database();
    let servers = ["one", "two"].map(|name| serve(&folder.path().join(name), &database));
    for round in 0..5 {
        let answers = at_once(&servers, 16, move |_, client| {
            let condition = ("if-none-exist", format!("identifier=urn:mrn|{round}"));
            let mut one = patient("any");
            one.as_object_mut().unwrap().remove("id");
            one["identifier"] = serde_json::json!([{ "system": "urn:mrn", "value": round.to_string() }]);
            let headers = [("content-type", "application/fhir+json"), (condition.0, condition.1.as_str())];
            client.send("POST", "/fhir/Patient", &headers, one.to_string().as_bytes()).status
        });
        let made = answers.iter().filter(|status| **status == 201).count();
        assert_eq!((made, answers.len()), (1, 16), "{answers:?}");
        assert!(answers.iter().all(|status| [200, 201].contains(status)), "{answers:?}");
    }
    let written = at_once(&servers, 16, |number, client| {
        (0..4).for_each(|turn| {
            let mut one = patient("one");
            one["name"][0]["family"] = format!("Client-{number}-{turn}").into();
            assert!([200, 201].contains(&client.put("/fhir/Patient/one", &one).status));
        });
    });
    for server in &servers {
        let last = server.administrator().get_json("/fhir/Patient/one");
        assert_eq!(last["meta"]["versionId"], (written.len() * 4).to_string());
    }
    // A search on either sees what the other wrote.
    let found = servers[1].administrator().get_json("/fhir/Patient?identifier=urn:mrn|0,urn:mrn|4");
    assert_eq!(found["total"], 2, "{found}");
    verify(servers[0].data());
    servers.into_iter().for_each(Server::stop);
}

#[test]
fn two_servers_on_one_database_tell_each_event_once() {
    let (postgres, folder, receiver) = (PrivatePostgres::start(&[]), new_folder(), Receiver::start());
    let setting = format!("outgoing-targets = \"{}\"\n", receiver.address());
    std::fs::write(folder.path().join("chiron.toml"), setting).unwrap();
    let database = postgres.database();
    let servers = ["one", "two"].map(|name| serve(&folder.path().join(name), &database));
    let endpoint = format!("http://{}/", receiver.address());
    let asked =
        subscription("s", "id-only", serde_json::json!({ "type": "rest-hook", "endpoint": endpoint }));
    let mut client = servers[0].administrator();
    assert_eq!(client.put("/fhir/Subscription/s", &asked).status, 201);
    receiver.next();
    let begun = Instant::now();
    while client.get_json("/fhir/Subscription/s")["status"] != "active" {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not active");
        std::thread::sleep(Duration::from_millis(20));
    }
    at_once(&servers, 4, |number, client| {
        for turn in 0..10 {
            let id = format!("r{number}-{turn}");
            assert_eq!(client.put(&format!("/fhir/Observation/{id}"), &result(&id, "p")).status, 201);
        }
    });
    let mut numbers = Vec::new();
    while numbers.len() < 40 {
        let bundle = receiver.next().json();
        let parameters = bundle["entry"][0]["resource"]["parameter"].as_array().unwrap().clone();
        let events = parameters.iter().filter(|one| one["name"] == "notification-event");
        numbers.extend(
            events.map(|one| one["part"][0]["valueString"].as_str().unwrap().parse::<u32>().unwrap()),
        );
    }
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>(), "in order, and each once");
    assert!(receiver.is_silent());
    servers.into_iter().for_each(Server::stop);
}

#[test]
fn a_database_that_goes_away_answers_503_and_is_found_again() {
    let (postgres, folder) = (PrivatePostgres::start(&[]), new_folder());
    let server = serve(&folder.path().join("data"), &postgres.database());
    let mut client = server.administrator();
    assert_eq!(client.put("/fhir/Patient/a", &patient("a")).status, 201);
    postgres.stop();
    // What is in memory may be answered for a second.
    std::thread::sleep(Duration::from_millis(1_100));
    for answer in [
        client.get("/fhir/Patient/a"),
        client.get("/fhir/Patient?family=x"),
        client.put("/fhir/Patient/b", &patient("b")),
    ] {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
        assert_eq!(answer.json()["issue"][0]["code"], "transient");
    }
    postgres.start_again();
    let begun = Instant::now();
    while client.get("/fhir/Patient/a").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the server does not find the database again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(client.put("/fhir/Patient/c", &patient("c")).status, 201);
    verify(server.data());
    server.stop();
}

#[test]
fn a_practice_moves_to_a_database_and_back() {
    let (postgres, folder) = (PrivatePostgres::start(&[]), new_folder());
    let path = |name: &str| folder.path().join(name);
    let (first, database) = (path("first"), postgres.database());
    let made = program::run(&first, ["demo", "--only-make", "--patients", "3", "--seed", "7"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    let copied = program::succeed(&path("beside"), ["copy", &text("first"), &database]);
    assert_eq!(copied["fault-count"], 0, "{copied}");
    let back = program::succeed(&path("beside"), ["copy", &database, &text("back")]);
    assert_eq!((&back["commits"], &back["versions"]), (&copied["commits"], &copied["versions"]));
    assert_eq!(verify(&path("back"))["documents"], verify(&first)["documents"]);
    // What is exported is the same to the byte.
    for name in ["first", "back"] {
        program::succeed(&path(name), ["export", &text(&format!("{name}-out"))]);
    }
    let files = |name: &str| -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(path(name)).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries
            .map(|path| {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    assert!(!files("first-out").is_empty());
    assert!(files("first-out") == files("back-out"), "the exports differ");
    let again = program::run(&path("beside"), ["copy", &text("first"), &database]);
    assert!(again.code != Some(0) && again.failure().contains("holds data already"), "{again:?}");
}

#[test]
fn the_password_of_a_database_is_not_shown() {
    let folder = new_folder();
    let shown = program::succeed(
        &folder.path().join("data"),
        ["config", "--database", "postgres://practice:hush@127.0.0.1:1/none"],
    );
    assert_eq!(shown["database"]["value"], "postgres://practice:…@127.0.0.1:1/none");
    let refused = program::run(
        &folder.path().join("data"),
        ["serve", "--database", "postgres://practice:hush@127.0.0.1:1/none"],
    );
    assert!(refused.code != Some(0) && !format!("{refused:?}").contains("hush"), "{refused:?}");
}
