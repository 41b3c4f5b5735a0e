//! What lies behind references, for clauses that look at one document and at what it refers to.

use crate::session::Record;
use fhir::Document;
use fhir::schema::TypeId;
use search::compartment::refers_to;
use search::matcher::{References, matches};
use search::query::{Clause, Query};
use std::sync::Arc;
use store::ResourceKey;

/// The current resources of a record. What cannot be read is not there: nothing is granted by it.
pub(crate) struct StoredReferences<'a>(pub &'a Record);

impl References for StoredReferences<'_> {
    fn resource(&self, type_id: TypeId, id: &str) -> Option<Arc<Document>> {
        let version = self.0.store.read(&ResourceKey::new(type_id, id)).ok()??;
        version.document().ok()?.map(Arc::clone)
    }

    fn referred_to_by(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> bool {
        let query = Query {
            types: vec![source],
            clauses: vec![refers_to(parameter, target), clause.clone()],
            count: 1,
            ..Query::default()
        };
        self.0.store.search(&query, &*self.0.ports).is_ok_and(|hits| !hits.matches.is_empty())
    }
}

impl Record {
    /// Whether a clause holds for a document and what it refers to.
    pub(crate) fn clause_holds(&self, clause: &Clause, document: &Document) -> bool {
        matches(clause, document, &StoredReferences(self), &*self.ports)
    }
}
