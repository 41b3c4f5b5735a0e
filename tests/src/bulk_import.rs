//! Imports in bulk: what was exported comes in again, from Binaries and from other servers, also when the server dies over
//! it.

use crate::bulk::{LATER, ask, demo, outcome, path_of, place, search, wait};
use crate::harness::content::{self, Content};
use crate::harness::folder::{files, new_folder};
use crate::harness::http::Client;
use crate::harness::program::{self, verify};
use crate::harness::receiver::Receiver;
use crate::harness::samples::patient;
use crate::harness::server::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

const JSON: (&str, &str) = ("content-type", "application/json");

/// Asks for an import of files, each a type and a URL; gives where its outcome will be.
fn import(client: &mut Client, inputs: &[(&str, String)]) -> String {
    let inputs: Vec<_> = inputs.iter().map(|(name, url)| json!({ "type": name, "url": url })).collect();
    let body = json!({
        "inputFormat": "application/fhir+ndjson", "inputSource": "https://other.example",
        "storageDetail": { "type": "https" }, "input": inputs,
    });
    place(&client.send("POST", "/fhir/$import", &[LATER, JSON], body.to_string().as_bytes()))
}

fn upload(client: &mut Client, id: &str, bytes: &[u8]) -> String {
    let answer = client.send(
        "PUT",
        &format!("/fhir/Binary/{id}"),
        &[("content-type", "application/fhir+ndjson")],
        bytes,
    );
    assert_eq!(answer.status, 201, "{}", answer.text());
    format!("Binary/{id}")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// All that a practice holds, without the files that were sent to be imported.
fn held(data: &Path) -> Content {
    let to = data.with_file_name(format!("{}-exported", data.file_name().unwrap().to_str().unwrap()));
    program::succeed(data, ["export".as_ref(), to.as_os_str()]);
    let mut content = content::of_export(&to);
    content.retain(|key, _| !key.starts_with("Binary/sent-"));
    content
}

fn many_patients(count: usize) -> String {
    (0..count).map(|number| format!("{}\n", patient(&format!("many-{number}")))).collect()
}

#[test]
fn what_was_exported_comes_in_again() {
    let (folder, server) = demo();
    let mut client = server.administrator();
    let export = ask(&mut client, "/$export");
    let exported = wait(&mut client, &export);
    let other = Server::start(&folder.path().join("other"));
    let mut to = other.administrator();
    let mut inputs = Vec::new();
    for (number, file) in exported["output"].as_array().unwrap().iter().enumerate() {
        let mut bytes = client.get(&path_of(file["url"].as_str().unwrap())).body;
        // What is packed is seen to be.
        if number % 2 == 1 {
            bytes = gzip(&bytes);
        }
        let url = upload(&mut to, &format!("sent-{number}"), &bytes);
        inputs.push((file["type"].as_str().unwrap(), url));
    }
    let imported = import(&mut to, &inputs);
    let manifest = wait(&mut to, &imported);
    let counts = |manifest: &Value| -> Vec<Value> {
        manifest["output"].as_array().unwrap().iter().map(|file| file["count"].clone()).collect()
    };
    assert_eq!(counts(&manifest), counts(&exported));
    content::assert_equal(&held(other.data()), &held(server.data()));
    server.stop();
    other.stop();
    verify(&folder.path().join("other"));
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    const COUNT: usize = 6000;
    let folder = new_folder();
    let receiver = Receiver::with_files(HashMap::from([(
        "/patients".to_owned(),
        format!("{}{{\"resourceType\":\"Patient\"\n", many_patients(COUNT)).into_bytes(),
    )]));
    let setting = format!("outgoing-targets = \"{}\"\n", receiver.address());
    std::fs::write(folder.path().join("chiron.toml"), setting).unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let token = program::succeed(&data, ["token", "--scope", "system/*.cruds"]);
    let token = token["token"].as_str().unwrap();
    let mut client = server.client().with_token(token);
    let first = upload(&mut client, "sent-first", "{\"resourceType\":\"Patient\",\n".as_bytes());
    let elsewhere = format!("http://{}/patients", receiver.address());
    let place = import(&mut client, &[("Patient", first), ("Patient", elsewhere)]);
    let line = |progress: &str| -> usize {
        let told = progress.split("line ").nth(1).and_then(|rest| rest.split(' ').next());
        told.and_then(|line| line.parse().ok()).unwrap_or(0)
    };
    let reached = loop {
        let answer = client.get(&place);
        assert_eq!(answer.status, 202, "it was killed in the middle: {}", answer.text());
        let line = line(answer.header("x-progress").unwrap());
        if line >= COUNT / 4 {
            break line;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    server.kill();

    let server = Server::start(&data);
    let mut client = server.client().with_token(token);
    let mut told = Vec::new();
    loop {
        let answer = client.get(&place);
        if answer.status != 202 {
            break;
        }
        told.push(line(answer.header("x-progress").unwrap()));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(
        told.iter().all(|line| *line == 0 || *line > reached),
        "it begins anew: {told:?} after {reached}"
    );
    let manifest = outcome(&mut client, &place);
    let counts = |name: &str| -> Vec<Value> {
        manifest[name].as_array().unwrap().iter().map(|file| file["count"].clone()).collect()
    };
    assert_eq!((counts("output"), counts("error")), (vec![json!(0), json!(COUNT)], vec![json!(1), json!(1)]));
    for error in manifest["error"].as_array().unwrap() {
        let outcomes = client.get(&path_of(error["url"].as_str().unwrap())).text();
        assert_eq!(outcomes.lines().count(), 1, "{outcomes}");
    }
    assert_eq!(receiver.next().request, "GET /patients");
    assert!(receiver.is_silent(), "the file is fetched once");
    assert_eq!(client.get_json("/fhir/Patient?_summary=count")["total"], COUNT);
    server.stop();
    let figures = verify(&data);
    // The patients and the file that was sent.
    assert_eq!(figures["versions"], COUNT + 1, "nothing is written twice");
}

#[test]
fn files_of_other_servers_come_in_where_they_may() {
    let folder = new_folder();
    let lines = many_patients(300);
    let packed = gzip(lines.as_bytes());
    let cut_off = packed[..packed.len() - 20].to_vec();
    let files_there =
        [("/plain?sig=a", lines.clone().into_bytes()), ("/packed.gz", packed), ("/cut-off", cut_off)];
    let files_there = files_there.map(|(path, bytes)| (path.to_owned(), bytes));
    let receiver = Receiver::with_files(HashMap::from(files_there));
    let setting = format!("outgoing-targets = \"{}\"\nbinary-megabytes = 1\n", receiver.address());
    std::fs::write(folder.path().join("chiron.toml"), setting).unwrap();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    let url = |path: &str| format!("http://{}{path}", receiver.address());
    let inputs = ["/plain?sig=a", "/packed.gz", "/cut-off"].map(|path| ("Patient", url(path)));
    let place = import(&mut client, &inputs);
    let manifest = outcome(&mut client, &place);
    let counts = |name: &str| -> Vec<u64> {
        manifest[name].as_array().unwrap().iter().map(|file| file["count"].as_u64().unwrap()).collect()
    };
    assert_eq!((&counts("output")[..2], counts("error")), (&[300, 300][..], vec![1]), "{manifest}");
    assert_eq!(manifest["error"][0]["inputUrl"], url("/cut-off"));
    assert!((1..300).contains(&counts("output")[2]), "the lines before the fault are in: {manifest}");
    assert_eq!(search(&mut client, "/Patient?_count=1000").len(), 300);

    receiver.answer(302);
    let place = import(&mut client, &inputs[..1]);
    let manifest = outcome(&mut client, &place);
    let told = client.get(&path_of(manifest["error"][0]["url"].as_str().unwrap())).text();
    assert!(told.contains("302"), "redirects are not followed: {told}");

    let left: Vec<_> = files(&server.data().join("jobs")).iter().flat_map(|job| files(job)).collect();
    assert!(left.iter().all(|path| !path.to_str().unwrap().contains("source")), "{left:?}");
    server.stop();
}

#[test]
fn d8_a_file_that_is_not_what_its_server_says_is_not_taken_in() {
    let folder = new_folder();
    let lines = many_patients(3).into_bytes();
    let hash = STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &lines));
    let receiver = Receiver::with_files(HashMap::from([("/patients".to_owned(), lines)]));
    let setting = format!("outgoing-targets = \"{}\"\n", receiver.address());
    std::fs::write(folder.path().join("chiron.toml"), setting).unwrap();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    let inputs = [("Patient", format!("http://{}/patients", receiver.address()))];
    let altered = STANDARD.encode([7; 32]);
    receiver.say_of_files(&format!("content-digest: sha-256=:{altered}:"));
    let place = import(&mut client, &inputs);
    let manifest = outcome(&mut client, &place);
    let told = client.get(&path_of(manifest["error"][0]["url"].as_str().unwrap())).text();
    assert!(told.contains("are not those that were sent"), "{told}");
    assert_eq!(client.get_json("/fhir/Patient?_summary=count")["total"], 0);
    receiver.say_of_files(&format!("content-digest: sha-256=:{hash}:"));
    let place = import(&mut client, &inputs);
    outcome(&mut client, &place);
    assert_eq!(client.get_json("/fhir/Patient?_summary=count")["total"], 3);
    server.stop();
}

#[test]
fn a_file_that_is_too_long_is_not_kept() {
    let folder = new_folder();
    let receiver = Receiver::with_files(HashMap::from([("/long".to_owned(), vec![b' '; (1 << 20) + 1])]));
    let setting = format!("outgoing-targets = \"{}\"\nbinary-megabytes = 1\n", receiver.address());
    std::fs::write(folder.path().join("chiron.toml"), setting).unwrap();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    let place = import(&mut client, &[("Patient", format!("http://{}/long", receiver.address()))]);
    let manifest = outcome(&mut client, &place);
    let told = client.get(&path_of(manifest["error"][0]["url"].as_str().unwrap())).text();
    assert!(told.contains("1048576"), "{told}");
    server.stop();
}

#[test]
fn an_import_is_within_the_rights_of_whoever_asked_and_ends_when_they_say() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut administrator = server.administrator();
    let url = upload(&mut administrator, "sent-many", many_patients(4000).as_bytes());
    let body = |name: &str| {
        let input = json!([{ "type": name, "url": url }]);
        let body = json!({ "inputFormat": "ndjson", "inputSource": "https://a.example", "input": input });
        body.to_string()
    };
    for (scope, name) in [
        ("system/Binary.r system/Patient.cud", "Observation"),
        ("system/Patient.cud", "Patient"),
        ("system/*.rs", "Patient"),
    ] {
        let mut client = server.client_with(scope);
        let refused = client.send("POST", "/fhir/$import", &[LATER, JSON], body(name).as_bytes());
        assert_eq!(refused.status, 403, "{scope}: {}", refused.text());
    }
    let mut client = server.client_with("system/Binary.r system/Patient.cud");
    let place = import(&mut client, &[("Patient", url.clone())]);
    assert_eq!(administrator.get(&place).status, 404);
    while !client.get(&place).header("x-progress").is_some_and(|told| told.contains("line")) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(client.send("DELETE", &place, &[], b"").status, 202);
    assert_eq!(client.get(&place).status, 404);
    let count =
        |client: &mut Client| client.get_json("/fhir/Patient?_summary=count")["total"].as_u64().unwrap();
    // The lines that were at work come to their end.
    let mut counts = vec![count(&mut administrator)];
    while counts.len() < 2 || counts[counts.len() - 2] < counts[counts.len() - 1] {
        std::thread::sleep(Duration::from_millis(1500));
        counts.push(count(&mut administrator));
    }
    assert!((1..4000).contains(counts.last().unwrap()), "{counts:?}");
    assert_eq!(files(&server.data().join("jobs")).len(), 0);
    server.stop();
}
