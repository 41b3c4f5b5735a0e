//! The list of allergies where it is kept (LR03): what stands on it, what is put on it, and how a line of it changes.
//!
//! That nothing is known is a statement of its own, an AllergyIntolerance too (US Core): it is made only while no allergy
//! stands, and ends with the first that does.

pub mod change;
pub mod none_known;

use crate::chart::allergy::{Allergy, NONE_KNOWN, UNSAID, says_none};
use crate::chart::{concept, is_entered_in_error, resource_type};
use crate::fhir_parts::{code_only, hl7, reference, resource};
use crate::list_entry::{self, Hand, Origin, plain};
use crate::note::command::{SEVERITIES, Severity};
use crate::replacement::Replacement;
use crate::typed_line::{self, Mistake};
use fhir::{Document, Object, Value, array, object};
use record::write::{WriteAction, WriteRequest};
use record::{Error, Session};
use std::collections::HashMap;

/// The profile of a line, by the end of its name.
pub(crate) const PROFILE: &str = "allergyintolerance";

/// What is known of a patient's allergies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There are some.
    Known,
    /// It was asked, and there are none.
    NoneKnown,
    /// Nothing is recorded that holds now.
    NotRecorded,
    /// Whoever asks may not see them.
    CannotBeSeen,
}

impl State {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Known => "Known allergies",
            Self::NoneKnown => "No known allergies",
            Self::NotRecorded => "Not recorded: ask",
            Self::CannotBeSeen => "Your role does not see allergies: there may be some",
        }
    }
}

/// A patient's list of allergies.
#[derive(Clone, Debug)]
pub struct AllergyList {
    /// What is known.
    pub state: State,
    /// Allergies: active ones first, those that could kill before others.
    pub allergies: Vec<ListedAllergy>,
    /// Statements that there is nothing, or nothing of a kind, that hold now.
    pub none_known: Vec<ListedAllergy>,
    /// Whether there are older ones that are not here.
    pub has_more: bool,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAllergy {
    /// The logical id of its AllergyIntolerance.
    pub id: String,
    /// The version that this is.
    pub version: u32,
    /// To what, what happens, how bad, whether it holds.
    pub allergy: Allergy,
    /// What kinds of substance: codes of FHIR.
    pub categories: Vec<String>,
    /// Whether it could kill: the code of FHIR; empty when not recorded.
    pub criticality: String,
    /// How it stands, in a word.
    pub status: String,
    /// Whether it says that there is no allergy to anything.
    pub says_none: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// An allergy that is to be put on the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAllergy {
    /// To what.
    pub substance: String,
    /// What kind of substance: a code of [`CATEGORIES`].
    pub category: Option<&'static str>,
    /// What happens; empty when that is not said.
    pub reaction: String,
    /// How bad it was.
    pub severity: Option<Severity>,
    /// Whether it could kill: a code of [`CRITICALITIES`].
    pub criticality: Option<&'static str>,
}

/// Kinds of substance (FHIR `allergy-intolerance-category`): code and words.
pub const CATEGORIES: [(&str, &str); 4] = [
    ("medication", "Medication"),
    ("food", "Food"),
    ("environment", "Environment"),
    ("biologic", "Biologic"),
];

/// Whether it could kill (FHIR `allergy-intolerance-criticality`): code and words.
pub const CRITICALITIES: [(&str, &str); 3] =
    [("low", "Low"), ("high", "High"), ("unable-to-assess", "Cannot be assessed")];

/// What a form says of an allergy; empty: it does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    /// To what.
    pub substance: &'a str,
    /// What kind.
    pub category: &'a str,
    /// What happens.
    pub reaction: &'a str,
    /// How bad.
    pub severity: &'a str,
    /// Whether it could kill.
    pub criticality: &'a str,
}

impl NewAllergy {
    /// Reads one from a form.
    ///
    /// # Errors
    /// What to do about a field.
    pub fn read(typed: &Typed<'_>) -> Result<Self, Mistake> {
        let chosen = |field, rows: &[(&'static str, &str)], code: &str| match code {
            "" => Ok(None),
            code => match rows.iter().find(|(known, _)| *known == code) {
                Some((known, _)) => Ok(Some(*known)),
                None => Err(Mistake::new(field, "choose one of these, or none")),
            },
        };
        let severity = SEVERITIES.iter().find(|(word, _)| *word == typed.severity).map(|(_, one)| *one);
        if severity.is_none() && !typed.severity.is_empty() {
            return Err(Mistake::new("severity", "choose one of these, or none"));
        }
        Ok(Self {
            substance: typed_line::needed("substance", typed.substance, "write to what, such as penicillin")?,
            category: chosen("category", &CATEGORIES, typed.category)?,
            reaction: typed_line::line("reaction", typed.reaction)?,
            severity,
            criticality: chosen("criticality", &CRITICALITIES, typed.criticality)?,
        })
    }
}

impl AllergyList {
    /// Reads a patient's.
    ///
    /// # Errors
    /// When the record cannot be searched.
    pub fn read(session: &Session, patient: &str) -> Result<Self, Error> {
        let (found, has_more) = match list_entry::lines(session, "AllergyIntolerance", patient) {
            Ok(found) => found,
            Err(Error::Denied(_)) => return Ok(Self::unseen()),
            Err(error) => return Err(error),
        };
        let with_version = found.iter().filter_map(|one| Some((one.version(), one.document()?)));
        let (versions, documents): (Vec<u32>, Vec<Document>) =
            with_version.filter(|(_, document)| !is_entered_in_error(document)).unzip();
        let names = list_entry::recorders(session, &documents)?;
        let (mut allergies, mut none_known) = (Vec::new(), Vec::new());
        for (version, document) in versions.into_iter().zip(&documents) {
            let line = ListedAllergy::read(document, version, &names);
            match says_none(document) {
                false => allergies.push(line),
                true if line.allergy.is_active => none_known.push(line),
                true => {}
            }
        }
        allergies.sort_by_key(|one| (!one.allergy.is_active, !one.allergy.is_high_criticality));
        let has_active = allergies.first().is_some_and(|one| one.allergy.is_active);
        let state = match (has_active, none_known.is_empty()) {
            (true, _) => State::Known,
            (false, false) => State::NoneKnown,
            (false, true) => State::NotRecorded,
        };
        Ok(Self { state, allergies, none_known, has_more })
    }

