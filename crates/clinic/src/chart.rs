//! The chart: what a clinician must know of a patient, read from the record in a few bounded searches.

pub mod allergy;
pub mod banner;
pub mod concept;
pub mod document;
pub mod growth;
pub mod immunization;
pub mod medication;
pub mod observation;
pub mod problem;
pub mod since_visit;
pub mod visit;

use allergy::Allergies;
use banner::Banner;
use document::DocumentItem;
use fhir::Document;
use fhir::schema::{TypeId, schema};
use immunization::Immunization;
use medication::Medication;
use observation::{Series, Value};
use problem::Problem;
use record::{Error, Resource, ResourceKey, Session};
use visit::Visit;

/// A patient's chart.
pub struct Chart {
    /// Who it is.
    pub banner: Banner,
    /// Problems, active ones first.
    pub problems: Vec<Problem>,
    /// Medications, current ones first.
    pub medications: Vec<Medication>,
    /// Allergies, and what is known of there being any.
    pub allergies: Allergies,
    /// Immunizations, newest first.
    pub immunizations: Vec<Immunization>,
    /// Vital signs, in the order they are measured.
    pub vital_signs: Vec<Series>,
    /// Laboratory results by test, the most recent first.
    pub results: Vec<Series>,
    /// Encounters, newest first.
    pub visits: Vec<Visit>,
    /// Notes and documents, newest first.
    pub documents: Vec<DocumentItem>,
}

/// How many of a kind a chart shows at most; the newest are kept.
const PROBLEMS: usize = 200;
const MEDICATIONS: usize = 200;
const ALLERGIES: usize = 100;
const IMMUNIZATIONS: usize = 200;
const VITAL_SIGNS: usize = 100;
const RESULTS: usize = 200;
const VISITS: usize = 40;
const DOCUMENTS: usize = 40;

impl Chart {
    /// Reads a patient's chart. `now_ms` gives ages.
    ///
    /// # Errors
    /// When there is no such patient, or the session may not see it.
    pub fn read(session: &Session, patient_id: &str, now_ms: i64) -> Result<Self, Error> {
        let key = record::bundle::key(resource_type("Patient"), patient_id)?;
        let patient = session.read(&key)?;
        let patient = patient.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
        let find = Finder { session, key: &key };
        let mut medications: Vec<Medication> = Vec::new();
        for type_name in ["MedicationRequest", "MedicationStatement"] {
            medications.extend(find.newest(type_name, &[], MEDICATIONS)?.iter().map(Medication::read));
        }
        let vital_signs = find.newest("Observation", &[("category", "vital-signs")], VITAL_SIGNS)?;
        let results = find.newest("Observation", &[("category", "laboratory")], RESULTS)?;
        Ok(Self {
            banner: Banner::read(&patient, now_ms),
            problems: problem::ordered(&find.newest("Condition", &[], PROBLEMS)?),
            medications: medication::ordered(medications),
            allergies: find.allergies()?,
            immunizations: find
                .newest("Immunization", &[], IMMUNIZATIONS)?
                .iter()
                .map(Immunization::read)
                .collect(),
            vital_signs: observation::vital_signs(&vital_signs),
            results: observation::by_test(&results),
            visits: find.newest("Encounter", &[], VISITS)?.iter().map(Visit::read).collect(),
            documents: find
                .newest("DocumentReference", &[], DOCUMENTS)?
                .iter()
                .map(DocumentItem::read)
                .collect(),
        })
    }
}

impl Chart {
    /// Problems that are not over.
    pub fn active_problems(&self) -> Vec<&Problem> {
        self.problems.iter().filter(|problem| problem.is_active).collect()
    }

    /// Problems that are over.
    pub fn past_problems(&self) -> Vec<&Problem> {
        self.problems.iter().filter(|problem| !problem.is_active).collect()
    }

    /// Medications that are taken now.
    pub fn current_medications(&self) -> Vec<&Medication> {
        self.medications.iter().filter(|medication| medication.is_current).collect()
    }

    /// Medications that were taken once.
    pub fn past_medications(&self) -> Vec<&Medication> {
        self.medications.iter().filter(|medication| !medication.is_current).collect()
    }
}

