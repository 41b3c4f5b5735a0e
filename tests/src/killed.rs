//! A program that is killed at any moment loses nothing that it acknowledged.

use crate::harness::content::{self, Content};
use crate::harness::folder::{files, new_folder};
use crate::harness::http::Client;
use crate::harness::program::{self, verify};
use crate::harness::random::Random;
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use crate::harness::shared_data::synthea;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

const CLIENTS: u64 = 64;
/// Bundles of an import that is killed.
const BUNDLES: u64 = 8;

/// How often each scenario kills: half of `CHIRON_KILLS`.
fn kills() -> u64 {
    std::env::var("CHIRON_KILLS").map_or(12, |kills| kills.parse::<u64>().expect("a number")) / 2
}

#[test]
fn a_killed_server_keeps_every_acknowledged_write_and_read() {
    let mut random = Random::of_scenario("a_killed_server_keeps_every_acknowledged_write_and_read");
    let folder = new_folder();
    let data = folder.path().join("data");
    let (mut reads, mut pairs) = (0, 0);
    for round in 0..kills() {
        let server = Server::start(&data);
        let clients = clients(&server, round);
        std::thread::sleep(Duration::from_millis(100 + random.below(800)));
        server.kill();
        let done: Vec<Done> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        reads += done.iter().map(|done| done.reads).sum::<u64>();
        pairs += done.iter().map(|done| done.written.len() as u64).sum::<u64>();
        let figures = verify(&data);
        assert!(figures["documents"].as_u64().unwrap() >= 2 * pairs, "{figures}, but {pairs} pairs are in");
        assert!(figures["reads"].as_u64().unwrap() >= reads, "{figures}, but {reads} reads were answered");
        reads += check_pairs(&data, &done);
    }
    println!("{} kills, {pairs} acknowledged transactions, {reads} reads", kills());
    assert!(pairs > kills(), "only {pairs} transactions in all: the load is none");
}

/// What a client saw until the server was gone.
struct Done {
    written: Vec<String>,
    /// The one that it sent last, which was not answered.
    open: String,
    reads: u64,
}

fn clients(server: &Server, round: u64) -> Vec<std::thread::JoinHandle<Done>> {
    let first = server.administrator();
    let start = |number: u64| {
        let client = first.again();
        std::thread::spawn(move || load(client, &format!("r{round}-c{number}")))
    };
    (0..CLIENTS).map(start).collect()
}

/// Writes pairs, and reads every third of them back, until the server is gone.
fn load(mut client: Client, name: &str) -> Done {
    let mut done = Done { written: Vec::new(), open: String::new(), reads: 0 };
    for number in 0.. {
        done.open = format!("{name}-{number}");
        let body = put_both(&done.open).to_string();
        let json = [("content-type", "application/fhir+json")];
        let Ok(answer) = client.try_send("POST", "/fhir", &json, body.as_bytes()) else { break };
        assert_eq!(answer.status, 200, "{}", answer.text());
        done.written.push(std::mem::take(&mut done.open));
        if number % 3 == 0 {
            let path = format!("/fhir/Patient/{name}-{number}");
            let Ok(answer) = client.try_send("GET", &path, &[], b"") else { break };
            assert_eq!(answer.status, 200, "{}", answer.text());
            done.reads += 1;
        }
    }
    done
}

/// Every acknowledged pair is whole; of every other pair, both are there or none. Gives how many reads succeeded.
fn check_pairs(data: &Path, done: &[Done]) -> u64 {
    let server = Server::start(data);
    let mut client = server.administrator();
    let mut reads = 0;
    let mut both = |id: &str| {
        let statuses = [format!("Patient/{id}"), format!("Observation/{id}-weight")]
            .map(|key| client.get(&format!("/fhir/{key}")).status);
        reads += statuses.iter().filter(|status| **status == 200).count() as u64;
        statuses
    };
    for done in done {
        for id in &done.written {
            assert_eq!(both(id), [200, 200], "{id} was acknowledged and is lost");
        }
        if !done.open.is_empty() {
            let found = both(&done.open);
            assert!(found == [200, 200] || found == [404, 404], "{} is torn: {found:?}", done.open);
        }
    }
    server.stop();
    reads
}

