//! No table of CPT or CDT codes is in the project: their owners license them, a practice loads its own.
//!
//! A rule of thumb, not a proof: a text that names the code system and has many lines with a code of its
//! shape beside words is taken for a table of it.

use super::tree::{File, Tree};
use super::violation::Violation;
use crate::rust_source;

/// A code system that may not be tabled.
struct CodeSystem {
    name: &'static str,
    /// Any of these in the text means that the text is about the system.
    signs: &'static [&'static str],
    is_code: fn(&str) -> bool,
}

const CODE_SYSTEMS: &[CodeSystem] = &[
    CodeSystem {
        name: "CPT",
        signs: &["CPT", "ama-assn.org", "2.16.840.1.113883.6.12"],
        is_code: |word| {
            let (digits, last) = word.split_at(4);
            digits.bytes().all(|b| b.is_ascii_digit())
                && last.bytes().all(|b| b.is_ascii_digit() || b"FTU".contains(&b))
        },
    },
    CodeSystem {
        name: "CDT",
        signs: &["CDT", "ada.org", "2.16.840.1.113883.6.13"],
        is_code: |word| word.starts_with('D') && word.bytes().skip(1).all(|b| b.is_ascii_digit()),
    },
];

/// More lines than this with a code and words beside it are a table.
const MAX_LINES: usize = 20;

const CODE_LENGTH: usize = 5;

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files().iter().filter(|file| file.path != "Cargo.lock") {
        for system in CODE_SYSTEMS {
            let about_it =
                system.signs.iter().any(|sign| rust_source::occurrences(&file.text, sign).next().is_some());
            let Some(line) = about_it.then(|| first_of_table(file, system)).flatten() else { continue };
            let mend = "take the table out and read it from what the practice loads";
            found.push(Violation::new(
                &file.path,
                line,
                format!("looks like a table of {}", system.name),
                mend,
            ));
        }
    }
    found
}

/// The first line of what looks like a table of `system`.
fn first_of_table(file: &File, system: &CodeSystem) -> Option<usize> {
    let mut rows = file.lines().filter(|(_, line)| {
        let code = rust_source::words(line)
            .find(|(_, word)| word.len() == CODE_LENGTH && word.is_ascii() && (system.is_code)(word));
        code.is_some_and(|(at, _)| has_words(&line[at + CODE_LENGTH..]))
    });
    let first = rows.next()?.0;
    (rows.count() >= MAX_LINES).then_some(first)
}

fn has_words(rest: &str) -> bool {
    rust_source::words(rest).any(|(_, word)| word.len() > 2 && word.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(title: &str, code: impl Fn(usize) -> String) -> String {
        (0..=MAX_LINES)
            .fold(format!("{title}\n"), |text, row| format!("{text}{}|words about it\n", code(row)))
    }

    #[test]
    fn many_lines_with_such_codes_are_a_violation() {
        let cases =
            [table("CPT", |row| format!("{:05}", 10000 + row)), table("CDT", |row| format!("D{row:04}"))];
        for text in cases {
            let found = check(&Tree::sample(&[("data/a/x.txt", &text)]));
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].line, 2);
        }
    }

    #[test]
    fn a_few_codes_or_other_systems_are_not() {
        let few = "CPT 99213 office visit\n";
        let other = table("ICD-10-CM", |row| format!("D{row:04}"));
        let files = [("data/a/x.txt", few), ("data/a/y.txt", other.as_str())];
        assert!(check(&Tree::sample(&files)).is_empty());
    }
}
