//! Exports in bulk: they hold what searches find, for the one who asked, also when the server dies over them.

use crate::harness::folder::{copy_folder, files, new_folder};
use crate::harness::http::{Answer, Client};
use crate::harness::program;
use crate::harness::samples::{patient, put_both, weight};
use crate::harness::server::Server;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::time::Duration;
use tempfile::TempDir;

/// The header of whoever waits for an answer elsewhere.
pub const LATER: (&str, &str) = ("prefer", "respond-async");
const JSON: (&str, &str) = ("content-type", "application/fhir+json");

/// Resources by type and id.
pub type Resources = BTreeMap<String, Value>;

/// A server over a demo of few patients.
pub fn demo() -> (TempDir, Server) {
    let folder = new_folder();
    let data = folder.path().join("data");
    copy_folder(&crate::demo::made(), &data);
    let server = Server::start(&data);
    server.wait_until_quiet();
    (folder, server)
}

/// Where an export that is asked for will be.
pub fn ask(client: &mut Client, path: &str) -> String {
    place(&client.send("GET", &format!("/fhir{path}"), &[LATER], b""))
}

/// The same by POST, with parameters.
fn post(client: &mut Client, path: &str, parameters: &Value) -> String {
    let body = json!({ "resourceType": "Parameters", "parameter": parameters }).to_string();
    place(&client.send("POST", &format!("/fhir{path}"), &[LATER, JSON], body.as_bytes()))
}

/// Where the outcome of what was begun will be.
pub fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    path_of(answer.header("content-location").expect("a place"))
}

/// The path of a URL of the server.
pub fn path_of(url: &str) -> String {
    let at = url.find("/fhir/").unwrap_or_else(|| panic!("{url} is none of the server's"));
    url[at..].to_owned()
}

/// Waits for an export, and gives its manifest.
pub fn wait(client: &mut Client, place: &str) -> Value {
    let manifest = outcome(client, place);
    assert_eq!(manifest["error"], json!([]), "{manifest}");
    manifest
}

/// Waits for an export or import, and gives its manifest, in which things may have failed.
pub fn outcome(client: &mut Client, place: &str) -> Value {
    for _ in 0..1200 {
        let answer = client.get(place);
        if answer.status == 202 {
            assert!(answer.header("x-progress").is_some_and(|told| !told.is_empty()));
            assert!(answer.header("retry-after").is_some_and(|told| told.parse::<u32>().is_ok()));
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("expires").is_some());
        let manifest = answer.json();
        assert_eq!(manifest["requiresAccessToken"], true);
        return manifest;
    }
    panic!("the export at {place} does not come to its end");
}

/// What the files of a manifest hold. Nothing is there twice.
fn fetch(client: &mut Client, manifest: &Value) -> Resources {
    let mut found = Resources::new();
    for file in manifest["output"].as_array().unwrap() {
        let answer = client.get(&path_of(file["url"].as_str().unwrap()));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/fhir+ndjson")));
        let text = answer.text();
        assert_eq!(text.lines().count() as u64, file["count"], "{file}");
        for line in text.lines() {
            let resource: Value = serde_json::from_str(line).unwrap();
            assert_eq!(resource["resourceType"], file["type"]);
            let key = key(&resource);
            assert!(found.insert(key.clone(), resource).is_none(), "{key} is there twice");
        }
    }
    found
}

fn export(client: &mut Client, path: &str) -> Resources {
    let place = ask(client, path);
    let manifest = wait(client, &place);
    fetch(client, &manifest)
}

/// What a search finds, on all its pages.
pub fn search(client: &mut Client, path: &str) -> Resources {
    let mut found = Resources::new();
    let mut next = Some(format!("/fhir{path}"));
    while let Some(path) = next {
        let page = client.get_json(&path);
        for entry in page["entry"].as_array().into_iter().flatten() {
            found.insert(key(&entry["resource"]), entry["resource"].clone());
        }
        let links = page["link"].as_array().unwrap();
        next = links
            .iter()
            .find(|link| link["relation"] == "next")
            .map(|link| path_of(link["url"].as_str().unwrap()));
    }
    found
}

fn key(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())
}

fn of_type(resources: &Resources, name: &str) -> Resources {
    let start = format!("{name}/");
    resources
        .iter()
        .filter(|(key, _)| key.starts_with(&start))
        .map(|(key, one)| (key.clone(), one.clone()))
        .collect()
}

fn types(resources: &Resources) -> BTreeSet<&str> {
    resources.keys().filter_map(|key| key.split('/').next()).collect()
}

