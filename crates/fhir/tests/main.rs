//! Tests of the `fhir` crate.

mod elements;
mod shared_data;
mod ucum;
