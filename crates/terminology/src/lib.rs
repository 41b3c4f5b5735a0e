//! Code systems, value sets and maps: look up, expand, validate, translate.
//!
//! [`Terminology`] holds what is built in (unpacked only where it is looked at), what was loaded from licensed
//! sources as [`CodeSystemFile`]s, and the practice's own resources. Nothing here reads files: bytes come in,
//! answers go out.

pub mod archive;
mod built_in;
mod code_system;
pub mod concept_map;
mod error;
mod expansion;
mod grammar;
mod hierarchy;
pub mod loaders;
mod lookup;
mod membership;
mod parameters;
mod terminology;
mod translate;
mod validate_code;
mod value_set;
mod version;

pub use code_system::builder::CodeSystemBuilder;
pub use code_system::concept::{Concept, DISPLAY_USE, Designation, Property};
pub use code_system::file::{Bytes, CodeSystemFile, FileError};
pub use code_system::from_document::{Selection, code_system_from};
pub use code_system::header::{Content, Header, PropertyDefinition};
pub use code_system::row::Row;
pub use concept_map::ConceptMap;
pub use error::Error;
pub use expansion::{ExpandedCode, Expansion, ExpansionRequest};
pub use hierarchy::Subsumption;
pub use lookup::Lookup;
pub use membership::Membership;
pub use parameters::{ValidatedBy, translations_to_parameters};
pub use terminology::Terminology;
pub use translate::{TranslateRequest, Translation};
pub use validate_code::{Coding, Form, Issue, IssueSeverity, Outcome, Scope, ValidateRequest};
pub use value_set::definition::{Clause, Filter, ListedConcept, ValueSet};
