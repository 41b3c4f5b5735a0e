//! `chiron demo`: a practice to look around in, made once and kept up to date.

use crate::harness::content::{self, Content};
use crate::harness::folder::new_folder;
use crate::harness::program::{self, verify};
use crate::harness::samples::put_both;
use crate::harness::server::Server;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

const MAKE: [&str; 4] = ["demo", "--patients", "20", "--only-make"];
const PATIENTS: usize = 20;

/// The data of a demo, to be copied.
pub fn made() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let folder = new_folder();
        let outcome = program::run(&folder.path().join("data"), MAKE);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        folder
    };
    FOLDER.get_or_init(make).path().join("data")
}

fn export(data: &Path, to: &Path) -> Content {
    program::succeed(data, ["export".as_ref(), to.as_os_str()]);
    content::of_export(to)
}

#[test]
fn a_demo_is_made_once_and_its_charts_open() {
    let folder = new_folder();
    let data = folder.path().join("data");
    crate::harness::folder::copy_folder(&made(), &data);
    let first = export(&data, &folder.path().join("first"));
    let counts = content::counts(&first);
    assert_eq!(counts["Patient"], PATIENTS as u64);
    assert!(counts["Observation"] > 100 && counts["Appointment"] > 100, "{counts:?}");

    let again = program::run(&data, MAKE);
    assert_eq!(again.code, Some(0), "{again:?}");
    let second = export(&data, &folder.path().join("second"));
    // Time went on, so what became of an appointment may be another; which there are is the same.
    assert!(first.keys().eq(second.keys()), "nothing is doubled");
    let more = program::run(&data, ["demo", "--patients", "21", "--only-make"]);
    assert_eq!(more.code, Some(0), "{more:?}");
    let said = |outcome: &program::Outcome| format!("{outcome:?}").contains("of 20 patients by seed 1");
    assert!(said(&more) && !said(&again), "{more:?} {again:?}");
    assert_eq!(content::counts(&export(&data, &folder.path().join("third")))["Patient"], PATIENTS as u64);
    verify(&data);

    let server = Server::start_as(&data, &["demo"]);
    let mut pages = server.signed_in();
    let patients = second.keys().filter_map(|key| key.strip_prefix("Patient/"));
    for id in patients {
        for path in [format!("/p/{id}"), format!("/p/{id}/results")] {
            let page = pages.get(&path);
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert!(page.text().contains(id), "{path} is not this patient's");
        }
    }
    for path in ["/patients", "/patients?q=a"] {
        assert_eq!(pages.get(path).status, 200, "{path}");
    }
    server.stop();
}

#[test]
fn invented_people_do_not_go_among_others() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    assert_eq!(server.administrator().post("/fhir", &put_both("one")).status, 200);
    server.stop();
    let outcome = program::run(&data, MAKE);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.failure().contains("is no demo"), "{outcome:?}");
    assert_eq!(content::counts(&export(&data, &folder.path().join("found")))["Patient"], 1);
}

#[test]
fn a_demo_that_was_cut_off_is_made_whole_without_doubling() {
    let folder = new_folder();
    let data = folder.path().join("data");
    let mut child = program::command(&data, MAKE).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    let outcome = program::run(&data, MAKE);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let found = export(&data, &folder.path().join("found"));
    let unhurt = folder.path().join("unhurt");
    crate::harness::folder::copy_folder(&made(), &unhurt);
    let wanted = export(&unhurt, &folder.path().join("wanted"));
    assert_eq!(content::counts(&found), content::counts(&wanted));
}
