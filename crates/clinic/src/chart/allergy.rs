//! Allergies, and what is known of there being any.

use crate::chart::concept;
use fhir::Document;

/// What is known of a patient's allergies. "None" and "nobody asked" are never the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allergies {
    /// Nothing was recorded.
    NotRecorded,
    /// It was asked, and there are none.
    NoneKnown,
    /// These; active ones first.
    Known(Vec<Allergy>),
}

/// An allergy or intolerance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allergy {
    /// To what.
    pub substance: String,
    /// What happens.
    pub reactions: String,
    /// How bad: `mild`, `moderate`, `severe`; empty when not recorded.
    pub severity: String,
    /// Whether it is recorded that it could kill.
    pub is_high_criticality: bool,
    /// Whether it could kill, or was severe.
    pub is_high_risk: bool,
    /// False for resolved ones.
    pub is_active: bool,
}

/// SNOMED CT codes that say there is no allergy: no known allergy, no known drug allergy.
const NONE_KNOWN: [&str; 2] = ["716186003", "409137002"];

impl Allergies {
    /// Reads AllergyIntolerances.
    pub fn read(resources: &[Document]) -> Self {
        let says_none = |document: &Document| {
            let code = concept::code_of(document.root().get("code"));
            code.is_some_and(|code| NONE_KNOWN.contains(&code.as_str()))
        };
        let mut allergies: Vec<_> =
            resources.iter().filter(|one| !says_none(one)).map(Allergy::read).collect();
        allergies.sort_by_key(|one| (!one.is_active, !one.is_high_criticality, !one.is_high_risk));
        match (allergies.is_empty(), resources.is_empty()) {
            (true, true) => Self::NotRecorded,
            (true, false) => Self::NoneKnown,
            (false, _) => Self::Known(allergies),
        }
    }
}

impl Allergy {
    fn read(resource: &Document) -> Self {
        let root = resource.root();
        let reactions = root.each_of("reaction").flat_map(|reaction| reaction.each_of("manifestation"));
        let reactions: Vec<_> = reactions.filter_map(|one| concept::text(Some(one))).collect();
        let severity = root.each_of("reaction").find_map(|reaction| reaction.get_str("severity"));
        let is_high = root.get_str("criticality").as_deref() == Some("high");
        let status = concept::code_of(root.get("clinicalStatus"));
        Self {
            substance: concept::text(root.get("code")).unwrap_or_else(|| "Unnamed substance".to_owned()),
            reactions: reactions.join(", "),
            is_high_criticality: is_high,
            is_high_risk: is_high || severity.as_deref() == Some("severe"),
            severity: severity.unwrap_or_default().into_owned(),
            is_active: !matches!(status.as_deref(), Some("inactive" | "resolved")),
        }
    }
}

impl Allergy {
    /// What happens and how bad, in words.
    pub fn detail(&self) -> String {
        let parts = [self.reactions.as_str(), self.severity.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}