#[test]
fn an_export_holds_what_searches_find() {
    let (_folder, server) = demo();
    let mut client = server.administrator();
    let place = ask(&mut client, "/$export?_outputFormat=application/fhir%2Bndjson");
    let manifest = wait(&mut client, &place);
    let all = fetch(&mut client, &manifest);
    assert!(
        manifest["request"]
            .as_str()
            .unwrap()
            .ends_with("/fhir/$export?_outputFormat=application/fhir%2Bndjson")
    );
    let mut kinds = types(&all);
    assert!(kinds.len() > 8 && all.len() > 1000, "{} of {kinds:?}", all.len());
    kinds.insert("Basic");
    for name in &kinds {
        assert_eq!(search(&mut client, &format!("/{name}?_count=1000")), of_type(&all, name), "{name}");
    }
    // The command that exports everything goes another way.
    let to = server.data().with_file_name("exported");
    let counts = program::succeed(server.data(), ["export", to.to_str().unwrap()]);
    let counted: BTreeMap<&str, u64> =
        kinds.iter().map(|name| (*name, of_type(&all, name).len() as u64)).collect();
    let counted = json!(counted.into_iter().filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>());
    assert_eq!(counts, counted);

    let since = manifest["transactionTime"].as_str().unwrap();
    assert_eq!(client.post("/fhir", &put_both("later")).status, 200);
    let place = post(&mut client, "/$export", &json!([{ "name": "_since", "valueInstant": since }]));
    let manifest = wait(&mut client, &place);
    let later = fetch(&mut client, &manifest);
    assert_eq!(later.keys().collect::<Vec<_>>(), ["Observation/later-weight", "Patient/later"]);

    let query =
        "_type=Patient,Observation&_typeFilter=Observation?code=29463-7,8302-2&_elements=Observation.code";
    let narrowed = export(&mut client, &format!("/$export?{}", query.replace('?', "%3F")));
    let weights = search(&mut client, "/Observation?code=29463-7,8302-2&_count=1000&_elements=code");
    assert!(weights.len() > 20);
    assert_eq!(of_type(&narrowed, "Observation"), weights);
    assert_eq!(of_type(&narrowed, "Patient"), search(&mut client, "/Patient?_count=1000"));
    server.stop();
}

#[test]
fn exports_of_patients_hold_their_compartments_only() {
    let (_folder, server) = demo();
    let mut client = server.administrator();
    let patients = search(&mut client, "/Patient?_count=1000");
    let ids: Vec<&str> = patients.keys().filter_map(|key| key.strip_prefix("Patient/")).collect();
    let outside = weight("of-nobody", "Device/d1");
    assert_eq!(client.put("/fhir/Device/d1", &json!({ "resourceType": "Device", "id": "d1" })).status, 201);
    assert_eq!(client.put("/fhir/Observation/of-nobody", &outside).status, 201);
    let member = |id: &str| json!({ "entity": { "reference": format!("Patient/{id}") } });
    let mut gone = member(ids[2]);
    gone["inactive"] = json!(true);
    let group = json!({
        "resourceType": "Group", "id": "few", "type": "person", "actual": true,
        "member": [member(ids[0]), member(ids[1]), gone],
    });
    assert_eq!(client.put("/fhir/Group/few", &group).status, 201);
    let compartments = |client: &mut Client, ids: &[&str]| {
        let each = ids.iter().map(|id| search(client, &format!("/Patient/{id}/*?_count=1000")));
        each.fold(Resources::new(), |mut all, one| {
            all.extend(one);
            all
        })
    };
    let every = compartments(&mut client, &ids);
    assert!(every.len() > 500 && !types(&every).contains("Practitioner"));
    assert_eq!(export(&mut client, "/Patient/$export"), every);

    // The group itself belongs to both, and is exported once.
    let both = compartments(&mut client, &ids[..2]);
    assert!(both.contains_key("Group/few") && both.len() < every.len());
    assert_eq!(export(&mut client, "/Group/few/$export"), both);

    let named =
        json!([{ "name": "patient", "valueReference": { "reference": format!("Patient/{}", ids[1]) } }]);
    let place = post(&mut client, "/Group/few/$export", &named);
    let manifest = wait(&mut client, &place);
    let one = compartments(&mut client, &ids[1..2]);
    assert_eq!(fetch(&mut client, &manifest), one);
    let place = post(&mut client, "/Patient/$export", &named);
    let manifest = wait(&mut client, &place);
    assert_eq!(fetch(&mut client, &manifest), one);

    let stranger = json!({ "resourceType": "Parameters", "parameter": [
        { "name": "patient", "valueReference": { "reference": format!("Patient/{}", ids[2]) } },
    ] });
    let body = stranger.to_string();
    let refused = client.send("POST", "/fhir/Group/few/$export", &[LATER, JSON], body.as_bytes());
    assert_eq!((refused.status, &refused.json()["issue"][0]["expression"][0]), (400, &json!("http.patient")));
    assert_eq!(client.send("GET", "/fhir/Group/none/$export", &[LATER], b"").status, 404);
    server.stop();
}

