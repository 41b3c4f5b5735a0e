//! Profiles (FHIR: Profiling): StructureDefinitions read, completed from their bases, and held against resources.
//!
//! A [`Definition`] is a StructureDefinition as facts; [`snapshot`](snapshot::snapshot) completes one that has only a
//! differential. A [`Profile`] is made of it once: the tree of elements, less what the definition of the type demands
//! anyway, so that only the difference costs time. The walk asks for it by canonical: those built in are unpacked
//! when first met, others come through [`crate::Ports`].

mod allowed_type;
mod binding;
mod built_in;
mod check;
mod context;
mod criterion;
mod definition;
mod demand;
mod elsewhere;
mod environment;
mod extension;
mod known;
mod pattern;
mod plan;
mod slicing;
mod snapshot;
mod target;

pub use built_in::{
    built_in_profiles, definition as built_in_definition, profiles_by_type, profiles_of_resources,
};
pub use definition::{BindingRule, Constraint, Definition, ElementRule, Slicing, TypeRule};
pub use demand::Demand;
pub use known::{is_version, own_profile};
pub use plan::Profile;
pub use snapshot::snapshot;

pub(crate) use criterion::{Step, steps};
pub(crate) use definition::{CORE, core_type};
pub(crate) use elsewhere::Elsewhere;
pub(crate) use known::Known;
pub(crate) use snapshot::{Change, snapshot_noting};
