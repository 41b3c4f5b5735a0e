//! Exports in bulk, over a clock that the test turns on.

use crate::practice::{Got, PATIENT, Practice, ask};
use std::path::PathBuf;
use std::time::Duration;

/// A practice with a new folder for exports.
fn practice(name: &str) -> (Practice, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("exports-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    let settings = rest::Settings { jobs: Some(folder.clone()), ..rest::Settings::default() };
    let practice = Practice::with(settings);
    practice.fill(&[PATIENT]);
    (practice, folder)
}

/// Asks for an export, and gives its place behind the base.
fn begin(practice: &Practice, path: &str) -> String {
    let got = practice.send(&ask("GET", path).with("prefer", "respond-async"));
    assert_eq!(got.status, 202, "{}", got.text());
    got.header("content-location").strip_prefix("http://localhost/fhir").unwrap().to_owned()
}

fn wait(practice: &Practice, place: &str) -> Got {
    for _ in 0..1000 {
        let got = practice.get(place);
        if got.status != 202 {
            return got;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the export does not come to its end");
}

#[test]
fn an_export_is_kept_for_a_day() {
    let (practice, folder) = practice("day");
    let old = begin(&practice, "/$export");
    let manifest = wait(&practice, &old);
    assert_eq!(manifest.status, 200, "{}", manifest.text());
    let file = format!("{old}/Patient");
    assert_eq!(practice.get(&file).text().lines().count(), 1);
    let tidied = folder.join(old.rsplit('/').next().unwrap());
    assert!(tidied.is_dir());

    let turn = |seconds: i64| {
        let until_ms = practice.record.now_ms() + seconds * 1000;
        while practice.record.now_ms() < until_ms {}
    };
    turn(23 * 3600);
    assert_eq!(practice.get(&old).status, 200);
    turn(3600);
    for path in [&old, &file] {
        practice.get(path).assert_refusal(404, "not-found");
    }
    let new = begin(&practice, "/$export?_type=Patient");
    assert_eq!(wait(&practice, &new).status, 200);
    assert!(!tidied.exists());
}

#[test]
fn without_a_folder_there_are_no_exports() {
    let practice = Practice::new();
    let got = practice.send(&ask("GET", "/$export").with("prefer", "respond-async"));
    got.assert_refusal(501, "not-supported");
}
