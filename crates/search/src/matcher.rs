//! Whether a clause holds for a resource: the one place that knows what a search parameter means.

use crate::query::Clause;
use fhir::Document;
use fhir::schema::TypeId;
use std::sync::Arc;

/// What lies behind references: the store's part in a match.
pub trait References {
    /// The current version of a resource; `None` when there is none.
    fn resource(&self, type_id: TypeId, id: &str) -> Option<Arc<Document>>;

    /// True when a resource of `source` refers by `parameter` to the target and the clause holds for it.
    fn referred_to_by(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> bool;
}

/// What lies outside the data: terminology, the server's own address.
pub trait Ports: Send + Sync {
    /// The server's base URL, without a slash at the end: references to it are local.
    fn base_url(&self) -> &str;
}

/// No references at hand: chains do not hold.
pub struct NoReferences;

impl References for NoReferences {
    fn resource(&self, _: TypeId, _: &str) -> Option<Arc<Document>> {
        None
    }

    fn referred_to_by(&self, _: TypeId, _: &'static str, _: (TypeId, &str), _: &Clause) -> bool {
        false
    }
}

/// Whether the clause holds for the resource.
pub fn matches(
    _clause: &Clause,
    _document: &Document,
    _references: &dyn References,
    _ports: &dyn Ports,
) -> bool {
    false
}
