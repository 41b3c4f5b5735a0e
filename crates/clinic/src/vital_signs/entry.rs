//! Vital signs typed into one row, in the order in which they are measured (LR06), and what was typed there by mistake.

use super::{Measurement, Slip, VITAL_SIGNS, VitalSign, body_mass_index, mean, observation, read};
use crate::chart::{self, resource_type};
use crate::fhir_parts::{LOINC, concept, reference};
use crate::list_entry::{Hand, Refusal, annotate, put};
use crate::replacement::Replacement;
use crate::typed_line::{self, Mistake};
use crate::visit;
use fhir::{Object, Value, array, object};
use record::write::{WriteAction, WriteRequest};
use record::{Error, Session};

/// Readings of the blood pressure that one row may have.
const READINGS: usize = 6;
/// A weight or height that is to the last one as a pound to a kilogram, or an inch to a centimetre, was typed in the other unit: with
/// a ratio between these, or between their inverses.
const MIXED_UP: [(&str, (f64, f64)); 2] = [("w", (1.95, 2.45)), ("h", (2.35, 2.75))];

/// What a row says.
#[derive(Debug, Default)]
pub struct Row {
    /// What was measured, in the order of the row; of the blood pressure perhaps several readings.
    pub measured: Vec<Measurement>,
}

/// What was measured the last time: the word of a sign, and its value in the unit that it is kept in.
pub type Last = Vec<(&'static str, f64)>;

impl Row {
    /// Reads the fields of a row, each by the first word of its sign.
    ///
    /// # Errors
    /// With all that is not understood or not possible; with nothing measured, of the first field.
    pub fn read(typed: impl Fn(&str) -> String) -> Result<Self, Vec<Mistake>> {
        let (mut row, mut mistakes) = (Self::default(), Vec::new());
        for sign in &VITAL_SIGNS {
            let text = typed(sign.words[0]);
            if text.trim().is_empty() {
                continue;
            }
            match field(sign, &text) {
                Ok(measured) => row.measured.extend(measured),
                Err(slip) => mistakes.push(Mistake::new(sign.words[0], slip.message)),
            }
        }
        if row.measured.is_empty() && mistakes.is_empty() {
            mistakes.push(Mistake::new(
                VITAL_SIGNS[0].words[0],
                "write what was measured into at least one field",
            ));
        }
        if mistakes.is_empty() { Ok(row) } else { Err(mistakes) }
    }

    /// Values that look as if they were typed in the other unit: to be asked about.
    pub fn doubts(&self, last: &Last) -> Vec<Mistake> {
        let doubt = |(word, (least, most)): &(&'static str, (f64, f64))| {
            let now = self.measured.iter().find(|one| one.sign.words[0] == *word)?;
            let (_, before) = last.iter().find(|(known, _)| known == word)?;
            let value = now.thousandths as f64 / 1000.0;
            let is_between = |ratio: f64| (*least..=*most).contains(&ratio);
            (is_between(value / before) || is_between(before / value)).then(|| {
                let (name, unit) = (now.sign.name.to_lowercase(), now.sign.unit.1);
                let other = now.sign.other_units.first().map_or("", |other| other.words[0]);
                Mistake::new(
                    word,
                    format!(
                        "the last {name} was {before} {unit}, and this is {}: is it in {other}? Write the unit behind it, \
                         or save once more if it is right",
                        now.text()
                    ),
                )
            })
        };
        MIXED_UP.iter().filter_map(doubt).collect()
    }
}

fn field(sign: &'static VitalSign, text: &str) -> Result<Vec<Measurement>, Slip> {
    let message = |message: String| Err(Slip { word: text.to_owned(), message });
    let word = sign.words[0];
    let line = match typed_line::line(word, text) {
        Ok(line) => line,
        Err(mistake) => return message(mistake.message),
    };
    if word == "bp" {
        let readings: Vec<&str> = line.split([' ', ',', ';']).filter(|reading| !reading.is_empty()).collect();
        if readings.len() > READINGS {
            return message(format!("write {READINGS} readings at most"));
        }
        let readings: Result<Vec<Vec<Measurement>>, Slip> =
            readings.into_iter().map(|reading| read(&format!("bp {reading}"))).collect();
        return readings.map(|readings| readings.into_iter().flatten().collect());
    }
    match read(&format!("{word} {line}"))? {
        one if one.len() == 1 => Ok(one),
        _ => message(format!("write one value, such as {}", sign.example)),
    }
}

/// Writes what a row says, all or nothing: an Observation of each value, the mean of several blood pressures, and the body mass
/// index. They belong to the visit that is open, when there is one.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn add(session: &Session, patient: &str, row: &Row) -> Result<(), Error> {
    let hand = Hand::of(session);
    let visit = match visit::open_of(session, patient)?.as_slice() {
        [only] => Some(format!("Encounter/{}", only.id)),
        _ => None,
    };
    let mut made: Vec<(&str, String, Object)> = Vec::new();
    for one in &row.measured {
        made.push((one.sign.words[0], format!("urn:uuid:{}", session.record().new_id()), one.observation()));
    }
    let urls = |words: &[&str]| -> Vec<Value> {
        made.iter().filter(|(word, ..)| words.contains(word)).map(|(_, url, _)| reference(url)).collect()
    };
    let mut derived = Vec::new();
    if let Some(mean) = mean(&row.measured) {
        derived.push(("mean", mean, urls(&["bp"])));
    }
    if let Some((index, _)) = body_mass_index(&row.measured) {
        derived.push(("bmi", index, urls(&["w", "h"])));
    }
    for (word, mut observation, from) in derived {
        observation.set("derivedFrom", from);
        made.push((word, format!("urn:uuid:{}", session.record().new_id()), observation));
    }
    let mut documents = Vec::new();
    for (_, url, mut observation) in made {
        observation.set("subject", reference(&format!("Patient/{patient}")));
        if let Some(visit) = &visit {
            observation.set("encounter", reference(visit));
        }
        observation.set("effectiveDateTime", hand.instant.as_str());
        observation.set("performer", array![hand.author.clone()]);
        documents.push((url, Value::from(observation).to_document()));
    }
    let requests: Vec<WriteRequest<'_>> = documents
        .iter()
        .map(|(url, document)| WriteRequest {
            action: WriteAction::Create {
                type_id: resource_type("Observation"),
                resource: document.root(),
                unless: None,
            },
            full_url: Some(url.clone()),
        })
        .collect();
    session.write_all(&requests).map(|_| ())
}

