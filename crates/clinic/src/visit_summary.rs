//! A visit, in words for the patient: what changes, what comes next, what it was about (CH06: after-visit summary).

use crate::chart::medication::Medication;
use crate::chart::observation::{self, Value};
use crate::chart::visit::Visit;
use crate::chart::{self, concept, is_entered_in_error, resource_type};
use crate::medication_list::MedicationList;
use crate::note::order::OrderKind;
use fhir::{Document, Node};
use record::{Error, Resource, Session};

/// Resources of a kind that one visit has at most.
const MOST: &str = "200";

/// A visit, as its patient takes it home.
#[derive(Clone, Debug)]
pub struct VisitSummary {
    /// The visit.
    pub visit: Visit,
    /// What it was about.
    pub problems: Vec<String>,
    /// Medications that begin with it.
    pub begun: Vec<Line>,
    /// Medications that go on by a new order.
    pub renewed: Vec<Line>,
    /// Medications that end with it, with why.
    pub stopped: Vec<Line>,
    /// What is to be done: tests, pictures, referrals, to come again; by kind.
    pub orders: Vec<(&'static str, Vec<Line>)>,
    /// What was measured.
    pub vital_signs: Vec<Value>,
    /// All that is taken now.
    pub medications: Vec<Line>,
    /// The notes of the visit, by their ids.
    pub notes: Vec<String>,
}

/// Something, and more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub name: String,
    /// How, when, or why; empty when nothing is said.
    pub detail: String,
}

impl VisitSummary {
    /// Reads a visit of a patient.
    ///
    /// # Errors
    /// When there is no such visit, or the record cannot be read.
    pub fn read(session: &Session, patient: &str, visit: &str) -> Result<Self, Error> {
        let (_, encounter) = chart::of_patient(session, "Encounter", patient, visit)?;
        let of = |type_name: &str| of_visit(session, patient, visit, type_name);
        let notes = of("DocumentReference")?;
        let mut orders_of_drugs: Vec<Document> =
            of("MedicationRequest")?.iter().filter_map(Resource::document).collect();
        orders_of_drugs.retain(|order| !is_entered_in_error(order));
        let (renewed, begun): (Vec<&Document>, Vec<&Document>) =
            orders_of_drugs.iter().partition(|order| order.root().get("priorPrescription").is_some());
        let measured = of("Observation")?;
        let vital_signs = measured.iter().filter_map(Resource::document).filter(is_vital_sign);
        let list = MedicationList::read(session, patient)?;
        let line = |one: &crate::medication_list::ListedMedication| Line {
            name: one.medication.name.clone(),
            detail: one.medication.instructions.clone(),
        };
        Ok(Self {
            visit: Visit::read(&encounter),
            problems: problems(session, encounter.root()),
            begun: begun.into_iter().map(medication).collect(),
            renewed: renewed.into_iter().map(medication).collect(),
            stopped: stopped(session, patient, &notes)?,
            orders: orders(&of("ServiceRequest")?),
            vital_signs: vital_signs.flat_map(|one| observation::values(&one)).collect(),
            medications: list.current().map(line).collect(),
            notes: notes.iter().map(|note| note.key().id.to_string()).collect(),
        })
    }

    /// Whether anything about medications changes.
    pub fn changes_medications(&self) -> bool {
        !(self.begun.is_empty() && self.renewed.is_empty() && self.stopped.is_empty())
    }
}

/// Resources of a type that were made in a visit. Who may not see the type sees the rest.
fn of_visit(session: &Session, patient: &str, visit: &str, type_name: &str) -> Result<Vec<Resource>, Error> {
    let (patient, visit) = (format!("Patient/{patient}"), format!("Encounter/{visit}"));
    let asked = [("patient", &*patient), ("encounter", &*visit), ("_count", MOST)];
    match session.find(resource_type(type_name), &asked) {
        Ok(found) => Ok(found.matches),
        Err(Error::Denied(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_vital_sign(observation: &Document) -> bool {
    let mut categories = observation.root().each_of("category");
    categories.any(|one| concept::code_of(Some(one)).as_deref() == Some("vital-signs"))
        && !is_entered_in_error(observation)
}

/// The names of the problems that a visit was about, in their order.
fn problems(session: &Session, encounter: Node<'_>) -> Vec<String> {
    let references =
        encounter.each_of("diagnosis").filter_map(|one| one.get("condition")?.get_str("reference"));
    let keys = references.filter_map(|one| record::links::local_key(&one, session.record().base_url()));
    let named = keys.filter_map(|key| concept::text(session.read(&key).ok()?.document()?.root().get("code")));
    named.collect()
}

fn medication(order: &Document) -> Line {
    let Medication { name, instructions, .. } = Medication::read(order);
    Line { name, detail: instructions }
}

/// Medications that ended in the commit in which a note of the visit was signed.
fn stopped(session: &Session, patient: &str, notes: &[Resource]) -> Result<Vec<Line>, Error> {
    if notes.is_empty() {
        return Ok(Vec::new());
    }
    let patient = format!("Patient/{patient}");
    let mut lines = Vec::new();
    for type_name in ["MedicationRequest", "MedicationStatement"] {
        let asked = [("patient", &*patient), ("status", "stopped"), ("_count", MOST)];
        for one in session.find(resource_type(type_name), &asked)?.matches {
            let is_of_visit = notes.iter().any(|note| note.updated_ms() == one.updated_ms());
            let Some(document) = one.document().filter(|_| is_of_visit) else { continue };
            let reason = document.root().get("statusReason");
            let why = concept::text(reason)
                .or_else(|| concept::text(document.root().each_of("statusReason").next()));
            lines.push(Line { name: Medication::read(&document).name, detail: why.unwrap_or_default() });
        }
    }
    Ok(lines)
}

/// Orders by kind, in the order of the kinds.
fn orders(found: &[Resource]) -> Vec<(&'static str, Vec<Line>)> {
    let names = OrderKind::ALL.iter().map(|kind| kind.name()).chain(["Other"]);
    let mut kinds: Vec<(&'static str, Vec<Line>)> = names.map(|name| (name, Vec::new())).collect();
    for document in found.iter().filter_map(Resource::document) {
        let root = document.root();
        if root.get_str("status").is_some_and(|status| ["revoked", "entered-in-error"].contains(&&*status)) {
            continue;
        }
        let code = root.each_of("category").find_map(|one| concept::code_of(Some(one))).unwrap_or_default();
        let at = OrderKind::ALL.iter().position(|kind| kind.category().0 == code);
        let when = concept::day(root.get("occurrenceDateTime"));
        let line = Line { name: concept::text(root.get("code")).unwrap_or_default(), detail: when };
        kinds[at.unwrap_or(OrderKind::ALL.len())].1.push(line);
    }
    kinds.retain(|(_, lines)| !lines.is_empty());
    kinds
}
