//! Whatever is sent, the answer says what is wrong and where, the server stands, and nothing is written.

use crate::harness::folder::new_folder;
use crate::harness::http::{Answer, Client};
use crate::harness::program::verify;
use crate::harness::samples::{patient, put_both};
use crate::harness::server::Server;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const JSON: &str = "application/fhir+json";
const XML: &str = "application/fhir+xml";
const PATCH: &str = "application/json-patch+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Method, path, media type, body, status, and what the issues' places begin with (empty: there is no place).
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, u16, &'a str);

const BODIES: &[Row<'_>] = &[
    ("POST", "/Patient", JSON, "", 400, ""),
    ("POST", "/Patient", JSON, "{", 400, ""),
    ("POST", "/Patient", JSON, "null", 400, ""),
    ("POST", "/Patient", JSON, "[]", 400, ""),
    ("POST", "/Patient", JSON, "{}", 400, ""),
    ("POST", "/Patient", JSON, "\u{feff}{", 400, ""),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\"} x", 400, ""),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"id\":\"\\ud800\"}", 400, ""),
    (
        "POST",
        "/Patient",
        JSON,
        "{\"resourceType\":\"Patient\",\"active\":true,\"active\":false}",
        400,
        "Patient",
    ),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"active\":\"yes\"}", 422, "Patient.active"),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"active\":[true]}", 422, "Patient.active"),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"name\":\"Ada\"}", 422, "Patient.name"),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"name\":[]}", 422, "Patient.name"),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"name\":[null]}", 422, "Patient.name"),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"nmae\":[{}]}", 422, "Patient"),
    (
        "POST",
        "/Patient",
        JSON,
        "{\"resourceType\":\"Patient\",\"birthDate\":19800229}",
        422,
        "Patient.birthDate",
    ),
    (
        "POST",
        "/Patient",
        JSON,
        "{\"resourceType\":\"Patient\",\"birthDate\":\"1981-02-29\"}",
        422,
        "Patient.birthDate",
    ),
    (
        "POST",
        "/Patient",
        JSON,
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1e400}",
        422,
        "Patient.multipleBirth",
    ),
    (
        "POST",
        "/Patient",
        JSON,
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":99999999999999999999999999}",
        422,
        "Patient.multipleBirth",
    ),
    ("POST", "/Patient", JSON, "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":01}", 400, ""),
    ("POST", "/Observation", JSON, "{\"resourceType\":\"Patient\"}", 400, ""),
    ("POST", "/Patent", JSON, "{\"resourceType\":\"Patent\"}", 404, ""),
    ("POST", "/Observation", JSON, "{\"resourceType\":\"Observation\"}", 422, "Observation"),
    ("POST", "/Patient", XML, "<Patient", 400, ""),
    (
        "POST",
        "/Patient",
        XML,
        "<Patient xmlns=\"http://hl7.org/fhir\"><active value=\"1\"/></Patient>",
        400,
        "Patient.active",
    ),
    ("POST", "/Patient", XML, "<Patient xmlns=\"urn:other\"/>", 400, ""),
    (
        "POST",
        "/Patient",
        XML,
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\">&a;</Patient>",
        400,
        "",
    ),
    ("POST", "/Patient", "text/plain", "Ada", 415, ""),
    ("POST", "/Patient", "application/fhir+json;charset=utf-16", "{}", 415, ""),
    ("PUT", "/Patient/other", JSON, "{\"resourceType\":\"Patient\",\"id\":\"one\"}", 400, ""),
    ("PUT", "/Patient/-_-", JSON, "{\"resourceType\":\"Patient\",\"id\":\"-_-\"}", 400, ""),
    ("PUT", "/Patient/%00", JSON, "{\"resourceType\":\"Patient\",\"id\":\"x\"}", 400, ""),
    ("PUT", "/Patient", JSON, "{\"resourceType\":\"Patient\"}", 400, ""),
    ("PATCH", "/Patient/one", PATCH, "[{\"op\":\"test\",\"path\":\"/gender\",\"value\":\"male\"}]", 400, ""),
    ("PATCH", "/Patient/one", PATCH, "[{\"op\":\"leap\",\"path\":\"/gender\"}]", 400, ""),
    ("PATCH", "/Patient/one", PATCH, "[{\"op\":\"replace\",\"path\":\"/id\",\"value\":\"two\"}]", 400, ""),
    ("PATCH", "/Patient/one", PATCH, "[{\"op\":\"add\",\"path\":\"/name/99\",\"value\":{}}]", 400, ""),
    (
        "PATCH",
        "/Patient/one",
        PATCH,
        "[{\"op\":\"replace\",\"path\":\"/gender\",\"value\":\"blue\"}]",
        422,
        "Patient.gender",
    ),
    ("POST", "", JSON, "{\"resourceType\":\"Patient\"}", 400, ""),
    ("POST", "", JSON, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}", 400, "Bundle.type"),
    (
        "POST",
        "",
        JSON,
        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{}]}",
        400,
        "Bundle.entry[0]",
    ),
    (
        "POST",
        "",
        JSON,
        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"LEAP\",\"url\":\"Patient\"}}]}",
        400,
        "Bundle.entry[0]",
    ),
    ("POST", "/Patient/_search", FORM, "birthdate=today", 400, ""),
    ("POST", "/Patient/_search", FORM, "name=%ff%fe", 400, ""),
    ("DELETE", "/Patient/one", "", "", 422, ""),
    ("DELETE", "/Patient", "", "", 400, ""),
];

