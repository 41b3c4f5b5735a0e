//! That there is no known allergy: when it may be said, and when it ends.

use super::{AllergyList, line};
use crate::chart::allergy::{NONE_KNOWN, says_none};
use crate::chart::{concept, is_entered_in_error, resource_type};
use crate::fhir_parts::{SNOMED_CT, code_only, concept as concept_of, hl7};
use crate::list_entry::{self, Hand, Refusal};
use crate::note::Note;
use crate::note::command::Entry;
use crate::replacement::Replacement;
use crate::typed_line::Mistake;
use fhir::{Document, Object, Value};
use record::write::{WriteAction, WriteRequest};
use record::{Error, Session};

/// The statements about a patient that end with an allergy to a substance of these kinds (of none: it could be any), as they
/// are to be.
///
/// # Errors
/// When the record cannot be searched.
pub(crate) fn ended_by(session: &Session, patient: &str, kinds: &[&str]) -> Result<Vec<Replacement>, Error> {
    let (found, _) = list_entry::lines(session, "AllergyIntolerance", patient)?;
    let ended = found.iter().filter_map(|one| {
        let document = one.document().filter(|document| is_ended_by(document, kinds))?;
        Some(Replacement { key: one.key().clone(), version: one.version(), document: ended(&document) })
    });
    Ok(ended.collect())
}

/// Whether a line says that there is nothing, and an allergy of these kinds shows that there is.
pub fn is_ended_by(document: &Document, kinds: &[&str]) -> bool {
    let code = concept::code_of(document.root().get("code")).unwrap_or_default();
    let row = NONE_KNOWN.iter().find(|(known, _)| *known == code);
    let concerns = |(_, kind): &(&str, &str)| kind.is_empty() || kinds.is_empty() || kinds.contains(kind);
    holds(document) && row.is_some_and(concerns)
}

/// Whether a statement holds now.
fn holds(document: &Document) -> bool {
    let status = concept::code_of(document.root().get("clinicalStatus"));
    says_none(document) && !is_entered_in_error(document) && status.as_deref() == Some("active")
}

/// A statement that held, and does no more.
fn ended(document: &Document) -> Document {
    let mut value = Value::from(document.root());
    if let Some(line) = value.as_object_mut() {
        line.set("clinicalStatus", code_only(&hl7("allergyintolerance-clinical"), "inactive"));
        list_entry::declare(line, super::PROFILE);
    }
    value.to_document()
}

/// The AllergyIntolerance that says that there is none.
pub(crate) fn statement(patient: &str, hand: &Hand) -> Object {
    let mut code = concept_of(SNOMED_CT, NONE_KNOWN[0].0, "No known allergy");
    if let Some(code) = code.as_object_mut() {
        code.set("text", "No known allergies");
    }
    line(code, patient, hand)
}

/// Why it cannot be said that there is none: the allergies that stand. `None`: it can.
pub fn contradiction(list: &AllergyList) -> Option<String> {
    let standing: Vec<&str> = list.active().map(|one| one.allergy.substance.as_str()).collect();
    let refusal = || {
        format!(
            "there is an active allergy ({}); make it inactive or refute it before saying that none is known",
            standing.join(", ")
        )
    };
    (!standing.is_empty()).then(refusal)
}

/// Why a note cannot say that there is none: its line, and what to do about it. `None`: it can, or does not.
pub(crate) fn contradiction_in(note: &Note, list: &AllergyList) -> Option<(usize, String)> {
    let mut entries = note.entries();
    let (line, _) = entries.find(|(_, entry)| matches!(entry, Entry::NoKnownAllergies))?;
    if note.entries().any(|(_, entry)| matches!(entry, Entry::Allergy(_))) {
        return Some((line.number, "the note has an allergy as well; take one of the two away".to_owned()));
    }
    contradiction(list).map(|why| (line.number, why))
}

/// Says that a patient has no known allergies; once, however often it is said.
///
/// # Errors
/// When the record refuses it, or cannot be read or written.
pub fn say(session: &Session, patient: &str) -> Result<Result<(), Refusal>, Error> {
    let list = AllergyList::read(session, patient)?;
    if let Some(refusal) = contradiction(&list) {
        return Ok(Err(Mistake::new("none", refusal).into()));
    }
    if is_said(&list) {
        return Ok(Ok(()));
    }
    let statement = Value::from(statement(&format!("Patient/{patient}"), &Hand::of(session))).to_document();
    let type_id = resource_type("AllergyIntolerance");
    let action = WriteAction::Create { type_id, resource: statement.root(), unless: None };
    session.write(WriteRequest { action, full_url: None })?;
    Ok(Ok(()))
}

/// Whether it is said already that there is none at all.
pub(crate) fn is_said(list: &AllergyList) -> bool {
    list.none_known.iter().any(|one| one.says_none)
}
