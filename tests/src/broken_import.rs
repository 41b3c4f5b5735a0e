//! An import with broken files among good ones: the good ones go in, the broken ones are named with the reason.

use crate::harness::folder::new_folder;
use crate::harness::program::{self, Outcome, verify};
use crate::harness::samples::{patient, posted};
use crate::harness::server::Server;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

/// The broken ones: how the place ends, and a word of the reason.
const BROKEN: [(&str, &str); 8] = [
    ("batch.json", "batch"),
    ("cut-off.json", "line"),
    ("cut-off.json.gz", ""),
    ("invalid.json", "gender"),
    ("lines.ndjson:2", "column"),
    ("lines.ndjson:4", "Patent"),
    ("more-lines.ndjson.zst:1", "birthDate"),
    ("not-packed.json.zst", ""),
];

/// The patients in the good files.
const GOOD: [&str; 6] = ["plain", "gzip", "zstd", "line-1", "line-5", "alone"];

/// Resources of the good files: the first three are bundles with a weight each.
const GOOD_RESOURCES: u64 = 9;

#[test]
fn what_is_good_goes_in_and_what_is_broken_is_named() {
    let folder = new_folder();
    let (data, inbox) = (folder.path().join("data"), folder.path().join("inbox"));
    fill(&inbox);
    let import = || program::run(&data, ["import".as_ref(), inbox.as_os_str()]);
    check(&import());
    let first = verify(&data);
    assert_eq!((&first["documents"], &first["versions"]), (&GOOD_RESOURCES.into(), &GOOD_RESOURCES.into()));
    check(&import());
    let second = verify(&data);
    assert_eq!(first["versions"], second["versions"], "a second import changes nothing");
}

#[test]
fn a_server_does_the_import_of_a_command_beside_it() {
    let folder = new_folder();
    let (data, inbox) = (folder.path().join("data"), folder.path().join("inbox"));
    fill(&inbox);
    let server = Server::start(&data);
    let mut client = server.administrator();
    // The path is relative to the folder of the command, not of the server.
    let mut command = program::command(&data, ["import", "."]);
    check(&Outcome::of(&command.current_dir(&inbox).output().unwrap()));
    for id in GOOD {
        assert_eq!(client.get_json(&format!("/fhir/Patient/{id}"))["id"], *id);
    }
    let weight = client.get_json("/fhir/Observation/gzip-weight");
    assert_eq!(weight["subject"]["reference"], "Patient/gzip");
    assert_eq!(client.get_json("/fhir/Patient?_summary=count")["total"], GOOD.len());
    server.stop();
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let folder = new_folder();
    let outcome = program::run(&folder.path().join("data"), ["import", "nowhere.json"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.failure().contains("nowhere.json"), "{outcome:?}");
}

fn check(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let answer = outcome.answer();
    let counts = answer["resources"].as_object().unwrap();
    assert_eq!(counts.values().filter_map(Value::as_u64).sum::<u64>(), GOOD_RESOURCES, "{answer}");
    let failures = answer["failures"].as_array().unwrap();
    for (place, word) in BROKEN {
        let named =
            failures.iter().find(|failure| failure[0].as_str().unwrap().ends_with(&format!("/{place}")));
        let reason = named.unwrap_or_else(|| panic!("{place} is not named: {answer}"))[1].as_str().unwrap();
        assert!(!reason.is_empty() && reason.contains(word), "{place}: {reason}");
    }
    assert_eq!(failures.len(), BROKEN.len(), "{answer}");
    assert!(outcome.failure().contains(&BROKEN.len().to_string()), "{outcome:?}");
}

fn fill(inbox: &Path) {
    std::fs::create_dir_all(inbox.join("deeper")).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(inbox.join(name), bytes).unwrap();
    let text = |id: &str| posted(id).to_string().into_bytes();
    write("plain.json", &text("plain"));
    write("gzip.json.gz", &gzip(&text("gzip")));
    write("deeper/zstd.json.zst", &zstd(&text("zstd")));
    write("alone.json", patient("alone").to_string().as_bytes());
    let lines = format!(
        "{}\n{{\"resourceType\":\"Patient\",\"id\":}}\n\n{{\"resourceType\":\"Patent\"}}\n{}\n",
        patient("line-1"),
        patient("line-5")
    );
    write("lines.ndjson", lines.as_bytes());
    let mut undated = patient("undated");
    undated["birthDate"] = "yesterday".into();
    write("more-lines.ndjson.zst", &zstd(undated.to_string().as_bytes()));
    let mut invalid = posted("invalid");
    invalid["entry"][0]["resource"]["gender"] = "blue".into();
    write("invalid.json", invalid.to_string().as_bytes());
    let mut batch = posted("batch");
    batch["type"] = "batch".into();
    write("batch.json", batch.to_string().as_bytes());
    let whole = text("cut-off");
    write("cut-off.json", &whole[..whole.len() / 2]);
    let packed = gzip(&whole);
    write("cut-off.json.gz", &packed[..packed.len() - 20]);
    write("not-packed.json.zst", &whole);
    write("read-me.txt", b"Files of other kinds are left alone.");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}
