//! Resources that lie outside of the document, and whether they meet the profiles that references to them ask for.
//!
//! A resource fetched is walked by a walk of its own; all walks of a validation share what they fetched and found, so
//! that circles of resources end and none is fetched twice.

use super::plan::Profile;
use crate::ports::Ports;
use crate::walk::Walk;
use fhir::{Document, Element, Node};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// More resources than this are not fetched; what the others are is not held against the document.
const FETCHED_MAX: usize = 100;

/// Resources followed deeper than this are taken as they should be.
const NESTING_MAX: usize = 20;

/// What the walks of a validation fetched and found.
#[derive(Default)]
pub(crate) struct Elsewhere {
    documents: RefCell<HashMap<String, Option<Rc<Document>>>>,
    /// Whether the resource of a reference meets a profile; while it is being worked out, it does.
    answers: RefCell<HashMap<(String, String), bool>>,
}

impl Elsewhere {
    fn document(&self, reference: &str, ports: &dyn Ports) -> Option<Rc<Document>> {
        if let Some(known) = self.documents.borrow().get(reference) {
            return known.clone();
        }
        if self.documents.borrow().len() >= FETCHED_MAX {
            return None;
        }
        let found = ports.resource(reference).map(Rc::new);
        self.documents.borrow_mut().insert(reference.to_owned(), found.clone());
        found
    }
}

impl Walk<'_> {
    /// Whether the resource that a reference means, outside of the document, meets a profile; `None` when it is not at
    /// hand, or nobody asked for so much.
    pub(crate) fn meets_elsewhere(&self, reference: Node<'_>, profile: &Arc<Profile>) -> Option<bool> {
        if !self.settings.is_thorough {
            return None;
        }
        let text = reference.get_str("reference")?;
        let document = self.elsewhere.document(&text, self.ports)?;
        let key = (text.into_owned(), profile.canonical());
        if let Some(known) = self.elsewhere.answers.borrow().get(&key) {
            return Some(*known);
        }
        let mut walk = Walk::new(self.ports, self.settings);
        walk.nesting = self.nesting + 1;
        if walk.nesting > NESTING_MAX {
            return Some(true);
        }
        self.elsewhere.answers.borrow_mut().insert(key.clone(), true);
        walk.elsewhere = Rc::clone(&self.elsewhere);
        let found = walk.conforms(Element::resource(&document)?, profile);
        self.elsewhere.answers.borrow_mut().insert(key, found);
        Some(found)
    }
}
