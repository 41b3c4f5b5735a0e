//! Immunizations.

use crate::chart::concept;
use fhir::Document;

/// A vaccine given, or not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Immunization {
    /// Which vaccine.
    pub vaccine: String,
    /// When.
    pub date: String,
    /// False when it was refused or left out.
    pub was_given: bool,
    /// Why it was not given; empty otherwise.
    pub reason: String,
}

impl Immunization {
    /// Reads an Immunization.
    pub fn read(resource: &Document) -> Self {
        let root = resource.root();
        let was_given = root.get_str("status").as_deref() == Some("completed");
        Self {
            vaccine: concept::text(root.get("vaccineCode")).unwrap_or_else(|| "Unnamed vaccine".to_owned()),
            date: concept::day(root.get("occurrenceDateTime")),
            reason: concept::text(root.get("statusReason")).filter(|_| !was_given).unwrap_or_default(),
            was_given,
        }
    }
}
