//! Code systems as compact, sorted bytes.

pub mod builder;
pub mod concept;
pub mod escape;
pub mod file;
pub mod from_document;
pub mod header;
pub mod row;
