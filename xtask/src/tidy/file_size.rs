//! No Rust file is longer than 800 lines: a longer one holds more than one concept.

use super::tree::Tree;
use super::violation::Violation;

const MAX_LINES: usize = 800;

pub fn check(tree: &Tree) -> Vec<Violation> {
    tree.rust_files()
        .filter_map(|file| {
            let count = file.text.lines().count();
            (count > MAX_LINES).then(|| {
                let message = format!("{count} lines, {MAX_LINES} are allowed");
                Violation::new(&file.path, MAX_LINES + 1, message, "give each concept a file of its own")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_after_the_last_allowed_one_is_too_much() {
        let (full, over) = ("//\n".repeat(MAX_LINES), "//\n".repeat(MAX_LINES + 1));
        let found = check(&Tree::sample(&[("a.rs", &full), ("b.rs", &over), ("c.txt", &over)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "b.rs");
    }
}
