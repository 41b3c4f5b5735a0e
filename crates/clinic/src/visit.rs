//! A visit: it begins when somebody sits down with the patient, and ends with its note.

use crate::author;
use crate::chart::visit::Visit;
use crate::chart::{self, resource_type};
use crate::fhir_parts::{SNOMED_CT, coding, concept as concept_of, hl7, reference, resource};
use fhir::{Document, Object, Value, array, object};
use record::resource::instant;
use record::write::{WriteAction, WriteRequest};
use record::{Error, Session};

/// A kind of visit.
pub struct Kind {
    /// Its name in forms.
    pub code: &'static str,
    /// In words.
    pub words: &'static str,
    /// The class of its Encounter (v3 ActEncounterCode): code and words.
    class: (&'static str, &'static str),
    /// The type of its Encounter (SNOMED CT, copyright International Health Terminology Standards Development
    /// Organisation): code and words.
    kind: (&'static str, &'static str),
}

/// All kinds, the usual one first.
pub const KINDS: [Kind; 4] = [
    Kind {
        code: "office",
        words: "Office visit",
        class: ("AMB", "ambulatory"),
        kind: ("185349003", "Encounter for check up"),
    },
    Kind {
        code: "video",
        words: "Video visit",
        class: ("VR", "virtual"),
        kind: ("448337001", "Telemedicine consultation with patient"),
    },
    Kind {
        code: "phone",
        words: "Telephone call",
        class: ("VR", "virtual"),
        kind: ("185317003", "Telephone encounter"),
    },
    Kind {
        code: "home",
        words: "Home visit",
        class: ("HH", "home health"),
        kind: ("439708006", "Home visit"),
    },
];

/// The kind of a name.
pub fn kind(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

/// Begins a visit, and gives the id of its Encounter. A visit of the same kind that this person began with this patient
/// and that is not over is gone on with.
///
/// # Errors
/// When the patient's record cannot be read or written.
pub fn begin(session: &Session, patient: &str, kind: &Kind) -> Result<String, Error> {
    if let Some(open) = open_with(session, patient)?.into_iter().find(|open| open.kind == kind.words) {
        return Ok(open.id);
    }
    let mut participant = Object::new();
    participant.set("type", array![concept_of(&hl7("v3-ParticipationType"), "PPRF", "primary performer")]);
    participant.set("individual", author::reference(session));
    let mut type_of = concept_of(SNOMED_CT, kind.kind.0, kind.kind.1);
    if let Some(type_of) = type_of.as_object_mut() {
        type_of.set("text", kind.words);
    }
    let mut visit = resource("Encounter", "encounter");
    visit.set("status", "in-progress");
    visit.set("class", coding(&hl7("v3-ActCode"), kind.class.0, kind.class.1));
    visit.set("type", array![type_of]);
    visit.set("subject", reference(&format!("Patient/{patient}")));
    visit.set("participant", Value::Array(vec![participant.into()]));
    visit.set("period", object! { "start" => instant(session.record().now_ms()).to_string() });
    let visit = Value::from(visit).to_document();
    let type_id = resource_type("Encounter");
    let action = WriteAction::Create { type_id, resource: visit.root(), unless: None };
    let written = session.write(WriteRequest { action, full_url: None })?;
    let key = written.key.ok_or_else(|| Error::request("Encounter", "the visit was not begun"))?;
    Ok(key.id.to_string())
}

/// The visits with a patient that whoever asks has begun and not ended, the newest first.
///
/// # Errors
/// When the patient's record cannot be read.
pub fn open_with(session: &Session, patient: &str) -> Result<Vec<Visit>, Error> {
    let open = open_encounters(session, patient)?;
    let own = open.iter().filter(|one| {
        let mut individuals = one.root().each_of("participant").filter_map(|one| one.get("individual"));
        individuals.any(|one| author::is(session, one))
    });
    Ok(own.map(Visit::read).collect())
}

/// The visits of a patient that are not over, whoever began them, the newest first.
///
/// # Errors
/// When the patient's record cannot be read.
pub fn open_of(session: &Session, patient: &str) -> Result<Vec<Visit>, Error> {
    Ok(open_encounters(session, patient)?.iter().map(Visit::read).collect())
}

fn open_encounters(session: &Session, patient: &str) -> Result<Vec<Document>, Error> {
    let of = format!("Patient/{patient}");
    let asked = [("patient", of.as_str()), ("status", "in-progress"), ("_sort", "-date"), ("_count", "20")];
    let found = session.find(resource_type("Encounter"), &asked)?;
    Ok(found.matches.iter().filter_map(record::Resource::document).collect())
}

/// A visit of a patient: the Encounter, when it is that patient's.
///
/// # Errors
/// When there is no such visit, or the session may not see it.
pub fn of_patient(session: &Session, patient: &str, id: &str) -> Result<Visit, Error> {
    let (_, encounter) = chart::of_patient(session, "Encounter", patient, id)?;
    Ok(Visit::read(&encounter))
}
