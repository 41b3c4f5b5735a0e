//! The practice's own profiles as writes meet them: made ready once, and anew when a StructureDefinition changed.
//!
//! Which definitions there are is one look at the newest version of the type, made when a write first asks for a
//! profile that is not built in or that the practice could have a later one of. What a write itself brings along is not
//! held against: it is not there yet.

use crate::error::Error;
use crate::session::Record;
use fhir::Document;
use fhir::schema::{TypeId, schema};
use search::parse::{Handling, parse};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{HistoryPage, HistoryScope};
use validation::profile::{Profile, is_version, own_profile};
use validation::{CodingFault, Membership, Ports};

/// How many canonicals are remembered: a caller could make them up.
const REMEMBERED_MAX: usize = 4_000;

/// The profiles made ready, and which definitions they were made of.
#[derive(Default)]
pub(crate) struct OwnProfiles {
    kept: Mutex<Kept>,
}

/// The place in the history of the newest definition; `None` when there is none.
type Newest = Option<(u64, u32)>;

#[derive(Default)]
struct Kept {
    newest: Newest,
    profiles: HashMap<String, Option<Arc<Profile>>>,
}

/// What validation is told when something is written.
pub(crate) struct WritePorts<'r> {
    record: &'r Record,
    /// Looked up at the first question.
    newest: OnceCell<Newest>,
    /// What kept a question from being answered: then nothing may be written.
    failure: RefCell<Option<Error>>,
}

impl<'r> WritePorts<'r> {
    pub fn new(record: &'r Record) -> Self {
        Self { record, newest: OnceCell::new(), failure: RefCell::new(None) }
    }

    /// The failure of the world that a question met.
    pub fn failure(&self) -> Result<(), Error> {
        self.failure.take().map_or(Ok(()), Err)
    }

    fn newest(&self) -> Newest {
        *self.newest.get_or_init(|| {
            let page = HistoryPage { count: 1, ..HistoryPage::default() };
            let versions = self.record.store.history(&HistoryScope::Type(structure_definition()), &page);
            let versions = self.noted(versions.map_err(Error::from));
            versions.and_then(|versions| versions.first().map(|newest| newest.place))
        })
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
        let newest = self.newest();
        newest?;
        let kept = || self.record.own_profiles.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().of(newest).profiles.get(canonical) {
            return known.clone();
        }
        // Made outside of the lock: others that are needed for it are asked for meanwhile.
        let found = own_profile(canonical, &Stored { ports: self });
        if self.failure.borrow().is_none() {
            kept().of(newest).profiles.insert(canonical.to_owned(), found.clone());
        }
        found
    }
}

impl Kept {
    /// What was made of these definitions; nothing when there are others now, or too much.
    fn of(&mut self, newest: Newest) -> &mut Self {
        if self.newest != newest || self.profiles.len() >= REMEMBERED_MAX {
            *self = Self { newest, profiles: HashMap::new() };
        }
        self
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
    let asked = [("url".to_owned(), url.to_owned())];
    let request = parse(Some(type_id), None, &asked, Handling::Strict, &*record.ports, &record.limits())?;
    let hits = record.store.search(&request.query, &*record.ports)?;
    let documents = hits.matches.into_iter().filter_map(|found| record.resource(found).document());
    let mut fitting =
        documents.filter(|found| is_version(version, &found.root().get_str("version").unwrap_or_default()));
    Ok(fitting.next())
}

fn structure_definition() -> TypeId {
    schema().resource_named("StructureDefinition").expect("the release defines it")
}
