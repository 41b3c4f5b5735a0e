//! Nothing in the project is half done: what is not built is absent, and the documents say so.

use super::tree::{File, Tree};
use super::violation::Violation;
use crate::rust_source;

/// Code that stands where code is missing, or that was left from a search for a fault.
const CODE: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// Words that admit it, case as written. Each is in two parts so that this file passes its own rule.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Phrases that admit it, in any case.
const PHRASES: &[&str] =
    &[concat!("for ", "now"), concat!("simpli", "fied"), concat!("not yet ", "implemented")];

/// Where the words count: what we write by hand and ship.
const EXTENSIONS: &[&str] = &["rs", "html", "css", "js", "sql", "sh", "toml"];

const MEND: &str = "finish it, or take it out and say in the documents that it is missing";

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files().iter().filter(|file| EXTENSIONS.contains(&file.extension())) {
        // What others wrote stands there unchanged.
        if file.path.starts_with("data/") || file.path.contains("/fixtures/") {
            continue;
        }
        if file.extension() == "rs" {
            find(file, file.code(), CODE, &mut found);
        }
        find(file, &file.text, MARKS, &mut found);
        find(file, &file.text.to_ascii_lowercase(), PHRASES, &mut found);
    }
    found
}

/// Adds a violation for each of `words` in `text`, which has the offsets of the file's text.
fn find(file: &File, text: &str, words: &[&str], found: &mut Vec<Violation>) {
    for word in words {
        for at in rust_source::occurrences(text, word) {
            // `now(` is a call, as in "an expression for now()".
            if !text[at + word.len()..].starts_with('(') || word.ends_with('!') {
                let line = rust_source::line_of(text, at);
                found.push(Violation::new(&file.path, line, format!("`{word}`"), MEND));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_tables_is_found() {
        for word in CODE.iter().chain(MARKS).chain(PHRASES) {
            let call = if word.ends_with('!') { "()" } else { "" };
            let text =
                if CODE.contains(word) { format!("\n{word}{call}") } else { format!("\n// a {word} b") };
            let found = check(&Tree::sample(&[("a.rs", &text)]));
            assert_eq!(found.len(), 1, "{word}");
            assert_eq!(found[0].line, 2);
        }
    }

    #[test]
    fn words_that_only_contain_one_are_not() {
        let text = "// a todo list, before nowhere, oversimplify; a call for `now()`\nlet s = \"todo!()\";";
        assert!(check(&Tree::sample(&[("a.rs", text)])).is_empty());
    }
}
