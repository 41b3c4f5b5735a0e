//! docs/guarantees.md names a test for each promise: those tests exist.

use std::collections::BTreeSet;
use std::path::Path;

/// Adds the names of all functions without parameters in the Rust files below a folder.
fn functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let found =
                text.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")?.split_once("()"));
            names.extend(found.map(|(name, _)| name.to_owned()));
        }
    }
}

/// What stands in the last column of a table between backquotes, as far as it has the form of a test's name.
fn named(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    let last = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let quoted = last.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    quoted
        .filter(|name| {
            name.chars().all(|letter| letter.is_ascii_lowercase() || matches!(letter, '_' | '0'..='9'))
        })
        .collect()
}

#[test]
fn every_guarantee_names_a_test_that_exists() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let text = std::fs::read_to_string(root.join("docs/guarantees.md")).unwrap();
    let mut known = BTreeSet::new();
    ["crates", "tests"].iter().for_each(|folder| functions(&root.join(folder), &mut known));
    let named = named(&text);
    assert!(named.len() > 40, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !known.contains(**name)).collect();
    assert!(missing.is_empty(), "docs/guarantees.md names tests that are not there: {missing:?}");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    rows.for_each(|row| assert!(row.contains('`') || row.contains("the same"), "no test: {row}"));
}