/// Who a patient is and what they must not be given: what stands on every page of the chart.
pub fn identity(session: &Session, patient_id: &str, now_ms: i64) -> Result<(Banner, Allergies), Error> {
    let key = record::bundle::key(resource_type("Patient"), patient_id)?;
    let patient = session.read(&key)?;
    let patient = patient.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
    let find = Finder { session, key: &key };
    Ok((Banner::read(&patient, now_ms), find.allergies()?))
}

/// Every value of one test that a patient has, newest first, for a trend and its table.
pub fn trend(session: &Session, patient_id: &str, code: &str) -> Result<Vec<Value>, Error> {
    const VALUES: usize = 500;
    let key = record::bundle::key(resource_type("Patient"), patient_id)?;
    session.read(&key)?;
    let find = Finder { session, key: &key };
    let observations = find.newest("Observation", &[("combo-code", code)], VALUES)?;
    Ok(observations.iter().flat_map(observation::values).filter(|value| value.code == code).collect())
}

/// One of a patient's documents, when it is that patient's.
pub fn document(session: &Session, patient_id: &str, document_id: &str) -> Result<DocumentItem, Error> {
    let (_, document) = of_patient(session, "DocumentReference", patient_id, document_id)?;
    Ok(DocumentItem::read(&document))
}

/// A resource of a patient's: its version and what is in it.
///
/// # Errors
/// When there is none, it is not this patient's, or the session may not see it.
pub(crate) fn of_patient(
    session: &Session,
    type_name: &str,
    patient_id: &str,
    id: &str,
) -> Result<(Resource, Document), Error> {
    let key = record::bundle::key(resource_type(type_name), id)?;
    let found = session.read(&key)?;
    let document = found.document().ok_or_else(|| Error::NotFound(key.to_string()))?;
    let of = ["subject", "patient"].iter().find_map(|name| document.root().get(name)?.get_str("reference"));
    if of.as_deref() != Some(&*format!("Patient/{patient_id}")) {
        return Err(Error::NotFound(key.to_string()));
    }
    Ok((found, document))
}

/// What was added to one of a patient's documents, the oldest first.
pub fn addenda(session: &Session, patient_id: &str, document_id: &str) -> Result<Vec<DocumentItem>, Error> {
    let key = record::bundle::key(resource_type("Patient"), patient_id)?;
    let find = Finder { session, key: &key };
    let of = format!("DocumentReference/{document_id}");
    let mut added =
        find.newest("DocumentReference", &[("relatesto", &of), ("relation", "appends")], DOCUMENTS)?;
    added.reverse();
    Ok(added.iter().map(DocumentItem::read).collect())
}

/// A resource type that the program names itself.
pub(crate) fn resource_type(name: &str) -> TypeId {
    schema().resource_named(name).expect("the program names types that there are")
}

struct Finder<'a> {
    session: &'a Session,
    key: &'a ResourceKey,
}

impl Finder<'_> {
    /// The patient's allergies. Who may not see them is told so, and sees the rest.
    fn allergies(&self) -> Result<Allergies, Error> {
        match self.newest("AllergyIntolerance", &[], ALLERGIES) {
            Ok(found) => Ok(Allergies::read(&found)),
            Err(Error::Denied(_)) => Ok(Allergies::CannotBeSeen),
            Err(error) => Err(error),
        }
    }

    /// The patient's newest resources of a type that are not entered in error.
    fn newest(
        &self,
        type_name: &str,
        narrower: &[(&str, &str)],
        count: usize,
    ) -> Result<Vec<Document>, Error> {
        let (patient, count) = (self.key.to_string(), count.to_string());
        let mut parameters = vec![("patient", patient.as_str()), ("_count", count.as_str())];
        parameters.extend(narrower);
        let found = self.session.find(resource_type(type_name), &parameters)?;
        let documents = found.matches.iter().filter_map(Resource::document);
        Ok(documents.filter(|document| !is_entered_in_error(document)).collect())
    }
}

pub(crate) fn is_entered_in_error(document: &Document) -> bool {
    const WRONG: &str = "entered-in-error";
    let root = document.root();
    root.get_str("status").as_deref() == Some(WRONG)
        || concept::code_of(root.get("verificationStatus")).as_deref() == Some(WRONG)
}
