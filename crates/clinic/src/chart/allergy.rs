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
    /// Whoever asks may not see them: there may be some.
    CannotBeSeen,
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
    /// False for resolved and refuted ones.
    pub is_active: bool,
}

/// What stands for what happened when only its severity is known: a reaction has a manifestation (FHIR).
pub(crate) const UNSAID: &str = "not recorded";

/// SNOMED CT codes that say that no allergy is known, and of which kind of substance (FHIR
/// `allergy-intolerance-category`); empty: of any.
pub(crate) const NONE_KNOWN: [(&str, &str); 4] =
    [("716186003", ""), ("409137002", "medication"), ("429625007", "food"), ("428607008", "environment")];

/// Whether an AllergyIntolerance says that there is no allergy.
pub(crate) fn says_none(document: &Document) -> bool {
    let code = concept::code_of(document.root().get("code"));
    code.is_some_and(|code| NONE_KNOWN.iter().any(|(known, _)| *known == code))
}

impl Allergies {
    /// Reads AllergyIntolerances.
    pub fn read(resources: &[Document]) -> Self {
        let (none, others): (Vec<_>, Vec<_>) = resources.iter().partition(|one| says_none(one));
        let says_none_now = none.into_iter().any(|one| Allergy::read(one).is_active);
        let mut allergies: Vec<_> = others.into_iter().map(Allergy::read).collect();
        allergies.sort_by_key(|one| (!one.is_active, !one.is_high_criticality, !one.is_high_risk));
        match allergies.first() {
            Some(first) if first.is_active || !says_none_now => Self::Known(allergies),
            None if !says_none_now => Self::NotRecorded,
            _ => Self::NoneKnown,
        }
    }
}

impl Allergy {
    pub(crate) fn read(resource: &Document) -> Self {
        let root = resource.root();
        let reactions = root.each_of("reaction").flat_map(|reaction| reaction.each_of("manifestation"));
        let reactions = reactions.filter_map(|one| concept::text(Some(one)));
        let reactions: Vec<_> = reactions.filter(|words| words != UNSAID).collect();
        let severity = root.each_of("reaction").find_map(|reaction| reaction.get_str("severity"));
        let is_high = root.get_str("criticality").as_deref() == Some("high");
        let status = concept::code_of(root.get("clinicalStatus"));
        let is_refuted = concept::code_of(root.get("verificationStatus")).as_deref() == Some("refuted");
        Self {
            substance: concept::text(root.get("code")).unwrap_or_else(|| "Unnamed substance".to_owned()),
            reactions: reactions.join(", "),
            is_high_criticality: is_high,
            is_high_risk: is_high || severity.as_deref() == Some("severe"),
            severity: severity.unwrap_or_default().into_owned(),
            is_active: !is_refuted && !matches!(status.as_deref(), Some("inactive" | "resolved")),
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
