//! Tests of the `fhirpath` crate.

mod evaluation;
mod official_suite;
mod published_expressions;
#[path = "../../fhir/tests/shared_data.rs"]
mod shared_data;
