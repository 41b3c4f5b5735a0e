//! What validation asks of others.

use fhir::Document;
pub use terminology::Membership;

/// The questions that a resource alone does not answer.
pub trait Ports {
    /// Whether a code is in a value set, named by its canonical URL, possibly with `|version`. Without a system
    /// (elements of type `code`) any code system of the value set counts.
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership;

    /// Whether a value set takes codes from a code system; false when that is not known.
    fn draws_on(&self, value_set: &str, system: &str) -> bool;

    /// A StructureDefinition of the caller's own, by canonical URL, possibly with `|version`.
    fn structure_definition(&self, canonical: &str) -> Option<Document> {
        let _ = canonical;
        None
    }
}
