//! The problem list where it is kept (LR01): what stands on it, what is put on it, and how a line of it changes.
//!
//! On it are the patient's Conditions that are not diagnoses of one visit alone, and were not entered in error.

pub mod change;
pub mod likeness;

use crate::chart::{concept, is_entered_in_error, resource_type};
use crate::fhir_parts::{
    ICD_10_CM, SNOMED_CT, code_only, coding, concept as concept_of, hl7, reference, resource,
};
use crate::list_entry::{self, Hand, Origin};
use crate::typed_date;
use crate::typed_line::{self, Mistake};
use fhir::date_time::Date;
use fhir::{Document, Node, Object, Value, array};
use record::write::{WriteAction, WriteRequest};
use record::{Error, Session};
use std::collections::HashMap;
use terminology::Terminology;

/// A patient's problem list.
#[derive(Clone, Debug, Default)]
pub struct ProblemList {
    /// What stands on it: active ones first, each group newest first.
    pub problems: Vec<ListedProblem>,
    /// Whether there are older ones that are not here.
    pub has_more: bool,
}

/// A problem as it stands on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProblem {
    /// The logical id of its Condition.
    pub id: String,
    /// The version that this is.
    pub version: u32,
    /// In words.
    pub name: String,
    /// Its codes of ICD-10-CM.
    pub diagnosis_codes: Vec<String>,
    /// Its codes of SNOMED CT.
    pub clinical_codes: Vec<String>,
    /// When it began, as recorded; empty when unknown.
    pub onset: String,
    /// When it ended, as recorded; empty when unknown, or while it lasts.
    pub abatement: String,
    /// Whether it is active.
    pub is_active: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// A problem that is to be put on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProblem {
    /// In words.
    pub name: String,
    /// The code of ICD-10-CM; `None`: it is known by its words alone.
    pub code: Option<String>,
    /// When it began.
    pub onset: Option<Date>,
}

/// What dates of a patient's life are held against.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// The day of birth, when it is known.
    pub born: Option<Date>,
    /// Today.
    pub today: Date,
}

impl ProblemList {
    /// Reads a patient's.
    ///
    /// # Errors
    /// When the record cannot be searched.
    pub fn read(session: &Session, patient: &str) -> Result<Self, Error> {
        let (found, has_more) = list_entry::lines(session, "Condition", patient)?;
        let with_version = found.iter().filter_map(|one| Some((one.version(), one.document()?)));
        let (versions, documents): (Vec<u32>, Vec<Document>) =
            with_version.filter(|(_, document)| is_on_the_list(document)).unzip();
        let names = list_entry::recorders(session, &documents)?;
        let read = versions.into_iter().zip(&documents);
        let mut problems: Vec<_> =
            read.map(|(version, document)| ListedProblem::read(document, version, &names)).collect();
        problems
            .sort_by(|one, two| two.is_active.cmp(&one.is_active).then_with(|| two.began().cmp(one.began())));
        Ok(Self { problems, has_more })
    }

    /// Those that last.
    pub fn active(&self) -> impl Iterator<Item = &ListedProblem> {
        self.problems.iter().filter(|problem| problem.is_active)
    }

    /// Those that are over.
    pub fn resolved(&self) -> impl Iterator<Item = &ListedProblem> {
        self.problems.iter().filter(|problem| !problem.is_active)
    }

    /// The one of an id.
    pub fn of_id(&self, id: &str) -> Option<&ListedProblem> {
        self.problems.iter().find(|problem| problem.id == id)
    }
}

/// Whether a Condition stands on the problem list. One that says nothing of its category does: nothing is to be lost.
fn is_on_the_list(condition: &Document) -> bool {
    let categories: Vec<_> =
        condition.root().each_of("category").filter_map(|one| concept::code_of(Some(one))).collect();
    let is_of_a_visit = !categories.is_empty() && categories.iter().all(|code| code == "encounter-diagnosis");
    !is_of_a_visit && !is_entered_in_error(condition)
}

impl ListedProblem {
    /// Reads a Condition. `names` are those of recorders, by reference.
    pub fn read(condition: &Document, version: u32, names: &HashMap<String, String>) -> Self {
        let root = condition.root();
        let code = root.get("code");
        let abatement = when(root, "abatement");
        let status = concept::code_of(root.get("clinicalStatus"));
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            version,
            name: concept::text(code).unwrap_or_else(|| "Problem without a name".to_owned()),
            diagnosis_codes: list_entry::codes_of(code, ICD_10_CM),
            clinical_codes: list_entry::codes_of(code, SNOMED_CT),
            onset: when(root, "onset"),
            is_active: match status.as_deref() {
                Some(code) => matches!(code, "active" | "recurrence" | "relapse"),
                None => abatement.is_empty(),
            },
            abatement,
            origin: Origin::read(condition, names),
        }
    }

    /// What it is put in order by.
    fn began(&self) -> &str {
        if self.onset.is_empty() { &self.origin.recorded } else { &self.onset }
    }
}

