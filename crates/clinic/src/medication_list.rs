//! The medication list where it is kept (LR02): what was ordered and what somebody told of; several go on or end at once.

use crate::chart::medication::Medication;
use crate::chart::{self, concept, is_entered_in_error};
use crate::fhir_parts::{hl7, reference};
use crate::list_entry::{self, Hand, Refusal, annotate};
use crate::medication_order::{again, in_state};
use crate::person;
use crate::replacement::Replacement;
use crate::sig;
use crate::typed_line::{self, Mistake};
use fhir::{Document, Node, Object, Value, array, object};
use record::write::{WriteAction, WriteRequest};
use record::{Error, ResourceKey, Session};
use std::collections::HashMap;

/// A patient's medication list.
#[derive(Clone, Debug, Default)]
pub struct MedicationList {
    /// What is on it: those that are taken now first, each group newest first.
    pub medications: Vec<ListedMedication>,
    /// Whether there are older ones that are not here.
    pub has_more: bool,
}

/// A medication as it stands on the list.
#[derive(Clone, Debug)]
pub struct ListedMedication {
    /// Such as `MedicationRequest/1`.
    pub reference: String,
    /// The version that this is.
    pub version: u32,
    /// What it is, how it is taken, since when, and its state.
    pub medication: Medication,
    /// Who ordered it, or who told of it; empty when that is not known.
    pub source: String,
    /// What it is for; empty when that is not said.
    pub reason: String,
    /// Why it ended; empty when that is not said.
    pub status_reason: String,
    /// What was noted on it, oldest first.
    pub notes: Vec<String>,
}

/// A line that somebody chose, as it was when they looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which.
    pub key: ResourceKey,
    /// The version.
    pub version: u32,
}

/// Where a medication comes from that nobody ordered here: the name in forms, its words, and the code of its category
/// (HL7 medication-statement-category).
pub const ORIGINS: [(&str, &str, &str); 2] = [
    ("over-the-counter", "bought without a prescription", "patientspecified"),
    ("elsewhere", "prescribed elsewhere", "community"),
];

/// Why medications end, as they are chosen.
pub const REASONS: [&str; 4] = ["side effect", "did not work", "course is finished", "no longer needed"];

/// Types of what is on the list.
const TYPES: [&str; 2] = ["MedicationRequest", "MedicationStatement"];

impl MedicationList {
    /// Reads a patient's.
    ///
    /// # Errors
    /// When the record cannot be searched.
    pub fn read(session: &Session, patient: &str) -> Result<Self, Error> {
        let mut list = Self::default();
        let mut found = Vec::new();
        for type_name in TYPES {
            let (lines, has_more) = list_entry::lines(session, type_name, patient)?;
            list.has_more |= has_more;
            found.extend(lines);
        }
        let documents: Vec<(String, u32, Document)> = found
            .iter()
            .filter_map(|one| Some((one.key().to_string(), one.version(), one.document()?)))
            .filter(|(_, _, document)| !is_entered_in_error(document))
            .collect();
        let names = sources(session, &documents)?;
        let read = |(reference, version, document): &(String, u32, Document)| {
            ListedMedication::read(reference, *version, document, &names)
        };
        list.medications = documents.iter().map(read).collect();
        let rank = |one: &ListedMedication| {
            (!one.medication.is_current, std::cmp::Reverse(one.medication.date.clone()))
        };
        list.medications.sort_by_key(rank);
        Ok(list)
    }

    /// Those that are taken now.
    pub fn current(&self) -> impl Iterator<Item = &ListedMedication> {
        self.medications.iter().filter(|one| one.medication.is_current)
    }

    /// Those that were taken once.
    pub fn past(&self) -> impl Iterator<Item = &ListedMedication> {
        self.medications.iter().filter(|one| !one.medication.is_current)
    }
}

/// Whom names are to be looked up for, by their references.
fn sources(
    session: &Session,
    documents: &[(String, u32, Document)],
) -> Result<HashMap<String, String>, Error> {
    let references: Vec<String> = documents
        .iter()
        .filter_map(|(_, _, document)| {
            let source = source(document.root())?;
            let has_name = source.get_str("display").is_some();
            source.get_str("reference").filter(|_| !has_name).map(std::borrow::Cow::into_owned)
        })
        .collect();
    match person::named(session, references.iter().map(String::as_str)) {
        Ok(named) => Ok(named.into_iter().map(|(reference, person)| (reference, person.name)).collect()),
        // Who may not see people sees the list all the same.
        Err(Error::Denied(_)) => Ok(HashMap::new()),
        Err(error) => Err(error),
    }
}

