//! The standard's own examples go in, and come out in every format and part.

use crate::practice::{Practice, ask};
use fhir::Document;
use std::io::Read;
use std::path::PathBuf;

/// Examples larger than this add time and nothing else.
const BYTES_MAX: u64 = 40_000;
/// Every so many examples are taken: together with the limit on bytes, all types are still among them.
const STEP: usize = 3;

fn archive() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("CHIRON_SHARED").map_or(beside, PathBuf::from);
    let path = folder.join("data/fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz");
    let is_there = path.is_file();
    assert!(
        is_there || std::env::var("CI").as_deref() != Ok("true"),
        "no reference data at {}",
        path.display()
    );
    is_there.then_some(path)
}

fn examples(path: PathBuf) -> Vec<String> {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()));
    let mut found = Vec::new();
    for mut entry in tar.entries().unwrap().map(Result::unwrap) {
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let is_resource =
            name.ends_with(".json") && !name.ends_with("package.json") && !name.contains(".index");
        if is_resource && entry.size() < BYTES_MAX {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            found.push(text);
        }
    }
    found
}

#[test]
fn examples_are_shown_in_every_format_and_part() {
    let Some(path) = archive() else {
        println!("skipped: examples_are_shown_in_every_format_and_part needs the reference data");
        return;
    };
    let practice = Practice::new();
    let (mut accepted, mut refused) = (0, 0);
    for text in examples(path).iter().step_by(STEP) {
        let document = Document::parse(text.as_str()).unwrap();
        let id = document.root().get_str("id").unwrap_or_default();
        let path = format!("/{}/{id}", document.resource_type().unwrap());
        let put = practice.put(&path, text);
        if !put.status.is_success() {
            // A conditional reference that leads nowhere is 412.
            assert!([400, 412, 422].contains(&put.status.as_u16()), "{path}: {}", put.text());
            refused += 1;
            continue;
        }
        accepted += 1;
        show(&practice, &path);
    }
    assert!(accepted > 500, "{accepted} accepted, {refused} refused");
    assert!(refused * 10 < accepted, "{accepted} accepted, {refused} refused");
}

/// Every way of showing gives a resource that can be read, and in XML what went in comes out again.
fn show(practice: &Practice, path: &str) {
    let whole = practice.get(path);
    for part in ["_summary=true", "_summary=text", "_summary=data", "_elements=id"] {
        let shown = practice.get(&format!("{path}?{part}"));
        assert_eq!(shown.status, 200, "{path}?{part}: {}", shown.text());
        assert_eq!(shown.at("id"), whole.at("id"), "{path}?{part}");
        let empty = ["{}", "[]", "null]", "[null"].iter().find(|empty| shown.text().contains(**empty));
        let was_there = empty.is_some_and(|empty| whole.text().contains(empty));
        assert!(empty.is_none() || was_there, "{path}?{part}: {}", shown.text());
    }
    let xml = practice.send(&ask("GET", path).with("accept", "application/fhir+xml"));
    assert_eq!(xml.status, 200, "{path}: {}", xml.text());
    let again = practice.send(&ask("PUT", path).body("application/fhir+xml", &xml.text()));
    assert_eq!(again.status, 200, "{path}: {}", again.text());
}