    fn unseen() -> Self {
        let (allergies, none_known) = (Vec::new(), Vec::new());
        Self { state: State::CannotBeSeen, allergies, none_known, has_more: false }
    }

    /// Those that hold.
    pub fn active(&self) -> impl Iterator<Item = &ListedAllergy> {
        self.allergies.iter().filter(|one| one.allergy.is_active)
    }

    /// Those that do not.
    pub fn past(&self) -> impl Iterator<Item = &ListedAllergy> {
        self.allergies.iter().filter(|one| !one.allergy.is_active)
    }

    /// The one of an id.
    pub fn of_id(&self, id: &str) -> Option<&ListedAllergy> {
        self.allergies.iter().chain(&self.none_known).find(|one| one.id == id)
    }

    /// Those that are to the same substance, by its words.
    pub fn to(&self, substance: &str) -> Vec<&ListedAllergy> {
        let substance = plain(substance);
        self.allergies.iter().filter(|one| plain(&one.allergy.substance) == substance).collect()
    }
}

impl ListedAllergy {
    fn read(document: &Document, version: u32, names: &HashMap<String, String>) -> Self {
        let root = document.root();
        let code = |name: &str| concept::code_of(root.get(name)).unwrap_or_default();
        let is_refuted = code("verificationStatus") == "refuted";
        let categories = root.each_of("category").filter_map(|one| Some(one.as_str()?.into_owned()));
        Self {
            id: root.get_str("id").unwrap_or_default().into_owned(),
            version,
            allergy: Allergy::read(document),
            categories: categories.collect(),
            criticality: root.get_str("criticality").unwrap_or_default().into_owned(),
            status: if is_refuted { "refuted".to_owned() } else { code("clinicalStatus") },
            says_none: code("code") == NONE_KNOWN[0].0,
            origin: Origin::read(document, names),
        }
    }
}

/// The AllergyIntolerance of an allergy that is new (US Core AllergyIntolerance).
pub(crate) fn intolerance(allergy: &NewAllergy, patient: &str, hand: &Hand) -> Object {
    let mut line = line(object! { "text" => allergy.substance.as_str() }, patient, hand);
    if let Some(category) = allergy.category {
        line.set("category", array![category]);
    }
    if let Some(criticality) = allergy.criticality {
        line.set("criticality", criticality);
    }
    if !allergy.reaction.is_empty() || allergy.severity.is_some() {
        let words = if allergy.reaction.is_empty() { UNSAID } else { &allergy.reaction };
        let mut reaction = Object::new();
        reaction.set("manifestation", array![object! { "text" => words }]);
        if let Some(severity) = allergy.severity {
            reaction.set("severity", severity.code());
        }
        line.set("reaction", Value::Array(vec![reaction.into()]));
    }
    line
}

/// An AllergyIntolerance that holds.
pub(crate) fn line(code: Value, patient: &str, hand: &Hand) -> Object {
    let mut line = resource("AllergyIntolerance", PROFILE);
    line.set("clinicalStatus", code_only(&hl7("allergyintolerance-clinical"), "active"));
    line.set("verificationStatus", code_only(&hl7("allergyintolerance-verification"), "confirmed"));
    line.set("code", code);
    line.set("patient", reference(patient));
    line.set("recordedDate", hand.instant.as_str());
    line.set("recorder", hand.author.clone());
    line
}

/// Puts an allergy on a patient's list, and gives its id. Statements that there is none end in the same commit.
///
/// # Errors
/// When the record refuses it, or cannot be written.
pub fn add(session: &Session, patient: &str, allergy: &NewAllergy) -> Result<String, Error> {
    let of = format!("Patient/{patient}");
    let line = Value::from(intolerance(allergy, &of, &Hand::of(session))).to_document();
    let ended = none_known::ended_by(session, patient, allergy.category.as_slice())?;
    let type_id = resource_type("AllergyIntolerance");
    let action = WriteAction::Create { type_id, resource: line.root(), unless: None };
    let mut requests = vec![WriteRequest { action, full_url: None }];
    requests.extend(ended.iter().map(Replacement::request));
    let key = session.write_all(&requests)?.into_iter().next().and_then(|written| written.key);
    let key = key.ok_or_else(|| Error::request("AllergyIntolerance", "the allergy was not added"))?;
    Ok(key.id.to_string())
}
