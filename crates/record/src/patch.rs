//! Patches: changes to parts of a resource, as JSON Patch (RFC 6902) or FHIRPath Patch (R4 fhirpatch).

mod fhirpath_patch;
mod json_patch;

use crate::error::Error;
use base64::Engine;
use fhir::{Document, Node, Value};

/// A patch, in one of its two languages.
#[derive(Clone, Debug)]
pub enum Patch {
    /// A JSON Patch: an array of operations.
    Json(Document),
    /// A Parameters resource of operations.
    FhirPath(Document),
}

impl Patch {
    /// Reads a patch from a bundle entry: a Parameters resource, or a Binary that holds a JSON Patch.
    pub fn from_resource(resource: Node<'_>) -> Result<Self, Error> {
        match resource.get_str("resourceType").as_deref() {
            Some("Parameters") => Ok(Self::FhirPath(Document::from_node(resource))),
            Some("Binary") => {
                let data = resource.get_str("data").unwrap_or_default();
                let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_bytes());
                let bytes = bytes.map_err(|_| Error::request("Binary.data", "the data is not base64"))?;
                Self::from_json(bytes)
            }
            _ => Err(Error::request(
                "Bundle.entry.resource",
                "a PATCH entry holds a Parameters resource, or a Binary of type application/json-patch+json",
            )),
        }
    }

    /// Reads a JSON Patch.
    pub fn from_json(bytes: Vec<u8>) -> Result<Self, Error> {
        let document = Document::parse(bytes).map_err(|error| Error::request("", error.to_string()))?;
        Ok(Self::Json(document))
    }

    /// The resource with the patch applied: every operation or none.
    pub fn apply(&self, resource: &Document) -> Result<Value, Error> {
        match self {
            Self::Json(patch) => json_patch::apply(resource.into(), patch.root()),
            Self::FhirPath(patch) => fhirpath_patch::apply(resource, patch.root()),
        }
    }
}
