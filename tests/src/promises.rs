//! No result is lost between its arrival and the eyes of whom it is for, whatever the server does meanwhile (X10).

use crate::harness::folder::new_folder;
use crate::harness::http::Client;
use crate::harness::random::Random;
use crate::harness::samples::patient;
use crate::harness::server::Server;
use crate::postgres::{at_once, serve};
use crate::private_postgres::PrivatePostgres;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ROUNDS: u64 = 6;
/// How long a task may take to follow its result.
const PATIENCE: Duration = Duration::from_secs(30);

/// A result of a laboratory that has just come.
fn result(id: &str) -> Value {
    let now_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let now = fhir::date_time::Instant::from_ms(now_ms.try_into().unwrap()).unwrap().to_string();
    let category = json!({ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" });
    json!({ "resourceType": "Observation", "id": id, "status": "final", "issued": now,
        "category": [{ "coding": [category] }], "code": { "text": "Potassium" },
        "subject": { "reference": "Patient/p" }, "valueQuantity": { "value": 4.1, "unit": "mmol/L" } })
}

/// Waits until each result has its task, which waits for somebody, and has been written once.
fn each_has_its_task(client: &mut Client, results: &[String]) {
    let begun = Instant::now();
    for id in results {
        let found = loop {
            let found = client.get_json(&format!("/fhir/Task?focus=Observation/{id}"));
            if found["entry"].is_array() {
                break found["entry"].as_array().unwrap().clone();
            }
            assert!(begun.elapsed() < PATIENCE, "the result {id} has no task");
            std::thread::sleep(Duration::from_millis(20));
        };
        let task = &found[0]["resource"];
        assert_eq!((found.len(), &task["status"]), (1, &json!("requested")), "{found:?}");
        assert_eq!(task["meta"]["versionId"], "1", "made once: {task}");
    }
}

#[test]
fn x10_a_server_that_is_killed_leaves_no_result_without_its_task() {
    let mut random = Random::of_scenario("x10_a_server_that_is_killed_leaves_no_result_without_its_task");
    let folder = new_folder();
    let data = folder.path().join("data");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let server = Server::start(&data);
        let mut client = server.administrator();
        assert!([200, 201].contains(&client.put("/fhir/Patient/p", &patient("p")).status));
        let writer = std::thread::spawn(move || {
            let mut written = Vec::new();
            let json = [("content-type", "application/fhir+json")];
            for number in 0.. {
                let id = format!("r{round}-{number}");
                let body = result(&id).to_string();
                let answer =
                    client.try_send("PUT", &format!("/fhir/Observation/{id}"), &json, body.as_bytes());
                let Ok(answer) = answer else { break };
                assert_eq!(answer.status, 201, "{}", answer.text());
                written.push(id);
            }
            written
        });
        std::thread::sleep(Duration::from_millis(50 + random.below(400)));
        server.kill();
        acknowledged.extend(writer.join().unwrap());
    }
    println!("{ROUNDS} kills, {} results", acknowledged.len());
    assert!(acknowledged.len() as u64 > ROUNDS, "the load is none");
    let server = Server::start(&data);
    each_has_its_task(&mut server.administrator(), &acknowledged);
    server.stop();
}

#[test]
fn x10_two_servers_on_one_database_make_one_task_of_each_result() {
    let (postgres, folder) = (PrivatePostgres::start(&[]), new_folder());
    let database = postgres.database();
    let servers = ["one", "two"].map(|name| serve(&folder.path().join(name), &database));
    let mut client = servers[0].administrator();
    assert_eq!(client.put("/fhir/Patient/p", &patient("p")).status, 201);
    let written = at_once(&servers, 8, |number, client| {
        let ids: Vec<String> = (0..10).map(|turn| format!("r{number}-{turn}")).collect();
        for id in &ids {
            assert_eq!(client.put(&format!("/fhir/Observation/{id}"), &result(id)).status, 201);
        }
        ids
    });
    each_has_its_task(&mut servers[1].administrator(), &written.concat());
    servers.into_iter().for_each(Server::stop);
}