#[test]
fn what_was_deleted_since_is_told() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    for name in ["one", "two"] {
        assert_eq!(client.post("/fhir", &put_both(name)).status, 200);
    }
    assert_eq!(client.put("/fhir/Device/d", &json!({ "resourceType": "Device", "id": "d" })).status, 201);
    let place = ask(&mut client, "/$export");
    let first = wait(&mut client, &place);
    assert!(first.get("deleted").is_none());
    let since = first["transactionTime"].as_str().unwrap();
    for path in ["Observation/one-weight", "Observation/two-weight", "Device/d"] {
        assert_eq!(client.send("DELETE", &format!("/fhir/{path}"), &[], b"").status, 204);
    }
    assert_eq!(client.put("/fhir/Observation/two-weight", &weight("two-weight", "Patient/two")).status, 201);
    let mut deleted = |path: &str| -> BTreeSet<String> {
        let place = ask(&mut client, &format!("{path}?_since={since}"));
        let manifest = wait(&mut client, &place);
        let mut found = BTreeSet::new();
        for file in manifest["deleted"].as_array().unwrap() {
            let text = client.get(&path_of(file["url"].as_str().unwrap())).text();
            assert_eq!((&file["type"], &file["count"]), (&json!("Bundle"), &json!(text.lines().count())));
            for line in text.lines() {
                let bundle: Value = serde_json::from_str(line).unwrap();
                assert_eq!(bundle["type"], "transaction");
                let urls = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["request"]);
                found.extend(urls.map(|request| format!("{} {}", request["method"], request["url"])));
            }
        }
        found
    };
    let (device, weight) = ("\"DELETE\" \"Device/d\"", "\"DELETE\" \"Observation/one-weight\"");
    let all = deleted("/$export");
    assert!(all.iter().eq([device, weight]), "{all:?}");
    let of_patients = deleted("/Patient/$export");
    assert!(of_patients.iter().eq([weight]), "the device is no patient's: {of_patients:?}");
    server.stop();
}

#[test]
fn an_export_is_for_the_one_who_asked_and_within_their_rights() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut administrator = server.administrator();
    assert_eq!(administrator.post("/fhir", &put_both("one")).status, 200);
    let mut reader = server.client_with("system/Patient.rs");
    let place = ask(&mut reader, "/$export");
    let manifest = wait(&mut reader, &place);
    assert_eq!(fetch(&mut reader, &manifest).keys().collect::<Vec<_>>(), ["Patient/one"]);
    let refused = [
        "/$export?_type=Observation",
        "/$export?_typeFilter=Patient%3F_has:Observation:subject:code%3D29463-7",
    ];
    for path in refused {
        let answer = reader.send("GET", &format!("/fhir{path}"), &[LATER], b"");
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    let writer = server.client_with("system/Observation.c").send("GET", "/fhir/$export", &[LATER], b"");
    assert_eq!(writer.status, 403, "{}", writer.text());

    let file = path_of(manifest["output"][0]["url"].as_str().unwrap());
    for mut other in [server.client_with("system/Observation.rs"), server.administrator()] {
        for (method, path) in [("GET", &place), ("GET", &file), ("DELETE", &place)] {
            assert_eq!(other.send(method, path, &[], b"").status, 404, "{method} {path}");
        }
    }
    for path in [&place, &file] {
        assert_eq!(server.client().get(path).status, 401);
    }
    // A new token of the same person with the same rights is as good.
    assert_eq!(server.client_with("system/Patient.rs").get(&file).status, 200);
    let packed =
        reader.send("GET", &file, &[("accept-encoding", "gzip"), ("accept", "application/fhir+ndjson")], b"");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut plain = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut plain).unwrap();
    assert_eq!(plain, reader.get(&file).text());

    let log = search(&mut administrator, "/AuditEvent?_count=1000");
    for told in ["an export is asked for", "Patient handed out"] {
        let query = |event: &&Value| {
            let text = event.to_string();
            text.contains(told) || audited(event).contains(told)
        };
        assert!(log.values().any(|event| query(&event)), "'{told}' is not in the log");
    }

    assert_eq!(reader.send("DELETE", &place, &[], b"").status, 202);
    for path in [&place, &file] {
        assert_eq!(reader.get(path).status, 404, "{path}");
    }
    assert_eq!(files(&server.data().join("jobs")).len(), 0);
    server.stop();
}

