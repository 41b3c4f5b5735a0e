//! No crate, folder or module is a drawer for odds and ends: a name says which concept is inside.

use super::crate_edges;
use super::tree::Tree;
use super::violation::Violation;
use crate::rust_source;

const NAMES: &[&str] = &["common", "core", "util", "utils", "types", "helper", "helpers", "prelude", "misc"];

const MEND: &str = "name it after the concept it holds";

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for path in tree.paths().iter().filter(|path| !path.starts_with("data/")) {
        let mut parts: Vec<&str> = path.split('/').collect();
        if let Some(stem) = parts.last().and_then(|name| name.strip_suffix(".rs")) {
            parts.pop();
            parts.push(stem);
        } else {
            parts.pop();
        }
        if let Some(name) = parts.into_iter().find(|part| NAMES.contains(part)) {
            found.push(Violation::new(path, 1, format!("`{name}` says nothing"), MEND));
        }
    }
    for (manifest, name, _) in crate_edges::manifests(tree) {
        if NAMES.contains(&name.as_str()) {
            found.push(Violation::new(&manifest.path, 1, format!("`{name}` says nothing"), MEND));
        }
    }
    for file in tree.rust_files() {
        let mut previous = "";
        for (at, word) in rust_source::words(file.code()) {
            if previous == "mod" && NAMES.contains(&word) {
                let line = rust_source::line_of(&file.text, at);
                found.push(Violation::new(&file.path, line, format!("module `{word}` says nothing"), MEND));
            }
            previous = word;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_modules_and_crates_are_looked_at() {
        let cases = [
            ("crates/web/src/util.rs", "//! x\n"),
            ("crates/core/src/lib.rs", "//! x\n"),
            ("crates/web/tests/common/page.rs", "//! x\n"),
            ("crates/web/src/lib.rs", "//! x\nmod helpers;\n"),
            ("crates/web/src/lib.rs", "//! x\npub mod prelude {\n}\n"),
            ("crates/x/Cargo.toml", "[package]\nname = \"types\"\n"),
        ];
        for case in cases {
            assert_eq!(check(&Tree::sample(&[case])).len(), 1, "{case:?}");
        }
    }

    #[test]
    fn names_that_say_more_are_fine() {
        let files = [("crates/web/src/data_types.rs", "//! x\nuse std::core;\n"), ("data/core/x.txt", "")];
        assert!(check(&Tree::sample(&files)).is_empty());
    }
}
