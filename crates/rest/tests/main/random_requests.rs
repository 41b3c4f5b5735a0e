//! Whatever comes in, an answer goes out that is neither a fault of ours nor a silence.

use crate::practice::{Ask, PATIENT, Practice, ask, observation};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];

const SEGMENTS: [&str; 27] = [
    "Patient",
    "Observation",
    "p1",
    "o1",
    "Binary",
    "_history",
    "_search",
    "*",
    "1",
    "0",
    "99999999999",
    "metadata",
    "$validate",
    "$everything",
    "$meta",
    "$meta-add",
    "$lastn",
    "$docref",
    "$expand",
    "$lookup",
    "$translate",
    "$nothing",
    "%ff",
    "..",
    "%2e%2e",
    "",
    "a b",
];

const QUERIES: [&str; 26] = [
    "_format=xml",
    "_format=json",
    "_format=ttl",
    "_pretty=true",
    "_summary=true",
    "_summary=count",
    "_elements=name",
    "_count=1",
    "_count=-1",
    "_sort=-date",
    "_sort=x",
    "_include=*",
    "_include=Observation:subject:Patient",
    "_revinclude=Provenance:target",
    "_cursor=!",
    "_cursor=AAAA",
    "name=a&name:exact=b",
    "code=http://x|y,z",
    "_has:Observation:patient:code=a",
    "subject.name=x",
    "_filter=name eq \"x\"",
    "date=ge2024&date=lt2025-01-01T00:00:00Z",
    "url=http://hl7.org/fhir/ValueSet/administrative-gender",
    "start=2024",
    "_since=2024-01-01T00:00:00+01:00",
    "_id=p1&_lastUpdated=gt2000",
];

const HEADERS: [(&str, &str); 12] = [
    ("accept", "application/fhir+xml"),
    ("accept", "*/*;q=0.1, text/html"),
    ("prefer", "handling=lenient, return=minimal"),
    ("prefer", "return=OperationOutcome"),
    ("if-match", "W/\"1\""),
    ("if-match", "*"),
    ("if-none-match", "*"),
    ("if-none-exist", "name=ames"),
    ("if-none-exist", "?"),
    ("if-modified-since", "Tue, 15 Nov 1994 08:12:31 GMT"),
    ("content-encoding", "gzip"),
    ("accept-encoding", "zstd, gzip"),
];

const MEDIA_TYPES: [&str; 6] = [
    "application/fhir+json",
    "application/fhir+xml",
    "application/json-patch+json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "",
];

const BODIES: [&str; 14] = [
    PATIENT,
    "",
    "{}",
    "[]",
    "null",
    "{\"resourceType\":\"Patient\"",
    "{\"resourceType\":5,\"id\":{}}",
    "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{}]}",
    "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"GET\",\"url\":\"Patient?_count=1\"}},5,null]}",
    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Patient\",\"id\":[]}},{\"name\":\"meta\",\"valueMeta\":{\"tag\":{}}}]}",
    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"delete\"},{\"name\":\"path\",\"valueString\":\"Patient.name\"}]}]}",
    "[{\"op\":\"remove\",\"path\":\"/name\"},{\"op\":\"move\",\"from\":\"/\",\"path\":\"/a/b\"}]",
    "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"p1\"/><active value=\"maybe\"/></Patient>",
    "name=ames&_count=2",
];

fn request() -> impl Strategy<Value = Ask<'static>> {
    let segments = proptest::collection::vec(
        prop_oneof![4 => proptest::sample::select(&SEGMENTS[..]).prop_map(str::to_owned), 1 => "[!-~]{0,8}"],
        0..5,
    );
    let query = proptest::collection::vec(
        prop_oneof![4 => proptest::sample::select(&QUERIES[..]).prop_map(str::to_owned), 1 => "[ -~]{0,20}"],
        0..4,
    );
    let headers = proptest::collection::vec(proptest::sample::select(&HEADERS[..]), 0..3);
    let body = prop_oneof![
        4 => proptest::sample::select(&BODIES[..]).prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..60),
    ];
    let media_type = proptest::sample::select(&MEDIA_TYPES[..]);
    (proptest::sample::select(&METHODS[..]), segments, query, headers, media_type, body).prop_map(
        |(method, segments, query, mut headers, media_type, body)| {
            if !media_type.is_empty() {
                headers.push(("content-type", media_type));
            }
            let safe = |text: &str| {
                let is_plain = |c: char| c.is_ascii_graphic() && !"#?<>\"{}|\\^`".contains(c);
                text.chars().map(|c| if is_plain(c) { c } else { '+' }).collect::<String>()
            };
            let path: String = segments.iter().map(|segment| format!("/{}", safe(segment))).collect();
            let query = query.iter().map(|part| safe(part)).collect::<Vec<_>>().join("&");
            let path = if query.is_empty() { path } else { format!("{path}?{query}") };
            Ask { headers, body, ..ask(method, &path) }
        },
    )
}

#[test]
fn no_request_makes_the_server_fail() {
    let practice = Practice::new();
    practice.fill(&[PATIENT, &observation("o1", "p1", "a", "2024-01-01")]);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&request(), |ask| {
        let Ok(_) = format!("http://localhost/fhir{}", ask.path).parse::<axum::http::Uri>() else {
            return Ok(());
        };
        let got = practice.send(&ask);
        prop_assert!(
            got.status.as_u16() < 500,
            "{} {} {:?}: {}",
            ask.method,
            ask.path,
            ask.headers,
            got.text()
        );
        let is_refusal = got.status.is_client_error() && ask.method != "HEAD";
        prop_assert!(
            !is_refusal
                || got.text().contains("OperationOutcome")
                || !got.header("content-encoding").is_empty()
        );
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
