//! Unsafe code has its homes, all of them for tests.

use super::tree::Tree;
use super::violation::Violation;

/// SQLite's interface for file systems is in C; the macro of libFuzzer exports a function to it.
const HOMES: &[&str] = &["simulation/src/vfs.rs", "fuzz/src/bin/coverage.rs"];

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    // In two parts, so that the rule does not find itself.
    let allowance = concat!("(unsafe", "_code");
    let elsewhere = |path: &str| !HOMES.contains(&path);
    for file in tree.files().iter().filter(|file| file.extension() == "rs" && elsewhere(&file.path)) {
        for (line, _) in file.lines().filter(|(_, text)| text.contains(allowance)) {
            let message = "unsafe code";
            found.push(Violation::new(&file.path, line, message, "find a safe way, or a crate that is one"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_elsewhere_is_found() {
        let text = format!("//! x\n#![allow({}_code)]\n", "unsafe");
        let found = check(&Tree::sample(&[("a.rs", &text), (HOMES[0], &text)]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("a.rs", 2));
    }
}
