//! What a line that is being typed could become.

use crate::chart::medication::Medication;
use crate::chart::resource_type;
use crate::note::command::COMMANDS;
use crate::note::known::{Known, KnownProblem, holds_words};
use crate::note::{known, laboratory_test, problem_search};
use crate::sig;
use fhir::Document;
use record::{Error, Session};
use terminology::Terminology;

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
    let (word, of_patient) = (word.to_lowercase(), format!("Patient/{patient}"));
    let command = COMMANDS.iter().find(|command| command.words.contains(&word.as_str()));
    match command.map(|command| command.words[0]) {
        Some("dx") => {
            let known = known::problems(session, &of_patient)?;
            Ok(problems(session.record().terminology(), &known, argument))
        }
        Some("rx") => prescriptions(session, &of_patient, argument),
        Some(word @ ("renew" | "stop")) => medications(session, &of_patient, word, argument),
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

/// What a problem without a code could mean, given what the patient has.
pub fn meanings(terminology: &Terminology, known: &Known, words: &str) -> Vec<Suggestion> {
    problems(terminology, &known.problems, words)
}

/// The patient's own problems first, then diagnoses.
fn problems(terminology: &Terminology, own: &[KnownProblem], typed: &str) -> Vec<Suggestion> {
    let words = typed.trim().to_lowercase();
    let suggestion = |name: &str, code: Option<&str>, detail: &str| {
        let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
        Suggestion { line: format!("/dx {name}{code}"), name: name.to_owned(), detail: detail.to_owned() }
    };
    let found = problem_search::find(terminology, &words, MOST);
    let mut suggested = Vec::new();
    for known in own {
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
    suggested
}

/// The patient's medications that go on or end by one line.
fn medications(session: &Session, patient: &str, word: &str, typed: &str) -> Result<Vec<Suggestion>, Error> {
    if typed.contains(';') {
        return Ok(Vec::new());
    }
    let mut suggested: Vec<Suggestion> = Vec::new();
    for one in known::medications(session, patient)? {
        let fits = holds_words(&one.name, typed) && (word == "stop" || one.is_order());
        if fits && one.name != typed && !suggested.iter().any(|known| known.name == one.name) {
            let line = format!("/{word} {}", one.name);
            suggested.push(Suggestion { line, name: one.name, detail: one.instructions });
        }
    }
    suggested.truncate(MOST);
    Ok(suggested)
}

/// Prescriptions that the writer wrote before, those that were written most often first.
fn prescriptions(session: &Session, patient: &str, typed: &str) -> Result<Vec<Suggestion>, Error> {
    const LOOKED_AT: &str = "200";
    let mut asked = vec![("_sort", "-authoredon"), ("_count", LOOKED_AT)];
    let writer = session.actor().person.as_ref().map(ToString::to_string);
    match &writer {
        Some(writer) => asked.push(("requester", writer)),
        None => asked.push(("patient", patient)),
    }
    let found = session.find(resource_type("MedicationRequest"), &asked)?;
    let mut lines: Vec<(String, String, usize)> = Vec::new();
    for document in found.matches.iter().filter_map(record::Resource::document) {
        let Some((name, line)) = line_of(&document) else { continue };
        if !holds_words(&name, typed) || line == typed {
            continue;
        }
        match lines.iter_mut().find(|(_, known, _)| *known == line) {
            Some((_, _, count)) => *count += 1,
            None => lines.push((name, line, 1)),
        }
    }
    // Among those that were written as often, the newest stays first.
    lines.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    let suggestion = |(name, line, _): (String, String, usize)| {
        let detail = line.strip_prefix(&name).unwrap_or(&line).trim().to_owned();
        Suggestion { line: format!("/rx {line}"), name, detail }
    };
    Ok(lines.into_iter().take(MOST).map(suggestion).collect())
}

/// The product of an order, and the line by which it would be ordered again; `None` when it cannot be said in one.
fn line_of(request: &Document) -> Option<(String, String)> {
    let Medication { name, instructions, .. } = Medication::read(request);
    let dispense = request.root().get("dispenseRequest");
    let number = |path: &[&str]| Some(dispense?.at_path(path)?.as_number()?.to_owned());
    let quantity = number(&["quantity", "value"]).map(|value| format!(" #{value}")).unwrap_or_default();
    let refills = number(&["numberOfRepeatsAllowed"]).map(|value| format!(" r{value}")).unwrap_or_default();
    let line = format!("{name} {instructions}{quantity}{refills}");
    let reading = sig::parse(&line);
    let is_whole =
        reading.unread.is_empty() && reading.sig.frequency.is_some() && !reading.sig.drug.is_empty();
    is_whole.then_some((name, line))
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
