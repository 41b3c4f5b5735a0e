//! What lies behind references, for the matcher: documents read once a search.

use crate::error::StoreError;
use crate::snapshot::Stored;
use crate::version::{ResourceKey, Version};
use fhir::Document;
use fhir::schema::TypeId;
use search::matcher::{self, References};
use search::query::Clause;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Documents kept at a time.
const KEPT: usize = 4_096;

/// How deep clauses may lead from resource to resource.
const DEEPEST: u32 = 8;

/// Where resources are found.
pub(crate) trait Source {
    /// The current version of a resource; `None` when there is none or it is deleted.
    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError>;

    /// The same, when that asks nothing of another process; `None` when it would.
    fn at_hand(&self, type_id: TypeId, id: &str) -> Result<Option<Option<Version>>, StoreError> {
        self.find(type_id, id).map(Some)
    }

    /// Current versions by name, in the order that they are asked for.
    fn find_all(&self, wanted: &[ResourceKey]) -> Result<Vec<Option<Version>>, StoreError> {
        wanted.iter().map(|key| self.find(key.type_id, &key.id)).collect()
    }

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

type Kept = HashMap<ResourceKey, Option<(Arc<Document>, i64)>>;

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
    /// While it is some, what is not at hand is noted here instead of read.
    put_off: RefCell<Option<HashSet<ResourceKey>>>,
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
            put_off: RefCell::default(),
        }
    }

    /// Those for which all clauses hold, in their order. Who refers to what is not at hand is looked at twice: in between,
    /// what all of them refer to is read together.
    pub fn matching(&self, clauses: &[Clause], candidates: Vec<Stored>) -> Result<Vec<Stored>, StoreError> {
        let mut holds = Vec::with_capacity(candidates.len());
        let mut wanted = HashSet::new();
        for candidate in &candidates {
            self.put_off.replace(Some(HashSet::new()));
            let known = self.matches(clauses, &candidate.version);
            let put_off = self.put_off.take().unwrap_or_default();
            holds.push(known.map(|holds| put_off.is_empty().then_some(holds))?);
            wanted.extend(put_off);
        }
        if !wanted.is_empty() {
            let wanted: Vec<ResourceKey> = wanted.into_iter().collect();
            let found = self.source.find_all(&wanted)?;
            for (key, found) in wanted.into_iter().zip(found) {
                self.keep(key, document_of(found)?);
            }
        }
        let mut matching = Vec::new();
        for (candidate, holds) in candidates.into_iter().zip(holds) {
            let holds = match holds {
                Some(holds) => holds,
                None => self.matches(clauses, &candidate.version)?,
            };
            matching.extend(holds.then_some(candidate));
        }
        Ok(matching)
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
        let key = ResourceKey::new(type_id, id);
        if let Some(known) = self.kept.borrow().get(&key) {
            return known.clone();
        }
        let found = self.source.at_hand(type_id, id).and_then(|at_hand| {
            let is_put_off = || self.depth.get() == 0 && self.put_off(&key);
            match at_hand {
                None if is_put_off() => Ok(None),
                None => document_of(self.source.find(type_id, id)?).map(Some),
                Some(found) => document_of(found).map(Some),
            }
        });
        match found {
            Ok(None) => None,
            Ok(Some(found)) => {
                self.keep(key, found.clone());
                found
            }
            Err(fault) => {
                self.note(fault);
                None
            }
        }
    }

    /// Notes what is to be read later; false when nothing is put off.
    fn put_off(&self, key: &ResourceKey) -> bool {
        self.put_off.borrow_mut().as_mut().map(|put_off| put_off.insert(key.clone())).is_some()
    }

    fn keep(&self, key: ResourceKey, found: Option<(Arc<Document>, i64)>) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, found);
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

/// The tree of a version with the time that it was written.
fn document_of(version: Option<Version>) -> Result<Option<(Arc<Document>, i64)>, StoreError> {
    let Some(version) = version else { return Ok(None) };
    Ok(version.document()?.map(|document| (Arc::clone(document), version.updated_ms)))
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
