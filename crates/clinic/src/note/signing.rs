//! Signing: a note is signed ten seconds after its author says so, and until then it can be taken back (nothing is asked
//! twice). Then the note, its orders and all else that it says are one commit, with which the draft goes.
//!
//! A server that stops within the ten seconds has signed nothing: the draft is there, as it was.

use crate::allergy_list::{AllergyList, none_known};
use crate::chart::{self, resource_type};
use crate::list_entry::Hand;
use crate::note::Note;
use crate::note::command::Entry;
use crate::note::draft::Draft;
use crate::note::known::Known;
use crate::note::resources::{Outcome, Signature, document, outcome};
use crate::replacement::Replacement;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::{Document, Value, array, object};
use record::write::{WriteAction, WriteRequest};
use record::{Error, Session};

/// How long a signature can be taken back.
pub const UNDO_MS: i64 = 10_000;

/// Why a note cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// Nothing is written.
    Empty,
    /// Two windows wrote, and nobody has chosen.
    TwoTexts,
    /// A line is not understood: its number, and what to do about it.
    Mistake(usize, String),
    /// It was changed meanwhile.
    Changed,
}

/// Begins to sign a draft: gives it as it is to be signed, or why it cannot be.
///
/// # Errors
/// When the record cannot be written.
pub fn begin(session: &Session, draft: Draft) -> Result<Result<Draft, Unready>, Error> {
    let note = Note::read(&draft.text);
    if note.is_empty() {
        return Ok(Err(Unready::Empty));
    }
    if !draft.other.is_empty() {
        return Ok(Err(Unready::TwoTexts));
    }
    let known = Known::of(session, &draft.patient)?;
    if let Some((line, message)) = mistake(&note, &known, &AllergyList::read(session, &draft.patient)?) {
        return Ok(Err(Unready::Mistake(line, message)));
    }
    let at_ms = session.record().now_ms() + UNDO_MS;
    Ok(draft.sign_at(session, Some(at_ms))?.ok_or(Unready::Changed))
}

/// The first line that cannot be signed, and what to do about it.
fn mistake(note: &Note, known: &Known, allergies: &AllergyList) -> Option<(usize, String)> {
    known.mistakes(note).into_iter().next().or_else(|| none_known::contradiction_in(note, allergies))
}

/// Takes a signature back. False when it holds already.
///
/// # Errors
/// When the record cannot be written.
pub fn take_back(session: &Session, draft: Draft) -> Result<bool, Error> {
    match draft.signed_at_ms {
        None => Ok(draft.revision > 0),
        Some(_) => Ok(draft.sign_at(session, None)?.is_some()),
    }
}

/// Signs a draft as it was when its signature began. False when it was taken back or changed since.
///
/// # Errors
/// When the record refuses what the note says, or cannot be written. Then the draft says why.
pub fn finish(session: &Session, draft: Draft) -> Result<bool, Error> {
    let signed = commit(session, &draft);
    if let Err(error) = &signed {
        let why = error.innermost().to_string();
        draft.refuse(session, why)?;
    }
    signed
}

fn commit(session: &Session, draft: &Draft) -> Result<bool, Error> {
    let Some(removal) = draft.removal(session).filter(|_| draft.signed_at_ms.is_some()) else {
        return Ok(false);
    };
    let note = Note::read(&draft.text);
    let (patient, visit) = (format!("Patient/{}", draft.patient), format!("Encounter/{}", draft.visit));
    let hand = Hand::of(session);
    let now = hand.instant.clone();
    let known = Known::of(session, &draft.patient)?;
    let allergies = AllergyList::read(session, &draft.patient)?;
    if let Some((line, message)) = mistake(&note, &known, &allergies) {
        return Err(Error::request("text", format!("line {line}: {message}")));
    }
    let none_is_said = none_known::is_said(&allergies);
    let signature = Signature { patient: &patient, visit: &visit, hand, known: &known, none_is_said };
    let Outcome { made, mut changed, addressed } =
        outcome(&note, &note.text(), &signature, &|| session.record().new_id());
    let mut requests = Vec::new();
    let documents: Vec<(String, Document)> =
        made.into_iter().map(|one| (one.full_url, one.resource.to_document())).collect();
    for (full_url, document) in &documents {
        let type_id = resource_type(&document.resource_type().unwrap_or_default());
        let action = WriteAction::Create { type_id, resource: document.root(), unless: None };
        requests.push(WriteRequest { action, full_url: Some(full_url.clone()) });
    }
    changed.extend(ended_allergies(session, &draft.patient, &note)?);
    let key = record::bundle::key(resource_type("Encounter"), &draft.visit)?;
    let found = session.read(&key)?;
    let encounter = found.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
    let document = finished(&encounter, &now, &addressed);
    changed.push(Replacement { key, version: found.version(), document });
    requests.extend(changed.iter().map(Replacement::request));
    Ok(session.write_all_with(&requests, &[removal])?.is_some())
}

