//! Pure crates are functions over bytes and trees: time, ids, randomness and the outside are parameters.

use super::crate_edges::{self, CRATES};
use super::tree::{File, Tree};
use super::violation::Violation;
use crate::rust_source;

/// Outside crates that reach out of the process, or tell the time, or roll dice.
const DEPENDENCIES: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "hyper-util",
    "tower",
    "tower-http",
    "rusqlite",
    "tokio-postgres",
    "getrandom",
    "rand",
    "uuid",
    "rayon",
    "crossbeam-channel",
    "libc",
    "tempfile",
];

/// Paths of the standard library, with what they bring in.
const PATHS: &[(&str, &str)] = &[
    ("std::fs", "files"),
    ("std::env", "the environment"),
    ("std::net", "sockets"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("std::time::SystemTime", "the clock"),
    ("std::time::Instant", "the clock"),
    ("std::io::stdin", "files"),
    ("std::io::stdout", "files"),
    ("std::io::stderr", "files"),
];

/// Calls that do the same by another way.
const CALLS: &[(&str, &str)] = &[
    ("Instant::now", "the clock"),
    ("SystemTime::now", "the clock"),
    ("Timestamp::now", "the clock"),
    ("Zoned::now", "the clock"),
    ("println!", "files"),
    ("eprintln!", "files"),
];

const MEND: &str = "take it as a parameter, or move the code to a crate at the edge";

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_pure = |name: &str| CRATES.iter().any(|row| row.pure && row.name == name);
    for (manifest, name, dependencies) in crate_edges::manifests(tree) {
        if !is_pure(&name) {
            continue;
        }
        for dependency in dependencies.iter().filter(|d| !d.dev && DEPENDENCIES.contains(&d.name.as_str())) {
            let line = crate_edges::line_naming(manifest, &dependency.name);
            let message = format!("pure crate `{name}` depends on `{}`", dependency.name);
            found.push(Violation::new(&manifest.path, line, message, MEND));
        }
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        let source = format!("{folder}src/");
        let tests = test_files(tree, &source);
        for file in tree.rust_files().filter(|f| f.path.starts_with(&source)) {
            if !tests
                .iter()
                .any(|test| file.path == format!("{test}.rs") || file.path.starts_with(&format!("{test}/")))
            {
                found.extend(reaches_out(file, &name));
            }
        }
    }
    found
}

/// Paths, without `.rs`, of the modules under `source` that are declared for tests only.
fn test_files(tree: &Tree, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for file in tree.rust_files().filter(|file| file.path.starts_with(source)) {
        let stem = file.path.trim_end_matches(".rs");
        let folder = match stem.rsplit_once('/') {
            Some((folder, "lib" | "main" | "mod")) => folder,
            _ => stem,
        };
        found.extend(rust_source::test_modules(file.code()).iter().map(|name| format!("{folder}/{name}")));
    }
    found
}

fn reaches_out(file: &File, name: &str) -> Vec<Violation> {
    let code = rust_source::without_tests(file.code());
    let paths = rust_source::paths_from(&code, "std");
    let by_path = paths.iter().filter_map(|(at, path)| {
        let (_, what) = PATHS.iter().find(|(forbidden, _)| {
            path.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })?;
        Some((*at, path.as_str(), *what))
    });
    let by_call = CALLS
        .iter()
        .flat_map(|(call, what)| rust_source::occurrences(&code, call).map(move |at| (at, *call, *what)));
    let mut found: Vec<_> = by_path.chain(by_call).collect();
    found.sort_unstable();
    found
        .into_iter()
        .map(|(at, path, what)| {
            let line = rust_source::line_of(&code, at);
            Violation::new(&file.path, line, format!("`{path}` brings {what} into pure crate `{name}`"), MEND)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: (&str, &str) = ("crates/fhir/Cargo.toml", "[package]\nname = \"fhir\"\n");

    #[test]
    fn every_path_and_call_of_the_tables_is_found() {
        for (path, _) in PATHS.iter().chain(CALLS) {
            let text = format!("//! x\nfn f() {{ {path}; }}\n");
            let found = check(&Tree::sample(&[MANIFEST, ("crates/fhir/src/a.rs", &text)]));
            assert!(found.iter().any(|v| v.line == 2), "{path}");
        }
        let grouped = "//! x\nuse std::{collections::HashMap, fs::File};\n";
        assert_eq!(check(&Tree::sample(&[MANIFEST, ("crates/fhir/src/a.rs", grouped)])).len(), 1);
    }

    #[test]
    fn tests_and_other_crates_may() {
        let text = "//! x\nuse std::fs;\n";
        let inline = "//! x\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n#[cfg(test)]\nmod oracle;\n";
        let files = [
            MANIFEST,
            ("crates/fhir/src/lib.rs", inline),
            ("crates/fhir/src/oracle.rs", text),
            ("crates/fhir/tests/main.rs", text),
            ("crates/store/Cargo.toml", "[package]\nname = \"store\"\n"),
            ("crates/store/src/lib.rs", text),
        ];
        let found = check(&Tree::sample(&files));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_dependency_is_a_violation_unless_tests_alone_use_it() {
        let manifest =
            "[package]\nname = \"fhir\"\n[dependencies]\nuuid = \"1\"\n[dev-dependencies]\nrand = \"1\"\n";
        let found = check(&Tree::sample(&[("crates/fhir/Cargo.toml", manifest)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 4);
    }
}
