//! Tests of the `fhir` crate.

mod elements;