#[test]
fn a_killed_import_is_carried_on_by_the_next() {
    let scenario = "a_killed_import_is_carried_on_by_the_next";
    let Some(bundles) = synthea(scenario) else { return };
    let mut random = Random::of_scenario(scenario);
    let all = files(bundles);
    let chosen: BTreeSet<_> = (0..BUNDLES).map(|_| all[random.place(all.len())].clone()).collect();
    let parts: Vec<Content> =
        chosen.iter().map(|file| content::of_bundles([file.as_path()].into_iter()).0).collect();
    let (wanted, _) = content::of_bundles(chosen.iter().map(AsRef::as_ref));
    let folder = new_folder();
    let whole_time = {
        let begun = Instant::now();
        program::succeed(&folder.path().join("unhurt"), arguments(&chosen));
        begun.elapsed()
    };
    for round in 0..kills() {
        let data = folder.path().join(format!("data-{round}"));
        let wait = whole_time.mul_f64(random.below(1000) as f64 / 1000.0);
        let reported = import_and_kill(&data, &chosen, wait);
        verify(&data);
        let found = export(&data, &folder.path().join(format!("first-{round}")));
        check_whole_bundles(&parts, &found, reported);
        program::succeed(&data, arguments(&chosen));
        verify(&data);
        content::assert_equal(&export(&data, &folder.path().join(format!("second-{round}"))), &wanted);
    }
}

fn arguments(files: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    std::iter::once(PathBuf::from("import")).chain(files.iter().cloned()).collect()
}

fn export(data: &Path, to: &Path) -> Content {
    program::succeed(data, ["export".as_ref(), to.as_os_str()]);
    content::of_export(to)
}

/// Kills an import after some time; gives how many entries it had reported as done.
fn import_and_kill(data: &Path, files: &BTreeSet<PathBuf>, wait: Duration) -> u64 {
    let mut child = program::command(data, arguments(files)).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(wait);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    // The last line may be cut.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let reported =
        events.filter_map(|event| event["progress"]["message"].as_str()?.split(' ').next()?.parse().ok());
    let reported = reported.max().unwrap_or(0);
    println!("killed after {wait:?} with {reported} resources reported");
    reported
}

/// A bundle is in as a whole or not at all, and what was reported is in.
fn check_whole_bundles(parts: &[Content], found: &Content, reported: u64) {
    let mut entries = 0;
    for (at, part) in parts.iter().enumerate() {
        // Hospitals and doctors are in several bundles.
        let is_own =
            |key: &str| parts.iter().enumerate().all(|(other, part)| other == at || !part.contains_key(key));
        let own: Vec<_> = part.keys().filter(|key| is_own(key)).collect();
        let there = own.iter().filter(|key| found.contains_key(**key)).count();
        assert!(there == 0 || there == own.len(), "{there} of {} resources of a bundle are in", own.len());
        if there > 0 {
            assert!(
                part.iter().all(|(key, json)| found.get(key) == Some(json)),
                "a bundle is not as it was sent"
            );
            entries += part.len() as u64;
        }
    }
    assert!(entries >= reported, "{reported} were reported, {entries} are in");
}

#[test]
fn a_command_whose_server_is_killed_says_that_it_failed() {
    let scenario = "a_command_whose_server_is_killed_says_that_it_failed";
    let Some(bundles) = synthea(scenario) else { return };
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mut command = program::command(&data, ["import".as_ref(), bundles.as_os_str()]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    server.kill();
    let outcome = program::Outcome::of(&child.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.failure().contains("server"), "{outcome:?}");
    verify(&data);
}