fn source(root: Node<'_>) -> Option<Node<'_>> {
    root.get("requester").or_else(|| root.get("informationSource"))
}

impl ListedMedication {
    fn read(reference: &str, version: u32, document: &Document, names: &HashMap<String, String>) -> Self {
        let root = document.root();
        let text = |node: Option<Node<'_>>| node.and_then(Node::as_str).unwrap_or_default().into_owned();
        let source = source(root);
        let named = |source: Node<'_>| {
            let reference = source.get_str("reference").unwrap_or_default();
            match source.get_str("display") {
                Some(display) => display.into_owned(),
                None if reference.starts_with("Patient/") => "the patient".to_owned(),
                None => names.get(&*reference).cloned().unwrap_or_default(),
            }
        };
        let reason = root.each_of("reasonCode").find_map(|one| concept::text(Some(one)));
        let status_reason = root.get("statusReason");
        let status_reason = concept::text(status_reason)
            .or_else(|| concept::text(root.each_of("statusReason").next()))
            .unwrap_or_default();
        Self {
            reference: reference.to_owned(),
            version,
            medication: Medication::read(document),
            source: source.map(named).unwrap_or_default(),
            reason: reason.unwrap_or_else(|| {
                text(root.each_of("reasonReference").next().and_then(|one| one.get("display")))
            }),
            status_reason,
            notes: root.each_of("note").map(|note| text(note.get("text"))).collect(),
        }
    }

    /// Whether it was ordered, not only told of.
    pub fn is_order(&self) -> bool {
        !self.medication.is_reported
    }

    /// How a form says which line was chosen, and as it was when.
    pub fn pick(&self) -> String {
        format!("{}/{}", self.reference, self.version)
    }
}

impl Pick {
    /// Reads `MedicationRequest/1/3`: type, id and version.
    pub fn parse(text: &str) -> Option<Self> {
        let (reference, version) = text.rsplit_once('/')?;
        let (type_name, id) = reference.split_once('/')?;
        let type_name = TYPES.iter().find(|known| **known == type_name)?;
        let key = record::bundle::key(chart::resource_type(type_name), id).ok()?;
        Some(Self { key, version: version.parse().ok()? })
    }
}

/// Lets medications go on by new orders, all or none: each names the one before, which is completed.
///
/// # Errors
/// When one is not of the patient, or the record refuses it or cannot be written.
pub fn renew(session: &Session, patient: &str, picks: &[Pick]) -> Result<Result<(), Refusal>, Error> {
    let hand = Hand::of(session);
    let (mut orders, mut replaced) = (Vec::new(), Vec::new());
    for (pick, document) in chosen(session, patient, picks)? {
        if pick.key.type_id.name() != TYPES[0] {
            let name = Medication::read(&document).name;
            return Ok(Err(Mistake::new(
                "pick",
                format!("{name} was not ordered here; order it in a note with /rx"),
            )
            .into()));
        }
        let mut order = again(&document, &pick.key);
        order.set("status", "active");
        order.set("intent", "order");
        order.remove("encounter");
        order.set("authoredOn", hand.instant.as_str());
        order.set("requester", hand.author.clone());
        orders.push(Value::from(order).to_document());
        replaced.push(replacement(pick, in_state(&document, "completed", "")));
    }
    if orders.is_empty() {
        return Ok(Err(nothing_chosen()));
    }
    write(session, &replaced, &orders)
}

/// Ends medications, with why, all or none.
///
/// # Errors
/// When one is not of the patient, or the record refuses it or cannot be written.
pub fn stop(
    session: &Session,
    patient: &str,
    picks: &[Pick],
    why: &str,
) -> Result<Result<(), Refusal>, Error> {
    in_another_state(session, patient, picks, "stopped", (why, "choose or write why it ends"))
}

/// Says that the patient does not take what was told of; the record of it stays.
///
/// # Errors
/// When one is not of the patient, or the record refuses it or cannot be written.
pub fn not_taken(
    session: &Session,
    patient: &str,
    picks: &[Pick],
    why: &str,
) -> Result<Result<(), Refusal>, Error> {
    if picks.iter().any(|pick| pick.key.type_id.name() != TYPES[1]) {
        let remedy = "what was ordered here is stopped; choose why it ends";
        return Ok(Err(Mistake::new("pick", remedy).into()));
    }
    in_another_state(session, patient, picks, "not-taken", (why, "write why it is not taken"))
}

