//! Nasty inputs, kept among those of the fuzz targets: each is read or refused as its folder says, and refused ones
//! name the place.

use fhir::{Document, Limits, ParseError, xml};
use std::path::{Path, PathBuf};

/// `file line:column path problem`, a line a refused input.
const REFUSALS: &str = include_str!("corpus/refusals.txt");

/// The inputs of a folder of the fuzz targets' corpus, with their names below the corpus.
pub fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    files_below("../../fuzz/corpus", folder)
}

/// The files of a folder below another one of this crate, with their names below that one.
pub fn files_below(corpus: &str, folder: &str) -> Vec<(String, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join(corpus);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(corpus.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
    paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

#[test]
fn what_is_right_is_read() {
    for (name, bytes) in files("json/accept") {
        let document = Document::parse(bytes.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.text().as_bytes(), bytes, "{name}");
    }
    for (name, bytes) in files("xml/accept") {
        xml::from_xml(&bytes, Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let mut found = Vec::new();
    let mut refuse = |name: String, read: Result<Document, ParseError>| {
        let error = read.err().unwrap_or_else(|| panic!("{name} was read"));
        let path = if error.path.is_empty() { "-" } else { &error.path };
        let path: String = path.chars().take(80).collect();
        found.push(format!("{name} {}:{} {path} {}", error.line, error.column, error.problem));
    };
    for (name, bytes) in files("json/refuse") {
        refuse(name, Document::parse(bytes));
    }
    for (name, bytes) in files("xml/refuse") {
        refuse(name, xml::from_xml(&bytes, Limits::default()));
    }
    let expected: Vec<&str> = REFUSALS.lines().collect();
    let differing: Vec<_> = found.iter().filter(|line| !expected.contains(&line.as_str())).collect();
    assert!(
        differing.is_empty(),
        "these refusals are not in refusals.txt:\n{}",
        differing.into_iter().cloned().collect::<Vec<_>>().join("\n")
    );
    assert_eq!(found.len(), expected.len(), "refusals.txt has lines without a file");
}