const QUESTIONS: &[(&str, u16)] = &[
    ("/Patient/nobody", 404),
    ("/Patient/a_b", 400),
    ("/Patient/one/_history/0", 404),
    ("/Patient/one/_history/-1", 404),
    ("/Patient/one/_history/99999999999999999999", 404),
    ("/Patent/one", 404),
    ("/patient/one", 404),
    ("/nothing/at/all", 404),
    ("/..%2f..%2fetc/passwd", 404),
    ("/Patient/one/$leap", 404),
    ("/Patient?leap=1", 400),
    ("/Patient?name:leap=1", 400),
    ("/Patient?birthdate=yesterday", 400),
    ("/Patient?birthdate=qq1980", 400),
    ("/Patient?_count=many", 400),
    ("/Patient?_count=-1", 400),
    ("/Patient?_cursor=x", 400),
    ("/Patient?_cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400),
    ("/Patient?_sort=leap", 400),
    ("/Patient?_include=Patient:leap", 400),
    ("/Patient?_has:Observation:leap:code=1", 400),
    ("/Patient?_lastUpdated=now", 400),
    ("/Patient?_format=leap", 406),
    ("/Patient/_history?_since=now", 400),
    ("/Observation?value-quantity=a|b|c|d", 400),
    ("/Observation?subject.subject.subject.subject.subject.subject.name=x", 400),
    ("/ValueSet/$expand?url=urn:none", 404),
];

#[test]
fn bad_input_is_refused_with_its_place_and_writes_nothing() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    assert_eq!(client.post("/fhir", &put_both("one")).status, 200);
    let before = verify(server.data());
    let mut faults = Vec::new();
    for (method, path, media, body, status, place) in BODIES {
        let headers: &[_] = if media.is_empty() { &[] } else { &[("content-type", *media)] };
        let answer = client.send(method, &format!("/fhir{path}"), headers, body.as_bytes());
        faults.extend(fault(&answer, *status, place).map(|fault| format!("{method} {path} {body}: {fault}")));
    }
    for (path, status) in QUESTIONS {
        let answer = client.get(&format!("/fhir{path}"));
        faults.extend(fault(&answer, *status, "").map(|fault| format!("GET {path}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    nothing_was_written(&server, &before);
    server.stop();
}

#[test]
fn large_and_deep_input_is_refused() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    assert_eq!(client.post("/fhir", &put_both("one")).status, 200);
    let before = verify(server.data());

    let huge = vec![b' '; 100 << 20];
    let answer = client.send("POST", "/fhir/Patient", &[("content-type", JSON)], &huge);
    expect(&answer, 413, "");

    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let nested = format!("{{\"resourceType\":\"Patient\",\"name\":{open}{close}}}");
    expect(&client.send("POST", "/fhir/Patient", &[("content-type", JSON)], nested.as_bytes()), 400, "");
    let deep = format!("<Patient xmlns=\"http://hl7.org/fhir\">{}", "<extension url=\"u\">".repeat(100_000));
    expect(&client.send("POST", "/fhir/Patient", &[("content-type", XML)], deep.as_bytes()), 400, "");

    // A small body that unpacks to a large one.
    let bomb = zstd::encode_all(huge.as_slice(), 1).unwrap();
    let headers = [("content-type", JSON), ("content-encoding", "zstd")];
    expect(&client.send("POST", "/fhir/Patient", &headers, &bomb), 413, "");

    nothing_was_written(&server, &before);
    server.stop();
}

#[test]
fn one_bad_entry_of_ten_thousand_stops_the_transaction() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    let before = verify(server.data());
    let entry = |number: u32| {
        let request = json!({ "method": "POST", "url": "Patient" });
        json!({ "resource": patient(&format!("p{number}")), "request": request })
    };
    let mut entries: Vec<_> = (0..10_000).map(entry).collect();
    entries[9_999]["resource"]["gender"] = "blue".into();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    expect(&client.post("/fhir", &bundle), 422, "Bundle.entry[9999].resource.gender");
    nothing_was_written(&server, &before);

    bundle["entry"][9_999]["resource"]["gender"] = "other".into();
    let answer = client.post("/fhir", &bundle);
    assert_eq!((answer.status, answer.json()["entry"].as_array().map(Vec::len)), (200, Some(10_000)));
    assert_eq!(client.get_json("/fhir/Patient?_summary=count")["total"], 10_000);
    server.stop();
}

#[test]
fn references_in_a_circle_come_to_an_end() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let mut client = server.administrator();
    let organization = |id: &str, part_of: &str| {
        let resource = json!({
            "resourceType": "Organization", "id": id, "name": id, "partOf": { "reference": format!("Organization/{part_of}") },
        });
        json!({ "resource": resource, "request": { "method": "PUT", "url": format!("Organization/{id}") } })
    };
    let entries =
        [organization("a", "b"), organization("b", "c"), organization("c", "a"), organization("d", "d")];
    let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    assert_eq!(client.post("/fhir", &bundle).status, 200);
    let found = client.get_json("/fhir/Organization?_id=a&_include:iterate=Organization:partof");
    assert_eq!(found["entry"].as_array().unwrap().len(), 3, "{found}");
    let found = client.get_json("/fhir/Organization?_id=d&_include:iterate=Organization:partof");
    assert_eq!(found["entry"].as_array().unwrap().len(), 1, "{found}");
    server.stop();
}

#[test]
fn what_is_no_http_leaves_the_server_standing() {
    let folder = new_folder();
    let server = Server::start(&folder.path().join("data"));
    let endless = format!("GET /fhir/metadata HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "a".repeat(1 << 20));
    let rows: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"LEAP\r\n\r\n",
        b"GET /fhir/metadata HTTP/9.9\r\n\r\n",
        b"POST /fhir/Patient HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        endless.as_bytes(),
    ];
    for bytes in rows {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        // The server may cut the connection instead of an answer.
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    assert_eq!(server.client().get("/fhir/metadata").status, 200);
    server.stop();
}

fn expect(answer: &Answer, status: u16, place: &str) {
    let found = fault(answer, status, place);
    assert!(found.is_none(), "{}", found.unwrap_or_default());
}

/// What is wrong with a refusal: its status, an issue without text, or no issue at the place.
fn fault(answer: &Answer, status: u16, place: &str) -> Option<String> {
    let text = answer.text();
    if answer.status != status {
        return Some(format!("{} instead of {status}: {text}", answer.status));
    }
    let outcome: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let issues = outcome["issue"].as_array().filter(|issues| !issues.is_empty());
    let (Some(issues), "OperationOutcome") = (issues, outcome["resourceType"].as_str().unwrap_or_default())
    else {
        return Some(format!("no OperationOutcome: {text}"));
    };
    let says = |issue: &Value| {
        ["severity", "code", "diagnostics"]
            .iter()
            .all(|name| !issue[name].as_str().unwrap_or_default().is_empty())
    };
    if !issues.iter().all(says) {
        return Some(format!("an issue that says nothing: {text}"));
    }
    let is_there =
        |issue: &Value| issue["expression"][0].as_str().is_some_and(|found| found.starts_with(place));
    (!place.is_empty() && !issues.iter().any(is_there)).then(|| format!("no issue at {place}: {text}"))
}

fn nothing_was_written(server: &Server, before: &Value) {
    let after = verify(server.data());
    assert_eq!((&after["documents"], &after["versions"]), (&before["documents"], &before["versions"]));
    let mut client: Client = server.administrator();
    assert_eq!(client.get("/fhir/Patient?_summary=count").status, 200, "the server stands");
}