/// When something of a choice of types was (`onset[x]`, `abatement[x]`): a day as recorded, an age or other words.
fn when(root: Node<'_>, name: &str) -> String {
    let of = |end: &str| root.get(&format!("{name}{end}"));
    let start = of("Period").and_then(|period| period.get("start").or_else(|| period.get("end")));
    let day = [of("DateTime"), start].into_iter().map(concept::day).find(|day| !day.is_empty());
    let age = || {
        let age = of("Age")?;
        let unit = age.get_str("unit").or_else(|| age.get_str("code")).unwrap_or_default();
        Some(format!("at {} {unit}", age.get("value")?.as_number()?).trim_end().to_owned())
    };
    day.or_else(age).or_else(|| Some(of("String")?.as_str()?.into_owned())).unwrap_or_default()
}

impl Lifetime {
    /// Reads a date on which something was: typed, not to come, and not before birth. `None` when nothing is typed.
    ///
    /// # Errors
    /// What to do about the field.
    pub fn read(&self, field: &'static str, typed: &str) -> Result<Option<Date>, Mistake> {
        if typed.trim().is_empty() {
            return Ok(None);
        }
        let date = typed_date::read(typed, self.today).map_err(|message| Mistake::new(field, message))?;
        let words = typed_date::in_words(date);
        if date.first_day() > self.today.first_day() {
            return Err(Mistake::new(field, format!("{words} has not come yet; write a day until today")));
        }
        match self.born.filter(|born| date.last_day() < born.first_day()) {
            Some(born) => {
                let born = typed_date::in_words(born);
                Err(Mistake::new(field, format!("{words} is before the patient was born ({born})")))
            }
            None => Ok(Some(date)),
        }
    }
}

impl NewProblem {
    /// Reads one from a form: what was searched for, the code that was chosen (empty: none, the words are it), the onset.
    ///
    /// # Errors
    /// What to do about a field.
    pub fn read(
        terminology: &Terminology,
        (find, code, onset): (&str, &str, &str),
        life: Lifetime,
    ) -> Result<Self, Mistake> {
        const FIND: &str = "find";
        let onset = life.read("onset", onset)?;
        if code.is_empty() {
            let name = typed_line::needed(FIND, find, "write the problem, such as asthma or I10")?;
            return Ok(Self { name, code: None, onset });
        }
        let known = terminology.lookup(ICD_10_CM, None, code);
        let known =
            known.ok_or_else(|| Mistake::new(FIND, "that is no code of ICD-10-CM; search and choose one"))?;
        Ok(Self { name: known.display, code: Some(code.to_owned()), onset })
    }
}

/// The Condition of a problem that is new (US Core Condition Problems and Health Concerns).
pub(crate) fn condition(problem: &NewProblem, patient: &str, hand: &Hand) -> Object {
    let mut condition = resource("Condition", change::PROFILE);
    condition.set("clinicalStatus", code_only(&hl7("condition-clinical"), "active"));
    condition.set("verificationStatus", code_only(&hl7("condition-ver-status"), "confirmed"));
    condition.set("category", array![on_the_list()]);
    let mut code = Object::new();
    if let Some(icd) = &problem.code {
        code.set("coding", array![coding(ICD_10_CM, icd, &problem.name)]);
    }
    code.set("text", problem.name.as_str());
    condition.set("code", code);
    condition.set("subject", reference(patient));
    if let Some(onset) = problem.onset {
        condition.set("onsetDateTime", onset.to_string());
    }
    condition.set("recordedDate", hand.instant.as_str());
    condition.set("recorder", hand.author.clone());
    condition
}

/// The category of what stands on the list.
fn on_the_list() -> Value {
    concept_of(&hl7("condition-category"), "problem-list-item", "Problem List Item")
}

/// Puts a problem on a patient's list, and gives the id of its Condition.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn add(session: &Session, patient: &str, problem: &NewProblem) -> Result<String, Error> {
    let condition = condition(problem, &format!("Patient/{patient}"), &Hand::of(session));
    let condition = Value::from(condition).to_document();
    let type_id = resource_type("Condition");
    let action = WriteAction::Create { type_id, resource: condition.root(), unless: None };
    let written = session.write(WriteRequest { action, full_url: None })?;
    let key = written.key.ok_or_else(|| Error::request("Condition", "the problem was not added"))?;
    Ok(key.id.to_string())
}
