//! What validation asks of others.

use crate::profile::Profile;
use fhir::Document;
use std::sync::Arc;
pub use terminology::Membership;

/// What is wrong with a coding by its code system, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodingFault(pub String);

/// The questions that a resource alone does not answer.
pub trait Ports {
    /// Whether a code is in a value set, named by its canonical URL, possibly with `|version`. Without a system
    /// (elements of type `code`) any code system of the value set counts.
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership;

    /// Whether a value set takes codes from a code system; false when that is not known.
    fn draws_on(&self, value_set: &str, system: &str) -> bool;

    /// What is wrong with a coding by its code system; `None` too when that is not here.
    fn coding_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<CodingFault> {
        let _ = (system, code, display);
        None
    }

    /// A resource of the caller's own, by a reference to it as it stands in another one.
    fn resource(&self, reference: &str) -> Option<Document> {
        let _ = reference;
        None
    }

    /// A profile of the caller's own that was made ready before ([`crate::profile::own_profile`]), by canonical URL,
    /// possibly with `|version`. Others are made of their [`Ports::definition`].
    fn own_profile(&self, canonical: &str) -> Option<Arc<Profile>> {
        let _ = canonical;
        None
    }

    /// A definition of the caller's own (a StructureDefinition, Questionnaire, CodeSystem, Measure), by canonical URL,
    /// possibly with `|version`.
    fn definition(&self, type_name: &str, canonical: &str) -> Option<Document> {
        let _ = (type_name, canonical);
        None
    }
}
