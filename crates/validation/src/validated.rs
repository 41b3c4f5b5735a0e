//! A document that passed: the only thing the record takes.

use crate::outcome::Outcome;
use crate::ports::Ports;
use crate::settings::Settings;
use fhir::Document;

/// A resource without errors, as sent. Can be made only by validating.
#[derive(Clone, Debug)]
pub struct Validated {
    document: Document,
    outcome: Outcome,
}

impl Validated {
    /// Validates a document and keeps it when nothing is an error.
    ///
    /// # Errors
    /// The findings, when one of them is an error.
    pub fn new(document: Document, ports: &dyn Ports, settings: &Settings) -> Result<Self, Outcome> {
        let outcome = crate::validate(&document, ports, settings);
        if outcome.is_valid() { Ok(Self { document, outcome }) } else { Err(outcome) }
    }

    /// The resource.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Warnings and information.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The resource, to keep.
    pub fn into_document(self) -> Document {
        self.document
    }
}
