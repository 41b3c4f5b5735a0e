//! No absolute path of somebody's machine: the project builds and runs wherever it is put.

use super::tree::Tree;
use super::violation::Violation;
use crate::rust_source;

/// Where people keep a checkout. Each is in two parts so that this file passes its own rule.
const PREFIXES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("C:\\", "Users"),
];

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files().iter().filter(|file| file.path != "Cargo.lock") {
        for prefix in PREFIXES {
            for (at, _) in file.text.match_indices(prefix) {
                if begins_a_path(&file.text[..at]) {
                    let line = rust_source::line_of(&file.text, at);
                    let message = format!("`{prefix}` is a path of one machine");
                    found.push(Violation::new(&file.path, line, message, "make it relative to the checkout"));
                }
            }
        }
    }
    found
}

/// Whether what stands before the slash leaves it the first of its path (`https://a.org/home/` does not).
fn begins_a_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || "_-.}>)/*~$".contains(c))
        || before.ends_with("file://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_path_is_a_violation_and_an_address_is_not() {
        for prefix in PREFIXES {
            let bad = format!("a\nb = \"{prefix}x\"\n");
            let found = check(&Tree::sample(&[("docs/a.md", &bad)]));
            assert_eq!(found.len(), 1, "{prefix}");
            assert_eq!(found[0].line, 2);
        }
        let address = format!("https://example.org{}x and ..{}x", PREFIXES[0], PREFIXES[1]);
        assert!(check(&Tree::sample(&[("docs/a.md", &address)])).is_empty());
    }
}
