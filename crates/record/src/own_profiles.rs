//! The practice's own profiles as writes meet them: made ready once, and anew when a StructureDefinition changed.
//!
//! Whether one changed is told by the commits since the last look, which a write makes when it first asks for a profile
//! that the practice could have one of its own for. What a write itself brings along is not held against: it is not there
//! yet.

use crate::changed_since::changed_since;
use crate::error::Error;
use crate::session::Record;
use fhir::Document;
use fhir::schema::{TypeId, schema};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;
use validation::profile::{Profile, is_version, own_profile};
use validation::{CodingFault, Membership, Ports};

/// How many canonicals are remembered: a caller could make them up.
const REMEMBERED_MAX: usize = 4_000;

/// The profiles made ready.
#[derive(Default)]
pub(crate) struct OwnProfiles {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The newest commit that was looked at.
    cursor: u64,
    /// How often definitions were found changed: what was begun before is not kept after.
    generation: u64,
    profiles: HashMap<String, Option<Arc<Profile>>>,
}

impl OwnProfiles {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the commits since the last look; gives the generation of what is kept now.
    fn catch_up(&self, store: &dyn Store) -> Result<u64, Error> {
        let cursor = self.kept().cursor;
        let newest = store.newest_sequence()?;
        let is_changed = newest > cursor && changed_since(store, structure_definition(), cursor, newest)?;
        let mut kept = self.kept();
        kept.cursor = kept.cursor.max(newest);
        if is_changed {
            kept.generation += 1;
            kept.profiles.clear();
        }
        Ok(kept.generation)
    }

    fn keep(&self, generation: u64, canonical: &str, found: Option<Arc<Profile>>) {
        let mut kept = self.kept();
        if kept.profiles.len() >= REMEMBERED_MAX {
            kept.profiles.clear();
        }
        if kept.generation == generation {
            kept.profiles.insert(canonical.to_owned(), found);
        }
    }
}

/// What validation is told when something is written.
pub(crate) struct WritePorts<'r> {
    record: &'r Record,
    /// Looked up at the first question; `None` when that failed.
    generation: OnceCell<Option<u64>>,
    /// What kept a question from being answered: then nothing may be written.
    failure: RefCell<Option<Error>>,
}

impl<'r> WritePorts<'r> {
    pub fn new(record: &'r Record) -> Self {
        Self { record, generation: OnceCell::new(), failure: RefCell::new(None) }
    }

    /// The failure of the world that a question met.
    pub fn failure(&self) -> Result<(), Error> {
        self.failure.take().map_or(Ok(()), Err)
    }

    fn generation(&self) -> Option<u64> {
        let record = self.record;
        *self.generation.get_or_init(|| self.noted(record.own_profiles.catch_up(&*record.store)))
    }

    /// The answer, or nothing and a note of the failure.
    fn noted<T>(&self, answer: Result<T, Error>) -> Option<T> {
        answer.map_err(|error| self.failure.replace(Some(error))).ok()
    }
}

impl Ports for WritePorts<'_> {
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.record.ports.in_value_set(value_set, system, code)
    }

    fn draws_on(&self, value_set: &str, system: &str) -> bool {
        Ports::draws_on(&*self.record.ports, value_set, system)
    }

    fn coding_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<CodingFault> {
        self.record.ports.coding_fault(system, code, display)
    }

    fn own_profile(&self, canonical: &str) -> Option<Arc<Profile>> {
        let generation = self.generation()?;
        let own_profiles = &self.record.own_profiles;
        if let Some(known) = own_profiles.kept().profiles.get(canonical) {
            return known.clone();
        }
        // Made outside of the lock: it may take a while, and others write meanwhile.
        let found = own_profile(canonical, &Stored { ports: self });
        if self.failure.borrow().is_none() {
            own_profiles.keep(generation, canonical, found.clone());
        }
        found
    }
}

/// The definitions themselves, whoever may read them: what is written is held against them all the same.
struct Stored<'p> {
    ports: &'p WritePorts<'p>,
}

impl Ports for Stored<'_> {
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.ports.in_value_set(value_set, system, code)
    }

    fn draws_on(&self, value_set: &str, system: &str) -> bool {
        self.ports.draws_on(value_set, system)
    }

    fn definition(&self, type_name: &str, canonical: &str) -> Option<Document> {
        let type_id = schema().resource_named(type_name)?;
        self.ports.noted(stored(self.ports.record, type_id, canonical)).flatten()
    }
}

/// The stored definition of a canonical; of several the one changed last.
fn stored(record: &Record, type_id: TypeId, canonical: &str) -> Result<Option<Document>, Error> {
    let (url, version) = canonical.split_once('|').unwrap_or((canonical, ""));
    let hits = record.stored(type_id, &[("url", url)])?;
    let documents = hits.matches.into_iter().filter_map(|found| record.resource(found).document());
    let mut fitting =
        documents.filter(|found| is_version(version, &found.root().get_str("version").unwrap_or_default()));
    Ok(fitting.next())
}

fn structure_definition() -> TypeId {
    schema().resource_named("StructureDefinition").expect("the release defines it")
}
