//! The codes of a value set: `ValueSet/$expand` (<https://hl7.org/fhir/R4/valueset-operation-expand.html>).

mod member;
mod request;
mod run;
mod text_filter;

pub use request::ExpansionRequest;
pub(crate) use run::display_in;
pub use run::{ExpandedCode, Expansion};
