//! FHIR release names stay in `data/` and `crates/fhir`: elsewhere a release is a value, not a name.
//!
//! Comments, documentation and strings may say them; identifiers and file names may not.

use super::tree::Tree;
use super::violation::Violation;
use crate::rust_source;

/// Parts of a name, folded to lower case, that say a release.
const RELEASES: &[&str] = &["r4", "r4b", "r5", "r6", "stu3", "dstu2", "release4", "release5", "release6"];

const MEND: &str = "name it by what it is, and keep the release in data/ or crates/fhir";

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let elsewhere = |path: &str| !path.starts_with("data/") && !path.starts_with("crates/fhir/");
    for path in tree.paths().iter().filter(|path| elsewhere(path)) {
        if let Some(release) = release_in(path) {
            found.push(Violation::new(path, 1, format!("the path says the release `{release}`"), MEND));
        }
    }
    for file in tree.rust_files().filter(|file| elsewhere(&file.path)) {
        for (at, word) in rust_source::words(file.code()) {
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            if let Some(release) = release_in(word) {
                let line = rust_source::line_of(&file.text, at);
                let mut violation =
                    Violation::new(&file.path, line, format!("`{word}` says the release `{release}`"), MEND);
                violation.item = Some(word.to_owned());
                found.push(violation);
            }
        }
    }
    found
}

/// The release that a part of `name` says. Parts end at punctuation and before a capital that follows a
/// small letter or a digit.
fn release_in(name: &str) -> Option<&'static str> {
    let mut parts = vec![String::new()];
    let mut previous = ' ';
    for character in name.chars() {
        let separates = !character.is_ascii_alphanumeric();
        let begins_word =
            character.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit());
        if separates || begins_word {
            parts.push(String::new());
        }
        if !separates {
            parts.last_mut()?.push(character.to_ascii_lowercase());
        }
        previous = character;
    }
    RELEASES.iter().find(|release| parts.iter().any(|part| part == *release)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_a_release_are_violations() {
        for name in
            ["R4", "r4_schema", "FHIR_R4", "R4Parser", "FhirR4", "R4BParser", "Release4", "schemaStu3", "R5"]
        {
            let text = format!("//! x\nlet {name} = 1;\n");
            let found = check(&Tree::sample(&[("crates/search/src/a.rs", &text)]));
            assert_eq!(found.len(), 1, "{name}");
            assert_eq!(found[0].line, 2);
        }
        let named =
            [("tests/r4-examples.json", "{}"), ("data/r4/x.txt", ""), ("crates/fhir/src/r4.rs", "//! x\n")];
        assert_eq!(check(&Tree::sample(&named)).len(), 1);
    }

    #[test]
    fn strings_comments_and_other_names_are_not() {
        let text = "//! FHIR R4\nlet path = \"fhir-r4\"; let err4 = 0; let or4 = 0x5r4; let parser4b = 2;\n";
        let found = check(&Tree::sample(&[("crates/search/src/a.rs", text)]));
        assert!(found.is_empty(), "{found:?}");
    }
}
