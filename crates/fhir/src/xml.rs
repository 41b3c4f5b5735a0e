//! XML to and from the JSON tree (R4 §2.6.1), by the tables of the types.
//!
//! What XML says by repeating an element, JSON says by an array; XML's attribute texts are JSON's strings, numbers
//! and booleans; a primitive's id and extensions are inside it in XML and beside it, under `_name`, in JSON. Both
//! ways keep every digit and the narrative's markup as it was written. What one side cannot say is refused, never
//! left out: unknown elements, text between elements, control characters.
//!
//! The reader knows no document type definitions: entities other than XML's own five are refused, and nothing is
//! ever fetched.

mod narrative;
mod reader;
mod text;
mod writer;

pub use reader::from_xml;
pub use writer::{node_to_xml, to_pretty_xml, to_xml};

/// The namespace of FHIR's elements.
pub const FHIR_NAMESPACE: &str = "http://hl7.org/fhir";

/// The namespace of the narrative's elements.
pub const XHTML_NAMESPACE: &str = "http://www.w3.org/1999/xhtml";
