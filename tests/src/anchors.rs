//! Signed anchors of the audit log over the running program (d2, d10): what was cut off its end is found, where the chains
//! alone are sound.

use crate::harness::folder::{copy_folder, files, new_folder};
use crate::harness::program::{self, verify};
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use serde_json::Value;
use std::path::Path;

fn anchor(data: &Path) -> String {
    program::succeed(data, ["anchor"])["anchor"].as_str().unwrap().to_owned()
}

fn faults(answer: &Value) -> String {
    answer["faults"].to_string()
}

#[test]
fn d2_reads_that_were_cut_off_are_found_by_the_commits() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mut client = server.administrator();
    assert_eq!(client.post("/fhir", &put_both("one")).status, 200);
    assert_eq!(client.get("/fhir/Patient/one").status, 200);
    server.stop();
    // As long as it was before somebody looked, and the anchor was made.
    let log = files(&data.join("reads")).pop().unwrap();
    let before = std::fs::read(&log).unwrap();
    let server = Server::start(&data);
    assert_eq!(server.administrator().get("/fhir/Patient/one").status, 200);
    anchor(&data);
    server.stop();
    let figures = verify(&data);
    assert_eq!(figures["anchors"], 2, "one in each chain: {figures}");
    std::fs::write(&log, before).unwrap();
    let found = program::run(&data, ["verify"]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(faults(found.answer()).contains("rows were cut off or changed"), "{found:?}");
    assert_eq!(found.answer()["fault-count"], 1, "the chain itself is whole: {found:?}");
}

#[test]
fn d2_data_that_was_put_back_to_before_is_found_by_an_anchor_kept_elsewhere() {
    let folder = new_folder();
    let path = |name: &str| folder.path().join(name);
    let (data, before, kept) = (path("data"), path("before"), path("kept"));
    let server = Server::start(&data);
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    server.stop();
    copy_folder(&data, &before);
    let server = Server::start_as(&data, &["serve", "--anchor-file", kept.to_str().unwrap()]);
    assert_eq!(server.administrator().get("/fhir/Patient/one").status, 200);
    let printed = anchor(&data);
    // Others get the anchors by the API.
    let events = server.administrator().get("/fhir/AuditEvent?_count=50").text();
    assert!(events.contains(&printed), "{events}");
    server.stop();
    let check = ["verify", "--anchors", kept.to_str().unwrap()];
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), format!("{printed}\n"));
    program::succeed(&data, check);

    // The older data is whole in itself, but not what was there.
    let back = verify(&before);
    assert_eq!(back["anchors"], 0);
    let other = program::run(&before, check);
    assert!(other.code == Some(1) && other.failure().contains("not by the key of this installation"));
    // With the key that signed, as when the data is put back after the first anchor.
    let again = path("again");
    copy_folder(&data, &again);
    let server = Server::start(&data);
    assert_eq!(server.administrator().post("/fhir", &put_both("two")).status, 200);
    std::fs::write(&kept, anchor(&data)).unwrap();
    server.stop();
    verify(&again);
    let found = program::run(&again, check);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(faults(found.answer()).contains("commits were cut off or changed"), "{found:?}");
}

#[test]
fn d2_an_anchor_that_was_altered_is_refused() {
    let folder = new_folder();
    let (data, kept) = (folder.path().join("data"), folder.path().join("kept"));
    let server = Server::start(&data);
    let signed = anchor(&data);
    server.stop();
    let (head, rest) = signed.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let turned: String = claims.chars().rev().collect();
    for text in [
        format!("{head}.{turned}.{signature}"),
        format!("{head}.{claims}."),
        "an anchor".to_owned(),
        signed.replace(head, "eyJhbGciOiJub25lIiwia2lkIjoiIn0"),
    ] {
        std::fs::write(&kept, format!("{signed}\n\n{text}\n")).unwrap();
        let refused = program::run(&data, ["verify", "--anchors", kept.to_str().unwrap()]);
        assert_eq!(refused.code, Some(1), "{text}: {refused:?}");
        assert!(refused.failure().contains("kept, line 3"), "{refused:?}");
    }
}
