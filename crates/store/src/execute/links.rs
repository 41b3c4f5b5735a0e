//! What lies behind references, for the matcher: documents read once a search.

use crate::error::StoreError;
use crate::version::Version;
use fhir::Document;
use fhir::schema::TypeId;
use search::matcher::{self, References};
use search::query::Clause;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// Documents kept at a time.
const KEPT: usize = 4_096;

/// How deep clauses may lead from resource to resource.
const DEEPEST: u32 = 8;

/// Where resources are found.
pub(crate) trait Source {
    /// The current version of a resource; `None` when there is none or it is deleted.
    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError>;

    /// Calls `each` with resources of a type, those that refer to a target by a parameter and for which the clause
    /// holds among them, until it answers false.
    fn referring(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
        each: &mut dyn FnMut(Version) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError>;
}

type Kept = HashMap<(TypeId, Box<str>), Option<(Arc<Document>, i64)>>;

/// The matcher with its references at hand.
pub(crate) struct Links<'a, S: Source> {
    source: S,
    ports: &'a dyn search::Ports,
    kept: RefCell<Kept>,
    /// The matcher's port cannot fail: a failure waits here until the match is over.
    fault: RefCell<Option<StoreError>>,
    /// The candidates being matched, the innermost last, with the times they were written.
    at_hand: RefCell<Vec<(TypeId, Box<str>, i64)>>,
    depth: Cell<u32>,
}

impl<'a, S: Source> Links<'a, S> {
    /// Links over a source.
    pub fn new(source: S, ports: &'a dyn search::Ports) -> Self {
        Self {
            source,
            ports,
            kept: RefCell::default(),
            fault: RefCell::default(),
            at_hand: RefCell::default(),
            depth: Cell::default(),
        }
    }

    /// Whether all clauses hold for a version.
    pub fn matches(&self, clauses: &[Clause], version: &Version) -> Result<bool, StoreError> {
        if clauses.is_empty() {
            return Ok(true);
        }
        let Some(document) = version.document()? else { return Ok(false) };
        let holds = self.hold(version, || {
            clauses.iter().all(|clause| matcher::matches(clause, document, self, self.ports))
        });
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => Ok(holds),
        }
    }

    /// Does something with a version as the candidate at hand.
    fn hold<T>(&self, version: &Version, act: impl FnOnce() -> T) -> T {
        let at_hand = (version.key.type_id, version.key.id.clone(), version.updated_ms);
        self.at_hand.borrow_mut().push(at_hand);
        let result = act();
        self.at_hand.borrow_mut().pop();
        result
    }

    fn kept(&self, type_id: TypeId, id: &str) -> Option<(Arc<Document>, i64)> {
        let name = (type_id, Box::from(id));
        if let Some(known) = self.kept.borrow().get(&name) {
            return known.clone();
        }
        let found = self.source.find(type_id, id).and_then(|version| {
            let Some(version) = version else { return Ok(None) };
            Ok(version.document()?.map(|document| (Arc::clone(document), version.updated_ms)))
        });
        let found = found.unwrap_or_else(|fault| {
            self.note(fault);
            None
        });
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(name, found.clone());
        found
    }

    fn note(&self, fault: StoreError) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    fn is_referred_to(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> Result<bool, StoreError> {
        let mut found = false;
        self.source.referring(source, parameter, target, clause, &mut |version| {
            if let Some(document) = version.document()? {
                found = self.hold(&version, || {
                    matcher::refers_to(document, parameter, target, self.ports)
                        && matcher::matches(clause, document, self, self.ports)
                });
            }
            Ok(!found && self.fault.borrow().is_none())
        })?;
        Ok(found)
    }
}

impl<S: Source> References for Links<'_, S> {
    fn resource(&self, type_id: TypeId, id: &str) -> Option<Arc<Document>> {
        self.kept(type_id, id).map(|(document, _)| document)
    }

    fn referred_to_by(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
    ) -> bool {
        if self.depth.get() >= DEEPEST {
            self.note(StoreError::TooCostly { advice: "nest fewer conditions on what refers".into() });
            return false;
        }
        self.depth.set(self.depth.get() + 1);
        let found = self.is_referred_to(source, parameter, target, clause);
        self.depth.set(self.depth.get() - 1);
        found.unwrap_or_else(|fault| {
            self.note(fault);
            false
        })
    }

    fn updated_ms(&self, type_id: TypeId, id: &str) -> Option<i64> {
        let at_hand = self.at_hand.borrow();
        let known = at_hand.iter().rev().find(|(of, name, _)| *of == type_id && &**name == id);
        if let Some((.., updated_ms)) = known {
            return Some(*updated_ms);
        }
        drop(at_hand);
        self.kept(type_id, id).map(|(_, updated_ms)| updated_ms)
    }
}