/// Says that medications were entered in error, and why.
///
/// # Errors
/// When one is not of the patient, or the record refuses it or cannot be written.
pub fn in_error(
    session: &Session,
    patient: &str,
    picks: &[Pick],
    why: &str,
) -> Result<Result<(), Refusal>, Error> {
    let remedy = "write why it was entered in error, such as wrong patient";
    in_another_state(session, patient, picks, "entered-in-error", (why, remedy))
}

fn in_another_state(
    session: &Session,
    patient: &str,
    picks: &[Pick],
    status: &str,
    (why, remedy): (&str, &str),
) -> Result<Result<(), Refusal>, Error> {
    if picks.is_empty() {
        return Ok(Err(nothing_chosen()));
    }
    let why = match typed_line::needed("reason", why, remedy) {
        Ok(why) => why,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let chosen = chosen(session, patient, picks)?;
    let replaced: Vec<Replacement> =
        chosen.iter().map(|(pick, document)| replacement(pick, in_state(document, status, &why))).collect();
    write(session, &replaced, &[])
}

fn nothing_chosen() -> Refusal {
    Mistake::new("pick", "tick the medications first").into()
}

/// The lines that were chosen, as they are now, each once.
fn chosen<'a>(
    session: &Session,
    patient: &str,
    picks: &'a [Pick],
) -> Result<Vec<(&'a Pick, Document)>, Error> {
    let mut chosen: Vec<(&Pick, Document)> = Vec::new();
    for pick in picks {
        if chosen.iter().all(|(known, _)| known.key != pick.key) {
            let (_, document) = chart::of_patient(session, pick.key.type_id.name(), patient, &pick.key.id)?;
            chosen.push((pick, document));
        }
    }
    Ok(chosen)
}

fn replacement(pick: &Pick, document: Document) -> Replacement {
    Replacement { key: pick.key.clone(), version: pick.version, document }
}

fn write(
    session: &Session,
    replaced: &[Replacement],
    made: &[Document],
) -> Result<Result<(), Refusal>, Error> {
    let mut requests: Vec<WriteRequest<'_>> = replaced.iter().map(Replacement::request).collect();
    requests.extend(made.iter().map(|document| {
        let type_id = chart::resource_type(&document.resource_type().unwrap_or_default());
        let action = WriteAction::Create { type_id, resource: document.root(), unless: None };
        WriteRequest { action, full_url: None }
    }));
    match session.write_all(&requests) {
        Ok(_) => Ok(Ok(())),
        Err(error) if matches!(error.innermost(), Error::VersionConflict { .. }) => {
            Ok(Err(Refusal::ChangedMeanwhile))
        }
        Err(error) => Err(error),
    }
}

/// Adds what the patient tells of, typed in one line: a MedicationStatement.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn tell(
    session: &Session,
    patient: &str,
    (line, origin, note): (&str, &str, &str),
) -> Result<Result<(), Refusal>, Error> {
    let read = || -> Result<(sig::Sig, &'static str, String), Mistake> {
        let line =
            typed_line::needed("line", line, "write the medication, such as ibuprofen 200 mg tab prn pain")?;
        let reading = sig::parse(&line);
        if let Some(sig::Unread { text, remedy, .. }) = reading.unread.first() {
            return Err(Mistake::new("line", format!("'{text}' is not understood: {remedy}")));
        }
        if reading.sig.drug.is_empty() {
            return Err(Mistake::new("line", "write which medication it is, then how it is taken"));
        }
        let origin = ORIGINS.iter().find(|(name, ..)| *name == origin);
        let (.., category) = origin.ok_or_else(|| Mistake::new("origin", "choose where it comes from"))?;
        Ok((reading.sig, category, typed_line::line("note", note)?))
    };
    let (sig, category, note) = match read() {
        Ok(read) => read,
        Err(mistake) => return Ok(Err(mistake.into())),
    };
    let hand = Hand::of(session);
    let patient = reference(&format!("Patient/{patient}"));
    let mut statement = Object::new();
    statement.set("resourceType", "MedicationStatement");
    statement.set("status", "active");
    let coding = object! { "system" => hl7("medication-statement-category"), "code" => category };
    statement.set("category", object! { "coding" => array![coding] });
    statement.set("medicationCodeableConcept", object! { "text" => sig.product() });
    statement.set("subject", patient.clone());
    statement.set("dateAsserted", hand.instant.as_str());
    statement.set("informationSource", patient);
    if sig.dose.is_some() || sig.frequency.is_some() || sig.as_needed.is_some() {
        statement.set("dosage", array![sig.dosage()]);
    }
    if !note.is_empty() {
        annotate(&mut statement, &note, &hand);
    }
    write(session, &[], &[Value::from(statement).to_document()])
}
