//! `chiron synth`: invented patients by seed and position, in a stream, a folder or a practice.

use crate::harness::content;
use crate::harness::folder::{files, new_folder};
use crate::harness::program::{self, verify};
use crate::harness::server::Server;
use std::collections::BTreeSet;
use std::path::Path;

fn stream(arguments: &[&str]) -> String {
    let folder = new_folder();
    let data = folder.path().join("data");
    let output = program::command(&data, ["synth", "-"].iter().chain(arguments)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!data.exists(), "a stream needs no practice");
    String::from_utf8(output.stdout).unwrap()
}

fn synth(data: &Path, arguments: &[&str]) -> program::Outcome {
    program::run(data, ["synth"].iter().chain(arguments))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_slices_join_to_the_whole() {
    let whole = stream(&["--patients", "12", "--crowded"]);
    assert_eq!(whole, stream(&["--patients", "12", "--crowded"]));
    assert_ne!(whole, stream(&["--patients", "12", "--crowded", "--seed", "2"]));
    let slices = [
        stream(&["--patients", "5", "--crowded"]),
        stream(&["--from", "5", "--patients", "6", "--crowded"]),
        stream(&["--from", "11", "--patients", "1"]),
    ];
    assert!(slices.concat() == whole, "the slices are not the whole");

    let lines: BTreeSet<&str> = whole.lines().collect();
    assert_eq!(lines.len(), whole.lines().count(), "a resource twice");
    let patients = |line: &&&str| line.starts_with(r#"{"resourceType":"Patient""#);
    assert_eq!(lines.iter().filter(patients).count(), 13);
}

#[test]
fn the_last_position_is_as_good_as_the_first() {
    let last = stream(&["--from", "4294967294", "--patients", "1"]);
    assert!(last.starts_with(r#"{"resourceType":"Patient""#), "{last}");
    let folder = new_folder();
    let beyond = synth(&folder.path().join("data"), &["-", "--from", "4294967294", "--patients", "2"]);
    assert!(beyond.failure().contains("4,294,967,295 positions"), "{beyond:?}");
}

#[test]
fn a_folder_of_it_is_the_stream_and_can_be_imported() {
    let folder = new_folder();
    let (data, lines) = (folder.path().join("data"), folder.path().join("lines"));
    let of = ["--patients", "103", "--resources-per-patient", "31"];
    let made = synth(&data, &[&[lines.to_str().unwrap()], &of[..]].concat());
    let read = |path| std::fs::read_to_string(path).unwrap();
    let written = files(&lines);
    assert_eq!(written.len(), 3, "{written:?}");
    assert!(written.iter().map(read).collect::<String>() == stream(&of), "the folder is not the stream");

    let first = [&written[0], &written[2]].map(|path| path.as_os_str());
    let imported = program::succeed(&data, ["import".as_ref(), first[0], first[1]]);
    assert_eq!(imported["resources"]["Patient"], 3);
    let all = made.answer()["resources"].as_u64().unwrap();
    assert!(all > 2_000, "{all}");
    let again = synth(&data, &[lines.to_str().unwrap()]);
    assert!(again.failure().contains("is not empty"), "{again:?}");
}

#[test]
fn a_practice_that_grows_by_slices_is_whole_opens_and_verifies() {
    let folder = new_folder();
    let data = folder.path().join("data");
    for slice in [["--patients", "9", "--from", "0"], ["--patients", "4", "--from", "9"]] {
        let made = synth(&data, &slice);
        assert_eq!(made.code, Some(0), "{made:?}");
        assert_eq!(made.answer()["patients"].to_string(), slice[1]);
    }
    let export = folder.path().join("export");
    program::succeed(&data, ["export".as_ref(), export.as_os_str()]);
    let lines = folder.path().join("lines");
    synth(&data, &[lines.to_str().unwrap(), "--patients", "13"]);
    let found = content::of_export(&export);
    content::assert_equal(&found, &content::of_export(&lines));
    verify(&data);

    let strangers = synth(&data, &["--from", "13", "--patients", "1", "--seed", "2"]);
    assert!(strangers.failure().contains("no practice of this seed"), "{strangers:?}");
    let gap = synth(&data, &["--from", "15", "--patients", "1"]);
    assert!(gap.failure().contains("ends before patient 15"), "{gap:?}");

    let server = Server::start(&data);
    let mut pages = server.signed_in();
    for id in found.keys().filter_map(|key| key.strip_prefix("Patient/")) {
        let page = pages.get(&format!("/p/{id}"));
        assert_eq!(page.status, 200, "{id}: {}", page.text());
        assert!(page.text().contains(id), "the page is not of {id}");
    }
    server.stop();
}
