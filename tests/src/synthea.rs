//! The record of 150 patients goes in and nothing is lost: content, counts, references, charts.

use crate::harness::content::{self, Content};
use crate::harness::folder::{files, new_folder};
use crate::harness::program::{self, verify};
use crate::harness::server::Server;
use crate::harness::shared_data::synthea;
use std::path::Path;

/// What the archive holds: entries of its bundles, and the resources that are distinct among them.
const ENTRIES: usize = 46_192;
const DISTINCT: usize = 45_888;
const PATIENTS: u64 = 150;

#[test]
fn nothing_is_lost_in_an_import() {
    let Some(bundles) = synthea("nothing_is_lost_in_an_import") else { return };
    let folder = new_folder();
    let data = folder.path().join("data");
    let bundle_files = files(bundles);
    let (wanted, entries) = content::of_bundles(bundle_files.iter().map(AsRef::as_ref));
    assert_eq!((entries, wanted.len()), (ENTRIES, DISTINCT));

    import(&data, bundles);
    let before = verify(&data);
    // Hospitals and doctors are in many bundles, always the same.
    assert_eq!((&before["documents"], &before["versions"]), (&DISTINCT.into(), &DISTINCT.into()));

    let found = export(&data, &folder.path().join("first"));
    content::assert_equal(&found, &wanted);
    every_reference_resolves(&found);

    import(&data, bundles);
    let after = verify(&data);
    assert_eq!(after["documents"], before["documents"]);
    assert_eq!(after["versions"], before["versions"], "an import that changes nothing makes no versions");

    every_chart_opens(&data, &found);
}

/// Imports; every entry is counted and none fails.
fn import(data: &Path, bundles: &Path) {
    let answer = program::succeed(data, ["import".as_ref(), bundles.as_os_str()]);
    assert_eq!(answer["failures"].as_array().map(Vec::len), Some(0), "{answer}");
    let counts = answer["resources"].as_object().unwrap();
    assert_eq!(counts.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), ENTRIES as u64);
    assert_eq!(counts["Patient"], PATIENTS);
}

/// Exports; the answer counts what the files hold.
fn export(data: &Path, to: &Path) -> Content {
    let answer = program::succeed(data, ["export".as_ref(), to.as_os_str()]);
    let found = content::of_export(to);
    assert_eq!(answer, serde_json::to_value(content::counts(&found)).unwrap());
    found
}

fn every_reference_resolves(found: &Content) {
    let mut count = 0;
    for (key, json) in found {
        for reference in content::references(json).iter().filter(|reference| !reference.starts_with('#')) {
            assert!(found.contains_key(reference), "{key} refers to {reference}, which is not there");
            count += 1;
        }
    }
    assert!(count > DISTINCT, "only {count} references");
}

fn every_chart_opens(data: &Path, found: &Content) {
    let server = Server::start(data);
    let mut pages = server.signed_in();
    let ids = found.keys().filter_map(|key| key.strip_prefix("Patient/"));
    let mut opened = 0;
    for id in ids {
        for path in [format!("/p/{id}"), format!("/p/{id}/results")] {
            let page = pages.get(&path);
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert!(page.text().contains(id), "{path} is not this patient's");
        }
        opened += 1;
    }
    assert_eq!(opened, PATIENTS);
    server.stop();
}
