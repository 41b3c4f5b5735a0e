//! What validation asks of others.

pub use terminology::Membership;

/// The questions that a resource alone does not answer.
pub trait Ports {
    /// Whether a code is in a value set, named by its canonical URL, possibly with `|version`. Without a system
    /// (elements of type `code`) any code system of the value set counts.
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership;

    /// Whether a value set takes codes from a code system; false when that is not known.
    fn draws_on(&self, value_set: &str, system: &str) -> bool;
}
