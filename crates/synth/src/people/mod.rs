//! Who the patients are: households, names, addresses, languages.

mod household;
mod names;
mod patient;
mod person;

pub(crate) use patient::resources;
pub(crate) use person::{Person, Sex};
