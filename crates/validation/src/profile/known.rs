//! The profiles that one validation meets: those built in, and the caller's own, each made ready once.

use super::built_in;
use super::definition::{Definition, ElementRule, core_type};
use super::plan::Profile;
use super::snapshot::snapshot;
use crate::ports::Ports;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The profile of a canonical, made of the caller's own definitions alone: to be kept and given to validations by
/// [`Ports::own_profile`].
pub fn own_profile(canonical: &str, ports: &dyn Ports) -> Option<Arc<Profile>> {
    Known::default().own_profile(canonical, ports)
}

/// Whether a version is the one that a canonical asks for: the same, or one that begins with it (`1.2` asks for any
/// `1.2.x`). Without one, any will do.
pub fn is_version(asked: &str, found: &str) -> bool {
    asked.is_empty() || found.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Looks profiles up by canonical.
#[derive(Default)]
pub(crate) struct Known {
    profiles: RefCell<HashMap<String, Option<Arc<Profile>>>>,
    /// The caller's own definitions, completed; `None` also while one is being completed, so that circles end.
    own: RefCell<HashMap<String, Option<Arc<Definition>>>>,
}

impl Known {
    /// The profile of a canonical. The caller's own are asked first, so that a practice can have a later version.
    pub fn profile(&self, canonical: &str, ports: &dyn Ports) -> Option<Arc<Profile>> {
        if let Some(known) = self.profiles.borrow().get(canonical) {
            return known.clone();
        }
        let own = ports.own_profile(canonical).or_else(|| self.own_profile(canonical, ports));
        let found = own.or_else(|| built_in::profile(canonical));
        self.profiles.borrow_mut().insert(canonical.to_owned(), found.clone());
        found
    }

    /// A profile of the caller's, or what it says of one element, named behind a `#`.
    fn own_profile(&self, canonical: &str, ports: &dyn Ports) -> Option<Arc<Profile>> {
        let profile = match canonical.split_once('#') {
            None => Profile::new(&*self.own_definition(canonical, ports)?),
            Some((whole, id)) => Profile::new(&self.own_definition(whole, ports)?.of_element(id)?),
        };
        profile.map(Arc::new)
    }

    /// A definition of the caller's, with a snapshot.
    fn own_definition(&self, canonical: &str, ports: &dyn Ports) -> Option<Arc<Definition>> {
        if let Some(known) = self.own.borrow().get(canonical) {
            return known.clone();
        }
        let document = ports.definition("StructureDefinition", canonical)?;
        let mut definition = Definition::read(document.root())?;
        self.own.borrow_mut().insert(canonical.to_owned(), None);
        if definition.snapshot.is_empty() {
            let base = self.snapshot(&definition.base, ports)?;
            let lookup = |canonical: &str| self.snapshot(canonical, ports);
            definition.snapshot = snapshot(&base, &definition.differential, &lookup);
        }
        let definition = Arc::new(definition);
        self.own.borrow_mut().insert(canonical.to_owned(), Some(Arc::clone(&definition)));
        Some(definition)
    }

    /// The snapshot of any definition: a type's, the caller's, or one built in.
    pub fn snapshot(&self, canonical: &str, ports: &dyn Ports) -> Option<Vec<ElementRule>> {
        if let Some(type_id) = core_type(canonical) {
            return Some(Definition::of_type(type_id).snapshot);
        }
        match self.own_definition(canonical, ports) {
            Some(own) => Some(own.snapshot.clone()),
            None => built_in::definition(canonical).map(|found| found.snapshot),
        }
    }
}
