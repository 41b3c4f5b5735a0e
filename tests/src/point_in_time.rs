//! A practice as it was at a moment before a backup that was made while it worked.

use crate::harness::folder::{copy_key, new_folder};
use crate::harness::program::{self, verify};
use crate::harness::samples::patient;
use crate::harness::server::Server;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const WRITERS: usize = 3;

/// What a writer was told: the resource's id, its version, and when that version was made.
type Written = (String, u64, String);

/// Writes until it is told to stop.
fn write(server: &Server, writer: usize, is_over: &AtomicBool) -> Vec<Written> {
    let mut client = server.administrator();
    let mut written = Vec::new();
    for turn in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("w{writer}-{}", turn % 7);
        let mut one = patient(&id);
        one["name"][0]["family"] = format!("Turn-{turn}").into();
        let answer = client.put(&format!("/fhir/Patient/{id}"), &one);
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        let meta = &answer.json()["meta"];
        let version = meta["versionId"].as_str().unwrap().parse().unwrap();
        written.push((id, version, meta["lastUpdated"].as_str().unwrap().to_owned()));
    }
    written
}

#[test]
fn a_backup_made_under_load_is_restored_as_of_any_moment_before_it() {
    let folder = new_folder();
    let path = |name: &str| folder.path().join(name);
    let server = Server::start(&path("data"));
    let is_over = AtomicBool::new(false);
    let written: Vec<Written> = std::thread::scope(|scope| {
        let (server, is_over) = (&server, &is_over);
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| scope.spawn(move || write(server, writer, is_over))).collect();
        std::thread::sleep(Duration::from_millis(1500));
        let to = path("backup");
        let backup = program::succeed(server.data(), ["backup", to.to_str().unwrap()]);
        assert!(backup["sequence"].as_u64().unwrap() > 0);
        std::thread::sleep(Duration::from_millis(200));
        is_over.store(true, Ordering::Relaxed);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    server.stop();
    let mut times: Vec<&String> = written.iter().map(|(.., time)| time).collect();
    times.sort();
    copy_key(&path("data"), &path("whole"));
    let all = program::succeed(&path("whole"), ["restore", path("backup").to_str().unwrap()]);
    for (number, share) in [5, 3, 2].into_iter().enumerate() {
        let moment = times[times.len() / share].clone();
        let data = path(&format!("then{number}"));
        let from = path("backup");
        copy_key(&path("data"), &data);
        let restored = program::succeed(&data, ["restore", from.to_str().unwrap(), "--until", &moment]);
        assert!(restored["sequence"].as_u64() < all["sequence"].as_u64());
        verify(&data);
        // The newest version of each patient is the last that was made until then.
        let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
        for (id, version, _) in written.iter().filter(|(.., time)| *time <= moment) {
            let newest = expected.entry(id).or_default();
            *newest = (*newest).max(*version);
        }
        let out = path(&format!("out{number}"));
        program::succeed(&data, ["export", out.to_str().unwrap()]);
        let text = std::fs::read_to_string(out.join("Patient.ndjson")).unwrap();
        let patients: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found: BTreeMap<&str, u64> = patients
            .iter()
            .map(|one| {
                let version = one["meta"]["versionId"].as_str().unwrap().parse().unwrap();
                (one["id"].as_str().unwrap(), version)
            })
            .collect();
        assert_eq!(found, expected, "as of {moment}");
    }
    let refused =
        program::run(&path("other"), ["restore", path("backup").to_str().unwrap(), "--until", "noon"]);
    assert!(refused.code != Some(0) && refused.failure().contains("2026-11-25T10:00:00Z"), "{refused:?}");
    let again =
        program::run(&path("whole"), ["restore", path("backup").to_str().unwrap(), "--until", times[0]]);
    assert!(again.code != Some(0) && again.failure().contains("holds data already"), "{again:?}");
    assert!(!path("whole.whole").exists());
}
