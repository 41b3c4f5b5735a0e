//! The profiles that one validation meets: those built in, and the caller's own, each made ready once.

use super::built_in;
use super::definition::{CORE, Definition};
use super::plan::Profile;
use super::snapshot::snapshot;
use crate::ports::Ports;
use fhir::schema::schema;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Definitions derived from each other deeper than this are not followed.
const DERIVATION_MAX: usize = 16;

/// Looks profiles up by canonical.
#[derive(Default)]
pub(crate) struct Known {
    own: RefCell<HashMap<String, Option<Arc<Profile>>>>,
}

impl Known {
    /// The profile of a canonical. The caller's own are asked first, so that a practice can have a later version.
    pub fn profile(&self, canonical: &str, ports: &dyn Ports) -> Option<Arc<Profile>> {
        if let Some(known) = self.own.borrow().get(canonical) {
            return known.clone();
        }
        let own = own_definition(canonical, ports, 0)
            .and_then(|definition| Profile::new(&definition))
            .map(Arc::new);
        let found = own.or_else(|| built_in::profile(canonical));
        self.own.borrow_mut().insert(canonical.to_owned(), found.clone());
        found
    }
}

/// A definition of the caller's, with a snapshot.
fn own_definition(canonical: &str, ports: &dyn Ports, depth: usize) -> Option<Definition> {
    let document = ports.structure_definition(canonical)?;
    let mut definition = Definition::read(document.root())?;
    if definition.snapshot.is_empty() {
        definition.snapshot = completed(&definition, ports, depth)?;
    }
    Some(definition)
}

/// The snapshot of a definition that has only a differential.
pub(crate) fn completed(
    definition: &Definition,
    ports: &dyn Ports,
    depth: usize,
) -> Option<Vec<super::ElementRule>> {
    let base = with_snapshot(&definition.base, ports, depth)?;
    let lookup = |canonical: &str| with_snapshot(canonical, ports, depth).map(|found| found.snapshot);
    Some(snapshot(&base.snapshot, &definition.differential, &lookup))
}

/// Any definition with its snapshot: the caller's, one built in, or a type's.
pub(crate) fn with_snapshot(canonical: &str, ports: &dyn Ports, depth: usize) -> Option<Definition> {
    if depth > DERIVATION_MAX {
        return None;
    }
    let core = canonical.strip_prefix(CORE).and_then(|name| schema().type_named(name.split('|').next()?));
    if let Some(type_id) = core {
        return Some(Definition::of_type(type_id));
    }
    own_definition(canonical, ports, depth + 1).or_else(|| built_in::definition(canonical))
}
