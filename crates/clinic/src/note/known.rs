//! What the patient has already: a note that is about it makes no second one, and refers to it by words.

use crate::chart::medication::Medication;
use crate::chart::{concept, is_entered_in_error, resource_type};
use crate::fhir_parts::ICD_10_CM;
use crate::list_entry::{codes_of, plain};
use crate::note::Note;
use crate::note::command::Entry;
use fhir::Document;
use record::{Error, ResourceKey, Session};

/// What a patient has already.
pub struct Known {
    pub(super) problems: Vec<KnownProblem>,
    pub(super) medications: Vec<KnownMedication>,
}

/// A problem that is not over.
pub(super) struct KnownProblem {
    /// Such as `Condition/1`.
    pub reference: String,
    /// In words.
    pub name: String,
    /// Its codes of ICD-10-CM.
    pub codes: Vec<String>,
}

/// A medication that is taken now: an order, or what somebody told.
pub(super) struct KnownMedication {
    pub key: ResourceKey,
    pub version: u32,
    /// In words.
    pub name: String,
    /// How it is taken.
    pub instructions: String,
    pub document: Document,
}

/// More than so many of a kind are not looked at.
const MOST: &str = "500";

impl Known {
    /// What a patient has.
    ///
    /// # Errors
    /// When the patient's record cannot be read.
    pub fn of(session: &Session, patient_id: &str) -> Result<Self, Error> {
        let patient = format!("Patient/{patient_id}");
        Ok(Self { problems: problems(session, &patient)?, medications: medications(session, &patient)? })
    }

    /// The lines of a note that cannot be signed, each with what to do about it: those that are not understood, and those
    /// that speak of what the patient has not.
    pub fn mistakes(&self, note: &Note) -> Vec<(usize, String)> {
        let mut mistakes: Vec<(usize, String)> =
            note.mistakes().map(|(line, message)| (line, message.to_owned())).collect();
        for (line, entry) in note.entries() {
            mistakes.extend(self.mistake(entry).map(|message| (line.number, message)));
        }
        mistakes.sort_by_key(|(line, _)| *line);
        mistakes
    }

    /// What is wrong with a command, given what the patient has.
    pub fn mistake(&self, entry: &Entry) -> Option<String> {
        match entry {
            Entry::Renewal(renewal) => match self.medication(&renewal.words) {
                Err(message) => Some(message),
                Ok(of_name) if of_name.iter().any(|one| one.is_order()) => None,
                Ok(of_name) => Some(format!("{} was not ordered here; order it with /rx", of_name[0].name)),
            },
            Entry::Stop(stop) => self.medication(&stop.words).err(),
            _ => None,
        }
    }

    /// The one medication whose name has words that begin with these: all its orders, the newest first. Or why there is
    /// none.
    pub(super) fn medication(&self, words: &str) -> Result<Vec<&KnownMedication>, String> {
        let fitting: Vec<&KnownMedication> =
            self.medications.iter().filter(|one| holds_words(&one.name, words)).collect();
        let Some(first) = fitting.first() else {
            return Err(format!("no medication that is taken now is called '{words}'"));
        };
        let exact: Vec<_> =
            fitting.iter().filter(|one| one.name.eq_ignore_ascii_case(words)).copied().collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        match fitting.iter().find(|one| one.name != first.name) {
            None => Ok(fitting),
            Some(other) => {
                Err(format!("'{words}' may be {} or {}; write more of it", first.name, other.name))
            }
        }
    }
}

impl KnownMedication {
    /// Whether it was ordered, not only told.
    pub fn is_order(&self) -> bool {
        self.key.type_id.name() == "MedicationRequest"
    }
}

/// Whether each word begins a word of a name.
pub(super) fn holds_words(name: &str, words: &str) -> bool {
    let (name, words) = (plain(name), plain(words));
    words.split_whitespace().all(|word| name.split(' ').any(|one| one.starts_with(word)))
}

/// The problems of a patient's that are not over.
pub(super) fn problems(session: &Session, patient: &str) -> Result<Vec<KnownProblem>, Error> {
    let asked = [("patient", patient), ("clinical-status", "active,recurrence,relapse"), ("_count", MOST)];
    let found = session.find(resource_type("Condition"), &asked)?;
    let known = found.matches.iter().filter_map(|one| {
        let document = one.document().filter(|document| !is_entered_in_error(document))?;
        let code = document.root().get("code");
        Some(KnownProblem {
            reference: one.key().to_string(),
            name: concept::text(code).unwrap_or_default(),
            codes: codes_of(code, ICD_10_CM),
        })
    });
    Ok(known.collect())
}

/// The medications that a patient takes now.
pub(super) fn medications(session: &Session, patient: &str) -> Result<Vec<KnownMedication>, Error> {
    let mut known = Vec::new();
    for type_name in ["MedicationRequest", "MedicationStatement"] {
        let asked = [("patient", patient), ("status", "active"), ("_count", MOST)];
        let found = session.find(resource_type(type_name), &asked)?;
        known.extend(found.matches.iter().filter_map(|one| {
            let document = one.document()?;
            let Medication { name, instructions, .. } = Medication::read(&document);
            Some(KnownMedication {
                key: one.key().clone(),
                version: one.version(),
                name,
                instructions,
                document,
            })
        }));
    }
    Ok(known)
}