/// Says that a value was entered in error, and why; what was reckoned from it is an error, too.
///
/// # Errors
/// When there is no such value of the patient, or the record refuses it or cannot be written.
pub fn entered_in_error(
    session: &Session,
    (patient, id, version): (&str, &str, u32),
    why: &str,
) -> Result<Result<(), Refusal>, Error> {
    let why = match typed_line::needed("why", why, "say why it is wrong") {
        Ok(why) => why,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let (found, _) = chart::of_patient(session, "Observation", patient, id)?;
    let hand = Hand::of(session);
    let of = format!("Patient/{patient}");
    let from = found.key().to_string();
    let asked = [("patient", &*of), ("derived-from", &*from)];
    let derived = session.find(resource_type("Observation"), &asked)?.matches;
    let mut wrong = Vec::new();
    for (one, version) in
        [(&found, version)].into_iter().chain(derived.iter().map(|one| (one, one.version())))
    {
        let Some(document) = one.document() else { continue };
        let mut value = Value::from(document.root());
        if let Some(observation) = value.as_object_mut() {
            observation.set("status", "entered-in-error");
            annotate(observation, &why, &hand);
        }
        wrong.push(Replacement { key: one.key().clone(), version, document: value.to_document() });
    }
    put(session, &wrong)
}

/// The Observation of a mean blood pressure (US Core Average Blood Pressure, LOINC 96607-7), but for what it has in common with
/// others.
pub(super) fn mean_of(systolic: i64, diastolic: i64, readings: usize) -> Object {
    const PANEL: (&str, &str) = ("96607-7", "Blood pressure panel mean systolic and mean diastolic");
    const PARTS: [(&str, &str); 2] =
        [("96608-5", "Systolic blood pressure mean"), ("96609-3", "Diastolic blood pressure mean")];
    let mut mean = observation("average-blood-pressure", PANEL.0, PANEL.1);
    let part = |(code, display): (&str, &str), value: i64| {
        object! { "code" => concept(LOINC, code, display), "valueQuantity" => super::quantity(value, ("mm[Hg]", "mmHg")) }
    };
    mean.set("component", array![part(PARTS[0], systolic), part(PARTS[1], diastolic)]);
    mean.set("note", array![object! { "text" => format!("Mean of {readings} readings") }]);
    mean
}
