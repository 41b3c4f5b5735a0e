//! One fault at a time: documents and what is said about them, as text.
//!
//! In `cases/*.txt` a line with `#` begins a case, JSON follows, and lines with `>` are the findings, exactly. With
//! `UPDATE_CASES=1` the files are written anew; look at what changed.

use fhir::Document;
use std::path::Path;
use terminology::Terminology;
use validation::{Declared, Extensions, Settings, validate};

#[test]
fn cases_are_told_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/main/cases");
    let update = std::env::var("UPDATE_CASES").as_deref() == Ok("1");
    let terminology = Terminology::built_in();
    let declared = Settings { declared: Declared::Check, ..Settings::default() };
    let thorough = Settings { is_thorough: true, extensions: Extensions::Known, ..declared.clone() };
    let mut count = 0;
    let mut different = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("the folder of cases").flatten().collect();
    files.sort_unstable_by_key(std::fs::DirEntry::path);
    for file in files {
        let written = std::fs::read_to_string(file.path()).expect("a file of cases");
        let is_thorough = file.file_name().to_string_lossy().starts_with("thorough");
        let settings = if is_thorough { &thorough } else { &declared };
        let mut actual = String::new();
        for case in written.split("\n# ").map(|case| case.trim_start_matches("# ")) {
            let input: Vec<&str> = case.lines().filter(|line| !line.starts_with("> ")).collect();
            let Some((title, json)) = input.split_first().filter(|(title, _)| !title.is_empty()) else {
                continue;
            };
            let json = json.join("\n").trim().to_owned();
            let document =
                Document::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{title}: {error}"));
            let outcome = validate(&document, &terminology, settings);
            let said: Vec<String> = outcome.issues.iter().map(|issue| format!("> {issue}\n")).collect();
            let gap = if actual.is_empty() { "" } else { "\n" };
            actual.push_str(&format!("{gap}# {title}\n{json}\n{}", said.concat()));
            count += 1;
        }
        if update {
            std::fs::write(file.path(), &actual).expect("the file is written");
        }
        let (mut one, mut two) = (written.lines(), actual.lines());
        while let (Some(one), Some(two)) = (one.next(), two.next()) {
            if one != two {
                different.push(format!("{}\n- {one}\n+ {two}", file.path().display()));
                break;
            }
        }
        if written != actual && written.lines().count() != actual.lines().count() {
            different.push(format!("{}: more or fewer lines", file.path().display()));
        }
    }
    assert!(count > 60, "only {count} cases were found");
    assert!(update || different.is_empty(), "{}", different.join("\n"));
}