/// What said that there are no allergies, and ends with those of the note.
fn ended_allergies(session: &Session, patient: &str, note: &Note) -> Result<Vec<Replacement>, Error> {
    // A note does not say of what kind a substance is.
    const ANY_KIND: &[&str] = &[];
    match note.entries().any(|(_, entry)| matches!(entry, Entry::Allergy(_))) {
        true => none_known::ended_by(session, patient, ANY_KIND),
        false => Ok(Vec::new()),
    }
}

/// Adds to a signed note, which itself stays as it is: a note of its own that says to what it is added.
///
/// # Errors
/// When there is no such note of the patient, or the record cannot be written.
pub fn add(session: &Session, patient: &str, note_id: &str, text: &str) -> Result<(), Error> {
    let (found, signed) = chart::of_patient(session, "DocumentReference", patient, note_id)?;
    let (key, patient) = (found.key(), format!("Patient/{patient}"));
    if text.trim().is_empty() {
        return Err(Error::request("text", "write what is to be added"));
    }
    let visit = signed.root().at_path(&["context", "encounter"]);
    let visit = visit.and_then(|one| Some(one.items().next()?.get_str("reference")?.into_owned()));
    let hand = Hand::of(session);
    let now = hand.instant.clone();
    let signature = Signature {
        patient: &patient,
        visit: visit.as_deref().unwrap_or_default(),
        hand,
        known: &Known { problems: Vec::new(), medications: Vec::new() },
        none_is_said: false,
    };
    let attachment = object! {
        "contentType" => "text/plain; charset=utf-8",
        "data" => STANDARD.encode(text.trim_end()),
        "title" => "Addendum",
        "creation" => now.as_str(),
    };
    let mut addendum = document(&signature, attachment);
    if visit.is_none() {
        addendum.remove("context");
    }
    let target = object! { "reference" => key.to_string() };
    addendum.set("relatesTo", array![object! { "code" => "appends", "target" => target }]);
    let addendum = Value::from(addendum).to_document();
    let action = WriteAction::Create { type_id: key.type_id, resource: addendum.root(), unless: None };
    session.write(WriteRequest { action, full_url: None }).map(|_| ())
}

/// The visit, over and with its diagnoses: those that it had, and those that the note is about, in order.
fn finished(encounter: &Document, now: &str, addressed: &[String]) -> Document {
    let mut value = Value::from(encounter.root());
    let Some(visit) = value.as_object_mut() else { return value.to_document() };
    visit.set("status", "finished");
    if let Some(period) = visit.get_mut("period").and_then(Value::as_object_mut) {
        period.set("end", now);
    }
    let mut diagnoses =
        visit.get("diagnosis").and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
    let has = |diagnoses: &[Value], problem: &str| {
        let of = |one: &Value| Some(one.get("condition")?.get("reference")?.as_str()? == problem);
        diagnoses.iter().any(|one| of(one) == Some(true))
    };
    for problem in addressed {
        if !has(&diagnoses, problem) {
            let rank = i64::try_from(diagnoses.len() + 1).unwrap_or(1);
            let condition = object! { "reference" => problem.as_str() };
            diagnoses.push(object! { "condition" => condition, "rank" => rank });
        }
    }
    if !diagnoses.is_empty() {
        visit.set("diagnosis", diagnoses);
    }
    value.to_document()
}