/// What an AuditEvent says was asked, in plain text.
fn audited(event: &Value) -> String {
    use base64::Engine;
    let queries =
        event["entity"].as_array().into_iter().flatten().filter_map(|entity| entity["query"].as_str());
    let decoded = queries.filter_map(|query| base64::engine::general_purpose::STANDARD.decode(query).ok());
    decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

#[test]
fn an_export_at_work_is_ended_by_whoever_asked() {
    let (_folder, server) = demo();
    let mut client = server.administrator();
    let places: Vec<String> = (0..3).map(|_| ask(&mut client, "/$export")).collect();
    assert_eq!(client.get(&places[2]).status, 202, "it waits for the others");
    for place in &places[..2] {
        assert_eq!(client.send("DELETE", place, &[], b"").status, 202);
        assert_eq!(client.get(place).status, 404);
    }
    let manifest = wait(&mut client, &places[2]);
    assert!(!fetch(&mut client, &manifest).is_empty());
    let name = places[2].rsplit('/').next().unwrap();
    assert!(server.data().join("jobs").join(name).is_dir());
    server.stop();
}

#[test]
fn an_export_goes_on_after_the_server_was_killed() {
    let (folder, server) = demo();
    let data = folder.path().join("data");
    let token = program::succeed(&data, ["token", "--scope", "system/*.rs"]);
    let token = token["token"].as_str().unwrap();
    let mut client = server.client().with_token(token);
    let place = ask(&mut client, "/$export");
    let written = data.join("jobs").join(place.rsplit('/').next().unwrap());
    let of_types = || {
        let files = files(&written).into_iter();
        files.filter(|path| path.extension().is_some_and(|name| name == "ndjson")).count()
    };
    while of_types() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    server.kill();
    let before = of_types();
    std::fs::write(written.join("Zebra.ndjson"), "half a line").unwrap();
    std::fs::create_dir(data.join("jobs/of-no-job")).unwrap();

    let server = Server::start(&data);
    let mut client = server.client().with_token(token);
    let manifest = wait(&mut client, &place);
    let made = of_types();
    assert!(before < made, "it was killed in the middle: {before} of {made} files");
    assert_eq!(made, manifest["output"].as_array().unwrap().len());
    assert!(!data.join("jobs/of-no-job").exists());
    let all = fetch(&mut client, &manifest);
    for name in types(&all) {
        assert_eq!(search(&mut client, &format!("/{name}?_count=1000")), of_type(&all, name), "{name}");
    }
    server.stop();
}

#[test]
fn what_is_asked_wrongly_is_refused_at_once() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    assert_eq!(client.put("/fhir/Patient/one", &patient("one")).status, 201);
    assert_eq!(client.get("/fhir/$export").status, 400, "it says nothing of respond-async");
    let rows = [
        ("/$export?_outputFormat=text/csv", "http._outputFormat"),
        ("/$export?_since=lately", "http._since"),
        ("/$export?_type=Patient,Nothing", "http._type"),
        ("/$export?_typeFilter=Patient%3Fnothing=1", "http.nothing"),
        ("/$export?includeAssociatedData=LatestProvenanceResources", "http.includeAssociatedData"),
        ("/$export?patient=Patient/one", "http.patient"),
        ("/Patient/$export?patient=Patient/one", "http.patient"),
        ("/Patient/$export?_type=Practitioner", "http._type"),
    ];
    for (path, expression) in rows {
        let answer = client.send("GET", &format!("/fhir{path}"), &[LATER], b"");
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.json()["issue"][0]["expression"][0], expression, "{path}");
    }
    assert_eq!(client.send("GET", "/fhir/Observation/$export", &[LATER], b"").status, 404);
    assert!(!server.data().join("jobs").exists(), "nothing was begun");
    let statement = client.get_json("/fhir/metadata");
    assert_eq!(statement["rest"][0]["operation"][0]["name"], "export");
    server.stop();
}
