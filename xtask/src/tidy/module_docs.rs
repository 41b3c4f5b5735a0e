//! Every Rust file begins with `//!`: what it holds and why.

use super::tree::Tree;
use super::violation::Violation;

pub fn check(tree: &Tree) -> Vec<Violation> {
    tree.rust_files()
        .filter(|file| {
            let first = file.text.lines().next().unwrap_or_default();
            first.strip_prefix("//!").is_none_or(|words| words.trim().is_empty())
        })
        .map(|file| {
            let mend = "begin the file with `//!` and a sentence that says what it holds";
            Violation::new(&file.path, 1, "no module documentation on the first line", mend)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_or_an_empty_sentence_first_is_a_violation() {
        let files =
            [("a.rs", "//! Says it.\n"), ("b.rs", "use a;\n//! Late.\n"), ("c.rs", "//!\n"), ("d.rs", "")];
        let found = check(&Tree::sample(&files));
        let paths: Vec<_> = found.iter().map(|violation| violation.path.as_str()).collect();
        assert_eq!(paths, ["b.rs", "c.rs", "d.rs"]);
    }
}
