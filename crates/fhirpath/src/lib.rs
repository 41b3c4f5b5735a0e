//! FHIRPath: parsed once, evaluated over FHIR trees.
//!
//! [`Expression::parse`] reads FHIRPath 2.0 (with the functions of 3.0 that FHIR's tests use);
//! [`Expression::evaluate`] runs it for an [`fhir::Element`] in a [`Context`]. What the language asks of others
//! (references, terminology, profiles, the time) comes in through the context; nothing here knows a clock or a store.

mod check;
mod collection;
mod context;
mod distinct;
mod evaluate;
mod evaluation_error;
mod expression;
mod function;
mod item;
mod parse;
mod pattern;
mod quantity;
mod syntax;

pub use check::CheckError;
pub use collection::{Collection, IntoIter};
pub use context::{Context, Environment, NoEnvironment};
pub use evaluation_error::EvaluationError;
pub use expression::Expression;
pub use item::{Item, SystemType, TypeInfo};
pub use parse::error::ParseError;
pub use quantity::{Quantity, Unit};
