//! What the lists of a patient have in common: who put a line there and when, what was noted on it, and how a line is
//! changed so that two people do not write over each other.

use crate::author;
use crate::chart::concept;
use crate::fhir_parts::us_core;
use crate::person;
use crate::replacement::Replacement;
use crate::typed_line::Mistake;
use fhir::{Document, Node, Object, Value};
use record::resource::instant;
use record::{Error, Resource, Session};
use std::collections::HashMap;

/// The most lines that a list has; older ones are not shown, and the page says so.
pub(crate) const LINES_MAX: usize = 500;

/// Where a line comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The day on which it was recorded, as written; empty when that is not known.
    pub recorded: String,
    /// Who recorded it; empty when that is not known.
    pub recorder: String,
    /// What was noted on it, oldest first.
    pub notes: Vec<String>,
}

/// Why a change of a line is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A field is not filled rightly.
    Mistake(Mistake),
    /// Somebody changed the line since it was looked at.
    ChangedMeanwhile,
}

impl From<Mistake> for Refusal {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

/// Who writes into a list, and when.
#[derive(Clone, Debug)]
pub struct Hand {
    /// A Reference.
    pub author: Value,
    /// The moment.
    pub instant: String,
}

impl Hand {
    /// Whoever asks, now.
    pub(crate) fn of(session: &Session) -> Self {
        Self { author: author::reference(session), instant: instant(session.record().now_ms()).to_string() }
    }
}

/// The names of those whom resources refer to as their recorders.
///
/// # Errors
/// When the record cannot be searched.
pub(crate) fn recorders(session: &Session, found: &[Document]) -> Result<HashMap<String, String>, Error> {
    let references: Vec<String> = found.iter().filter_map(recorder_reference).collect();
    match person::named(session, references.iter().map(String::as_str)) {
        Ok(named) => Ok(named.into_iter().map(|(reference, person)| (reference, person.name)).collect()),
        // Who may not see people sees the list all the same.
        Err(Error::Denied(_)) => Ok(HashMap::new()),
        Err(error) => Err(error),
    }
}

fn recorder(document: &Document) -> Option<Node<'_>> {
    let root = document.root();
    root.get("recorder").or_else(|| root.get("asserter"))
}

/// Whom a name is to be looked up for: what has one in the resource needs none.
fn recorder_reference(document: &Document) -> Option<String> {
    let recorder = recorder(document)?;
    let has_name = recorder.get_str("display").is_some();
    recorder.get_str("reference").filter(|_| !has_name).map(std::borrow::Cow::into_owned)
}

impl Origin {
    pub(crate) fn read(document: &Document, names: &HashMap<String, String>) -> Self {
        let root = document.root();
        let shown = recorder(document).and_then(|one| Some(one.get_str("display")?.into_owned()));
        let named = || names.get(&recorder_reference(document)?).cloned();
        let notes = root.each_of("note").filter_map(|note| Some(note.get_str("text")?.into_owned()));
        Self {
            recorded: concept::day(root.get("recordedDate")),
            recorder: shown.or_else(named).unwrap_or_default(),
            notes: notes.collect(),
        }
    }
}

/// The patient's lines of a type, newest first, and whether there are more than a list shows.
///
/// # Errors
/// When the record cannot be searched.
pub(crate) fn lines(
    session: &Session,
    type_name: &str,
    patient: &str,
) -> Result<(Vec<Resource>, bool), Error> {
    let (of, count) = (format!("Patient/{patient}"), LINES_MAX.to_string());
    let found =
        session.find(crate::chart::resource_type(type_name), &[("patient", &of), ("_count", &count)])?;
    Ok((found.matches, found.next.is_some()))
}

/// Puts a changed line in the place of the version that was looked at, with what else changes by it.
///
/// # Errors
/// When the record refuses the line, or cannot be written.
pub(crate) fn put(session: &Session, lines: &[Replacement]) -> Result<Result<(), Refusal>, Error> {
    let written = match lines {
        // What is wrong with the only one needs no number.
        [only] => session.write(only.request()).map(|_| ()),
        lines => session.write_all(&lines.iter().map(Replacement::request).collect::<Vec<_>>()).map(|_| ()),
    };
    match written {
        Ok(()) => Ok(Ok(())),
        Err(error) if matches!(error.innermost(), Error::VersionConflict { .. }) => {
            Ok(Err(Refusal::ChangedMeanwhile))
        }
        Err(error) => Err(error),
    }
}

/// Adds an Annotation to a line: what was said on it, by whom and when.
pub(crate) fn annotate(line: &mut Object, text: &str, hand: &Hand) {
    let mut note = Object::new();
    match hand.author.get("reference") {
        Some(_) => note.set("authorReference", hand.author.clone()),
        None => {
            let name = hand.author.get("display").and_then(Value::as_str).unwrap_or_default();
            note.set("authorString", name);
        }
    }
    note.set("time", hand.instant.as_str());
    note.set("text", text);
    let mut notes = line.get("note").and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
    notes.push(note.into());
    line.set("note", notes);
}

/// Lets a line declare a profile of US Core, by the end of the profile's name, beside those that it declares.
pub(crate) fn declare(line: &mut Object, profile: &str) {
    let profile = us_core(profile);
    if line.get("meta").is_none() {
        line.set("meta", Object::new());
    }
    let Some(meta) = line.get_mut("meta").and_then(Value::as_object_mut) else { return };
    let mut profiles = meta.get("profile").and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
    if !profiles.iter().any(|one| one.as_str() == Some(&profile)) {
        profiles.push(profile.as_str().into());
        meta.set("profile", profiles);
    }
}

/// Words without what does not tell them apart: case, punctuation, order stays.
pub(crate) fn plain(words: &str) -> String {
    let lower = words.to_lowercase();
    let words = lower.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The codes of a concept that are of a system.
pub(crate) fn codes_of(concept: Option<Node<'_>>, system: &str) -> Vec<String> {
    let codings = concept.into_iter().flat_map(|concept| concept.each_of("coding").collect::<Vec<_>>());
    let of_system = codings.filter(|coding| coding.get_str("system").as_deref() == Some(system));
    of_system.filter_map(|coding| Some(coding.get_str("code")?.into_owned())).collect()
}
