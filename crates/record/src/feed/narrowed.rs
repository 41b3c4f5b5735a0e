//! The feed as an actor may see it: names of what changed, never content.

use super::{Change, STEP_CHANGES};
use crate::error::Error;
use crate::session::{Record, Session};
use access::{Grant, Interaction};
use fhir::schema::{TypeId, schema};
use search::compartment::patients_of;
use std::collections::{BTreeSet, HashMap};
use store::{ResourceKey, Version};

/// What was seen of the feed in one step.
#[derive(Debug, Default)]
pub struct Step {
    /// The commits with something to see, in order.
    pub commits: Vec<SeenCommit>,
    /// Where the next step begins.
    pub cursor: u64,
}

/// What may be seen of a commit.
#[derive(Debug)]
pub struct SeenCommit {
    /// Its place in commit order.
    pub sequence: u64,
    /// Names and versions of what it changed.
    pub changes: Vec<(ResourceKey, u32)>,
}

impl Session {
    /// What changed behind a cursor and the actor may read; of one patient's record only, when one is named. At most
    /// some thousand changes: whoever follows asks again with the step's cursor.
    pub fn changes_after(&self, cursor: u64, patient: Option<&str>) -> Result<Step, Error> {
        let mut step = Step { commits: Vec::new(), cursor };
        let mut leave = HashMap::new();
        for commit in self.record.feed()?.after(cursor, STEP_CHANGES)? {
            step.cursor = commit.sequence;
            let mut changes = Vec::new();
            for change in &commit.changes {
                if self.may_see(change, patient, &mut leave)? {
                    changes.push((change.key.clone(), change.version));
                }
            }
            if !changes.is_empty() {
                step.commits.push(SeenCommit { sequence: commit.sequence, changes });
            }
        }
        Ok(step)
    }

    fn may_see(
        &self,
        change: &Change,
        patient: Option<&str>,
        leave: &mut HashMap<TypeId, Option<Grant>>,
    ) -> Result<bool, Error> {
        let type_id = change.key.type_id;
        let Some(grant) = leave.entry(type_id).or_insert_with(|| self.leave_to_read(type_id)) else {
            return Ok(false);
        };
        if let Some(patient) = patient
            && !self.record.patients_of(change)?.contains(patient)
        {
            return Ok(false);
        }
        self.is_seen(grant, &change.key, change.version)
    }

    /// What the actor may read of a type; `None`: nothing.
    pub(crate) fn leave_to_read(&self, type_id: TypeId) -> Option<Grant> {
        self.leave(Interaction::Read, type_id).ok()
    }

    /// Whether what a change made, or took away, lies within what the actor may read.
    pub(crate) fn is_seen(&self, grant: &Grant, key: &ResourceKey, version: u32) -> Result<bool, Error> {
        if grant.narrowing().is_empty() {
            return Ok(true);
        }
        let version = self.record.content_at(key, version)?;
        Ok(version.is_some_and(|version| self.is_granted(grant, &version)))
    }
}

impl Record {
    /// The patients that a change is about.
    fn patients_of<'a>(&self, change: &'a Change) -> Result<&'a BTreeSet<String>, Error> {
        if let Some(known) = change.patients.get() {
            return Ok(known);
        }
        let mut patients = BTreeSet::new();
        let type_id = change.key.type_id;
        if Some(type_id) == schema().resource_named("Patient") {
            patients.insert(change.key.id.to_string());
        }
        let version = self.content_at(&change.key, change.version)?;
        if let Some(document) = version.as_ref().map(Version::document).transpose()?.flatten() {
            patients.extend(patients_of(type_id, document, self.base_url()));
        }
        Ok(change.patients.get_or_init(|| patients))
    }

    /// A version by its name; in the place of a deletion, the one that it took away.
    fn content_at(&self, key: &ResourceKey, version: u32) -> Result<Option<Version>, Error> {
        match self.store.read_version(key, version)? {
            Some(made) if made.is_deleted() => Ok(self.store.read_version(key, version.saturating_sub(1))?),
            made => Ok(made),
        }
    }
}
