//! Tests of the `fhir` crate.

mod corpus;
mod elements;
mod shared_data;
mod ucum;
mod xml;
mod xml_round_trip;
