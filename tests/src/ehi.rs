//! All health information goes out in a documented format and comes in again, the same to the byte (feature b10).

use crate::harness::folder::{contents, new_folder};
use crate::harness::program::{self, verify};
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A practice with past versions, a deletion, long contents in several forms, and reads in its audit.
fn fill(server: &Server) {
    let mut client = server.administrator();
    for name in ["one", "two", "one"] {
        assert_eq!(client.post("/fhir", &put_both(name)).status, 200);
    }
    let lines = vec!["TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu"; 3000].join("\r\n");
    for (version, data) in [(1, "QUJD".repeat(30_000)), (2, lines), (3, "QQ==".to_owned())] {
        let reference = json!({
            "resourceType": "DocumentReference", "id": "scan", "status": "current", "description": "größe\n",
            "content": [{ "attachment": { "contentType": "text/plain", "data": data } }]
        });
        let status = client.put("/fhir/DocumentReference/scan", &reference).status;
        assert_eq!(status, if version == 1 { 201 } else { 200 });
    }
    let spaced =
        b"{ \"resourceType\":\"Basic\",\n\t\"id\":\"b\",  \"meta\": {\"source\":\"urn:x\" },\"code\":{\"text\":\"1.00 \\u00e9\"}}";
    let json = [("content-type", "application/fhir+json")];
    assert_eq!(client.send("PUT", "/fhir/Basic/b", &json, spaced).status, 201);
    let binary = [("content-type", "image/png")];
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    assert_eq!(client.send("PUT", "/fhir/Binary/photo", &binary, &bytes).status, 201);
    assert_eq!(client.send("DELETE", "/fhir/Binary/photo", &[], b"").status, 204);
    assert_eq!(client.get("/fhir/DocumentReference/scan/_history").status, 200);
}

#[test]
fn all_health_information_goes_out_and_comes_in_again_to_the_byte() {
    let folder = new_folder();
    let place = |name: &str| folder.path().join(name);
    let text = |name: &str| place(name).to_str().unwrap().to_owned();
    let server = Server::start(&place("data"));
    fill(&server);
    // Also while the server runs, and by it.
    let counts = program::succeed(server.data(), ["export-ehi", &text("first")]);
    assert_eq!(
        (&counts["contents"], counts["reads"].as_u64().unwrap() > 0),
        (&Value::from(3), true),
        "{counts}"
    );
    server.stop();

    let imported = program::succeed(&place("new"), ["import-ehi", &text("first")]);
    assert_eq!(imported, counts);
    program::succeed(&place("new"), ["export-ehi", &text("second")]);
    let (first, second) = (contents(&place("first")), contents(&place("second")));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} differs");
    }
    for name in ["README.md", "manifest.json", "commits.ndjson", "reads.ndjson", "resources/Basic.ndjson"] {
        assert!(!first[name].is_empty(), "{name}");
    }
    verify(&place("new"));

    let server = Server::start(&place("new"));
    let mut client = server.administrator();
    let got = client.get("/fhir/DocumentReference/scan/_history/1").json();
    assert_eq!(got["content"][0]["attachment"]["data"], "QUJD".repeat(30_000));
    assert_eq!(client.get("/fhir/Binary/photo").status, 410);
    server.stop();
    let refused = program::run(&place("new"), ["import-ehi", &text("first")]);
    assert!(refused.code == Some(1) && refused.failure().contains("holds data already"), "{refused:?}");
}

#[test]
fn a_damaged_export_is_refused_before_anything_comes_in() {
    let folder = new_folder();
    let place = |name: &str| folder.path().join(name);
    let server = Server::start(&place("data"));
    fill(&server);
    let export = place("export");
    program::succeed(server.data(), ["export-ehi", export.to_str().unwrap()]);
    server.stop();
    let names: Vec<String> = contents(&export).into_keys().collect();
    let is_wanted = |name: &&String| !["README.md", "manifest.json"].contains(&name.as_str());
    for name in names.iter().filter(is_wanted) {
        let whole = std::fs::read(export.join(name)).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        std::fs::write(export.join(name), damaged).unwrap();
        let refused = program::run(&place("new"), ["import-ehi", export.to_str().unwrap()]);
        assert!(refused.code == Some(1) && refused.failure().contains(name.as_str()), "{name}: {refused:?}");
        std::fs::write(export.join(name), whole).unwrap();
    }
    // Nothing of all that came in: now it does.
    program::succeed(&place("new"), ["import-ehi", export.to_str().unwrap()]);
}
