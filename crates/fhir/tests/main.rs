//! Tests of the `fhir` crate.

mod elements;
mod shared_data;
mod ucum;
mod xml_round_trip;
