//! FHIR search: parameters as data, queries from URLs, index rows from resources, matching in memory.
//!
//! The idea: **index rows find candidates, the matcher decides.** [`rows`] says what a resource writes into the
//! index; [`access`] says which rows hold a superset of what a clause asks for; the matcher reads the
//! resource itself and is the only place that knows what a parameter means. A store may answer by any access
//! path, or none, and the answer is the same.

pub mod access;
pub mod compartment;
mod escape;
mod fold;
mod form;
mod hash;
pub mod include;
mod index_policy;
pub mod matcher;
pub mod near;
pub mod parameter;
pub mod parse;
mod path;
pub mod prefix;
pub mod query;
pub mod rows;
mod search_error;
pub mod sort;
pub mod text;
pub mod value;

pub use fold::fold;
pub use matcher::Ports;
pub use search_error::{SearchError, SearchErrorKind};
