//! What a line that is being typed could become.

use crate::note::command::COMMANDS;
use crate::note::known_problem::known_problems;
use crate::note::{laboratory_test, problem_search};
use record::{Error, Session};

/// A line that could be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The whole line.
    pub line: String,
    /// What it is called.
    pub name: String,
    /// What tells it from others; empty when there is nothing.
    pub detail: String,
}

/// How many lines are suggested.
const MOST: usize = 8;

/// What a line could become, the likeliest first; nothing when it is no command.
///
/// # Errors
/// When the patient's record cannot be read.
pub fn suggest(session: &Session, patient: &str, line: &str) -> Result<Vec<Suggestion>, Error> {
    let Some(typed) = line.trim_start().strip_prefix('/') else { return Ok(Vec::new()) };
    let Some((word, argument)) = typed.split_once(' ') else { return Ok(commands(typed)) };
    let word = word.to_lowercase();
    let command = COMMANDS.iter().find(|command| command.words.contains(&word.as_str()));
    match command.map(|command| command.words[0]) {
        Some("dx") => problems(session, patient, argument),
        Some("lab") => Ok(tests(argument)),
        _ => Ok(Vec::new()),
    }
}

fn commands(typed: &str) -> Vec<Suggestion> {
    let typed = typed.to_lowercase();
    let begun = COMMANDS.iter().filter(|command| command.words.iter().any(|word| word.starts_with(&typed)));
    let suggestion = |word: &str, title: &str, example: &str| Suggestion {
        line: format!("/{word} "),
        name: format!("/{word}"),
        detail: format!("{title}: {example}"),
    };
    begun.map(|command| suggestion(command.words[0], command.title, command.example)).collect()
}

/// The patient's own problems first, then diagnoses.
fn problems(session: &Session, patient: &str, typed: &str) -> Result<Vec<Suggestion>, Error> {
    let words = typed.trim().to_lowercase();
    let suggestion = |name: &str, code: Option<&str>, detail: &str| {
        let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
        Suggestion { line: format!("/dx {name}{code}"), name: name.to_owned(), detail: detail.to_owned() }
    };
    let found = problem_search::find(session.record().terminology(), &words, MOST);
    let mut suggested = Vec::new();
    for known in known_problems(session, &format!("Patient/{patient}"))? {
        let code = known.codes.first().map(String::as_str);
        let is_found = found.iter().any(|one| Some(one.code.as_str()) == code);
        if is_found || holds_words(&known.name, &words) {
            suggested.push(suggestion(&known.name, code, "on the problem list"));
        }
    }
    let is_suggested = |suggested: &[Suggestion], code: &str| {
        suggested.iter().any(|one| one.line.ends_with(&format!("[{code}]")))
    };
    for one in found {
        if !is_suggested(&suggested, &one.code) {
            suggested.push(suggestion(&one.name, Some(&one.code), &one.code));
        }
    }
    suggested.truncate(MOST);
    Ok(suggested)
}

/// Whether each word begins a word of a name.
fn holds_words(name: &str, words: &str) -> bool {
    let name = name.to_lowercase();
    words
        .split_whitespace()
        .all(|word| name.split(|one: char| !one.is_alphanumeric()).any(|one| one.starts_with(word)))
}

/// Tests for the last one that is typed.
fn tests(typed: &str) -> Vec<Suggestion> {
    if typed.contains(';') {
        return Vec::new();
    }
    let (before, last) = typed.rsplit_once(',').map_or(("", typed), |(before, last)| (before, last));
    let before = if before.is_empty() { String::new() } else { format!("{}, ", before.trim()) };
    let found = laboratory_test::beginning_with(last).filter(|_| !last.trim().is_empty());
    let suggestion = |test: &laboratory_test::LaboratoryTest| Suggestion {
        line: format!("/lab {before}{}", test.name),
        name: test.name.to_owned(),
        detail: test.display.to_owned(),
    };
    found.take(MOST).map(suggestion).collect()
}
