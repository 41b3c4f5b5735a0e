//! What became of a batch, told to the caller.

use super::decision::Decision;
use super::resolve::Resolved;
use super::{Effect, Written};
use crate::error::Error;
use crate::resource::Resource;
use std::collections::HashMap;
use std::sync::Arc;
use store::{Action, Body, Change, Expect, StoreError, Version};

/// A change, and what it will have done.
pub(super) struct Planned {
    /// Which request it belongs to.
    pub request: usize,
    pub change: Change,
    pub effect: Effect,
}

/// Why a commit did not happen.
pub(super) enum Refusal {
    /// What it was decided on changed: decide again.
    Again,
    /// For good.
    Final(Box<Error>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error.innermost() {
            Error::Store(StoreError::VersionConflict { .. }) => Self::Again,
            _ => Self::Final(Box::new(error)),
        }
    }
}

impl Written {
    pub(super) fn of(effect: Effect, resource: Resource) -> Self {
        Self {
            effect,
            key: Some(resource.key().clone()),
            version: resource.version(),
            updated_ms: resource.updated_ms(),
            resource: Some(resource),
        }
    }
}

impl Decision<'_> {
    /// What a store's refusal means for the caller.
    pub(super) fn refusal(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::ConditionConflict { precondition, .. } => {
                match self.requirements.get(&precondition) {
                    Some(requirement) => Error::Rule(requirement.violation.clone()).into(),
                    None => Refusal::Again,
                }
            }
            StoreError::VersionConflict { key, current } => {
                let change =
                    self.planned.iter().map(|planned| &planned.change).find(|change| change.key == key);
                let from_caller = !self.own_expectations.contains(&key);
                match change.map(|change| change.expect) {
                    Some(Expect::Version(expected)) if from_caller => {
                        Error::VersionConflict { key, current, expected }.into()
                    }
                    Some(Expect::Absent) if from_caller => {
                        Error::VersionConflict { key, current, expected: 0 }.into()
                    }
                    _ => Refusal::Again,
                }
            }
            other => Error::Store(other).into(),
        }
    }

    /// The answers, in the order of the requests. `commit` is its place in commit order and its time.
    pub(super) fn written(&self, commit: Option<(u64, i64)>, versions: &[u32]) -> Vec<Written> {
        let positions: HashMap<usize, usize> =
            self.planned.iter().enumerate().map(|(position, planned)| (planned.request, position)).collect();
        let one = |(index, resolved): (usize, &Resolved)| match resolved {
            Resolved::Existing(resource) => Written::of(Effect::Existing, resource.clone()),
            Resolved::Nothing => {
                Written { effect: Effect::Deleted, resource: None, key: None, version: 0, updated_ms: 0 }
            }
            Resolved::Put { .. } | Resolved::Delete { .. } => match (self.unchanged.get(&index), commit) {
                (Some(version), _) => {
                    Written::of(Effect::Unchanged, self.session.record.resource(version.clone()))
                }
                (None, Some((sequence, time_ms))) => {
                    let position = positions[&index];
                    let place = (sequence, made_before(versions, position));
                    self.written_change(&self.planned[position], versions[position], time_ms, place)
                }
                (None, None) => unreachable!("without changes there is nothing but what exists"),
            },
        };
        self.resolved.iter().enumerate().map(one).collect()
    }

    fn written_change(&self, planned: &Planned, version: u32, time_ms: i64, place: (u64, u32)) -> Written {
        let key = planned.change.key.clone();
        match &planned.change.action {
            Action::Delete => Written {
                effect: planned.effect,
                resource: None,
                key: Some(key),
                version,
                updated_ms: if version == 0 { 0 } else { time_ms },
            },
            Action::Put { body, splice, .. } => {
                let (body, splice) = (Some(Arc::new(Body::new(Arc::clone(body)))), *splice);
                let version =
                    Version { key, version, updated_ms: time_ms, body, is_shredded: false, splice, place };
                Written::of(planned.effect, self.session.record.resource(version))
            }
        }
    }
}

/// The place of a version in its commit: changes that made none are not counted.
fn made_before(versions: &[u32], position: usize) -> u32 {
    let made = versions[..position].iter().filter(|version| **version > 0).count();
    u32::try_from(made).unwrap_or(u32::MAX)
}
