//! FHIR resources as trees: JSON and XML in and out, data types, and the schema that gives the trees meaning.
//!
//! A resource is read once into a [`Document`] (a compact tape over the bytes as sent), looked at through
//! [`Node`] (plain JSON) or [`Element`] (JSON read with its StructureDefinition), and changed by way of an
//! owned [`Value`]. Nothing here is generated per resource type: [`schema`] is data.

pub mod address;
pub mod coding;
pub mod contact_point;
pub mod date_time;
pub mod decimal;
pub mod document;
pub mod element;
pub mod human_name;
pub mod money;
pub mod narrative;
pub mod parse_error;
pub mod period;
pub mod quantity;
pub mod quoted;
mod reader;
pub mod reference;
pub mod schema;
pub mod ucum;
pub mod value;
pub mod xml;

pub use document::{Document, Kind, Node};
pub use element::Element;
pub use parse_error::{ParseError, Problem};
pub use reader::Limits;
pub use value::{Object, Value};
