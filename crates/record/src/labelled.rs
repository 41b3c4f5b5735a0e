//! Which patients and visits bear a label that counts for what is theirs: found once, and kept by following the commits, so that
//! nobody has to look at the patient and the visit of everything that is read.

use crate::changed_since::{each_change, is_near};
use crate::error::Error;
use crate::session::Record;
use access::{Bearers, Labelled};
use fhir::schema::{TypeId, schema};
use search::matcher::NoPorts;
use search::parse::{Limits, parse_clause};
use search::query::Clause;
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use store::ResourceKey;

/// So many are named in a clause; of more, each resource's patient and visit is looked at.
const NAMED_MAX: usize = 64;
/// Those that were found.
#[derive(Default)]
pub(crate) struct LabelledCache(RwLock<Kept>);

struct Kept {
    /// The newest commit that was followed; `None`: nothing was found yet.
    cursor: Option<u64>,
    /// The labels, as a search names them.
    labels: String,
    patients: HashSet<String>,
    visits: HashSet<String>,
    told: Arc<Labelled>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            cursor: None,
            labels: String::new(),
            patients: HashSet::new(),
            visits: HashSet::new(),
            told: Arc::new(Labelled::UNKNOWN),
        }
    }
}

impl Record {
    /// The patients and visits that bear one of some labels. A commit that was acknowledged before counts.
    pub(crate) fn labelled(&self, labels: &str) -> Result<Arc<Labelled>, Error> {
        let newest = self.store.newest_sequence()?;
        {
            // Asked at every read: those who only look do not wait for each other.
            let kept = self.labelled.0.read().unwrap_or_else(PoisonError::into_inner);
            if kept.labels == labels && kept.cursor.is_some_and(|cursor| cursor >= newest) {
                return Ok(Arc::clone(&kept.told));
            }
        }
        let mut kept = self.labelled.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_same = kept.labels == labels;
        match kept.cursor.filter(|_| is_same) {
            Some(cursor) if cursor >= newest => return Ok(Arc::clone(&kept.told)),
            Some(cursor) if is_near(cursor, newest) => {
                if !self.follow(&mut kept, cursor, newest)? {
                    return Ok(Arc::clone(&kept.told));
                }
            }
            _ => {
                kept.cursor = None;
                labels.clone_into(&mut kept.labels);
                kept.patients = self.bearing(patient(), labels)?;
                kept.visits = self.bearing(encounter(), labels)?;
                kept.cursor = Some(newest);
            }
        }
        kept.told = Arc::new(Labelled { patients: bearers(&kept.patients), visits: bearers(&kept.visits) });
        Ok(Arc::clone(&kept.told))
    }

    /// Looks at what commits changed; gives whether that changed anything.
    fn follow(&self, kept: &mut Kept, after: u64, newest: u64) -> Result<bool, Error> {
        let mut keys: HashSet<ResourceKey> = HashSet::new();
        each_change(&*self.store, after, newest, |key| {
            if [patient(), encounter()].contains(&key.type_id) {
                keys.insert(key);
            }
            true
        })?;
        let mut is_changed = false;
        for key in keys {
            let clause = labels_clause(key.type_id, &kept.labels)?;
            let document = self.store.read(&key)?.and_then(|found| self.resource(found).document());
            let bears = document.is_some_and(|document| self.clause_holds(&clause, &document));
            let set = if key.type_id == patient() { &mut kept.patients } else { &mut kept.visits };
            is_changed |= match bears {
                true => set.insert(key.id.to_string()),
                false => set.remove(&*key.id),
            };
        }
        kept.cursor = Some(newest);
        Ok(is_changed)
    }

    /// The ids of the resources of a type that bear a label.
    fn bearing(&self, type_id: TypeId, labels: &str) -> Result<HashSet<String>, Error> {
        let mut found = HashSet::new();
        self.all_stored(type_id, &[("_security", labels)], |one| {
            found.insert(one.key.id.to_string());
        })?;
        Ok(found)
    }
}

fn bearers(ids: &HashSet<String>) -> Bearers {
    match ids.len() {
        0..=NAMED_MAX => Bearers::These(ids.iter().cloned().collect()),
        _ => Bearers::Many,
    }
}

fn labels_clause(type_id: TypeId, labels: &str) -> Result<Clause, Error> {
    Ok(parse_clause(&[type_id], "_security", labels, &NoPorts, &Limits::default())?)
}

fn patient() -> TypeId {
    crate::audit::patient()
}

fn encounter() -> TypeId {
    schema().resource_named("Encounter").expect("the release defines it")
}
