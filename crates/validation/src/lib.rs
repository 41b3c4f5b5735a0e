//! A resource against the FHIR definitions: structure, types, bindings, references, invariants.
//!
//! [`validate`] walks a [`fhir::Document`] once and gives an [`Outcome`]: what is wrong, where (FHIRPath, line and
//! column) and how to mend it. [`Validated`] is a document that passed; only this crate makes one. What must be
//! asked of others (terminology, other resources) comes through [`Ports`].

mod binding;
mod bundle;
mod contained;
mod extension;
mod invariant;
mod issue;
mod members;
mod narrative;
mod native_invariants;
mod outcome;
mod place;
mod plan;
mod ports;
mod primitive;
pub mod profile;
mod questionnaire;
mod reference;
mod rule;
mod settings;
mod suggestion;
mod terminology_port;
mod thorough;
mod validated;
mod walk;

pub use issue::{Issue, IssueType, Severity};
pub use outcome::Outcome;
pub use ports::{CodingFault, Membership, Ports};
pub use settings::{Declared, Extensions, Settings};
pub use validated::Validated;

use fhir::Document;

/// Validates a document as a resource against the base definitions of its type.
///
/// Never fails itself: whatever is wrong with the document is an [`Issue`] of the outcome. Elements with the same
/// fault are reported one by one until [`Settings::issues_max`].
pub fn validate(document: &Document, ports: &dyn Ports, settings: &Settings) -> Outcome {
    walk::Walk::new(ports, settings).run(document)
}
