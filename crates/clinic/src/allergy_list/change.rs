//! How a line of the list of allergies changes: it holds no more, it holds again, it never was one, it was a mistake.

use super::none_known::ended_by;
use super::{ListedAllergy, PROFILE};
use crate::chart::allergy::says_none;
use crate::chart::{self, is_entered_in_error};
use crate::fhir_parts::{code_only, hl7};
use crate::list_entry::{self, Hand, Refusal};
use crate::replacement::Replacement;
use crate::typed_line::{self, Mistake};
use fhir::{Document, Object, Value};
use record::{Error, Session};
use std::collections::HashMap;

/// What becomes of an allergy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It holds no more; empty: for no reason that was said.
    Inactive(String),
    /// It holds again.
    Active,
    /// It was found that it is none, for this reason; empty: for none that was said.
    Refuted(String),
    /// It should never have stood there, for this reason.
    EnteredInError(String),
}

type Read = fn(&str) -> Result<Change, Mistake>;

const REASON: &str = "reason";

/// What can become of an allergy: its name in forms, and how the reason is read.
pub const ACTS: [(&str, Read); 4] = [
    ("inactivate", |reason| typed_line::line(REASON, reason).map(Change::Inactive)),
    ("reopen", |_| Ok(Change::Active)),
    ("refute", |reason| typed_line::line(REASON, reason).map(Change::Refuted)),
    ("error", |reason| {
        let remedy = "write why it was entered in error, such as wrong patient";
        typed_line::needed(REASON, reason, remedy).map(Change::EnteredInError)
    }),
];

/// Reads what is to become of an allergy.
///
/// # Errors
/// What to do about a field.
pub fn read(act: &str, reason: &str) -> Result<Change, Mistake> {
    let known = ACTS.iter().find(|(name, _)| *name == act);
    let (_, read) = known.ok_or_else(|| Mistake::new("act", "choose what is to become of the allergy"))?;
    read(reason)
}

/// An AllergyIntolerance as it is after a change; what the change is not about stays as it is.
pub fn changed(document: &Document, change: &Change, hand: &Hand) -> Document {
    let mut value = Value::from(document.root());
    let Some(line) = value.as_object_mut() else { return value.to_document() };
    let (clinical, verified, why) = match change {
        Change::Inactive(reason) => (Some("inactive"), None, ("Inactive", reason.as_str())),
        Change::Active => (Some("active"), Some("confirmed"), ("", "")),
        Change::Refuted(reason) => (Some("inactive"), Some("refuted"), ("Refuted", reason.as_str())),
        Change::EnteredInError(reason) => {
            (None, Some("entered-in-error"), ("Entered in error", reason.as_str()))
        }
    };
    // The standard lets what is in error have no clinical status (ait-2).
    set_or_remove(line, "clinicalStatus", clinical.map(|code| ("allergyintolerance-clinical", code)));
    if let Some(code) = verified {
        set_or_remove(line, "verificationStatus", Some(("allergyintolerance-verification", code)));
    }
    let (what, reason) = why;
    if !reason.is_empty() {
        list_entry::annotate(line, &format!("{what}: {reason}"), hand);
    }
    if line.get("code").is_some() {
        list_entry::declare(line, PROFILE);
    }
    value.to_document()
}

fn set_or_remove(line: &mut Object, name: &str, code: Option<(&str, &str)>) {
    match code {
        Some((system, code)) => line.set(name, code_only(&hl7(system), code)),
        None => {
            line.remove(name);
        }
    }
}

/// Changes an allergy of a patient's, if it is still the version that was looked at. One that holds again ends what says
/// that there is none, in the same commit.
///
/// # Errors
/// When it is not this patient's, the record refuses the change, or it cannot be written.
pub fn apply(
    session: &Session,
    (patient, id, version): (&str, &str, u32),
    (act, reason): (&str, &str),
) -> Result<Result<(), Refusal>, Error> {
    let (found, document) = chart::of_patient(session, "AllergyIntolerance", patient, id)?;
    if found.version() != version || is_entered_in_error(&document) {
        return Ok(Err(Refusal::ChangedMeanwhile));
    }
    let change = match read(act, reason) {
        Ok(change) => change,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    if change == Change::Active && says_none(&document) {
        return Ok(Err(Mistake::new("act", "say anew that there are no known allergies").into()));
    }
    let line = changed(&document, &change, &Hand::of(session));
    let mut lines = vec![Replacement { key: found.key().clone(), version, document: line }];
    if change == Change::Active {
        let allergy = ListedAllergy::read(&document, version, &HashMap::new());
        let kinds: Vec<&str> = allergy.categories.iter().map(String::as_str).collect();
        lines.extend(ended_by(session, patient, &kinds)?);
    }
    list_entry::put(session, &lines)
}
