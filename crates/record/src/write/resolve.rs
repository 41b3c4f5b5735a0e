//! Which resource each request is about, and how: conditions become names.
//!
//! Deletes are resolved first: in a transaction they come first, so what they take away is there for no condition
//! (R4 http §3.1.0.11.2).

use super::decision::Decision;
use super::{Permit, Target, WriteAction, WriteRequest};
use crate::bundle;
use crate::condition::Condition;
use crate::error::Error;
use crate::resource::Resource;
use fhir::Node;
use std::collections::HashMap;
use store::{Expect, ResourceKey, Version};

/// Where a request ends up.
pub(super) enum Resolved {
    /// Something is put at a key.
    Put { key: ResourceKey, expect: Expect },
    /// A key is deleted.
    Delete { key: ResourceKey, expect: Expect },
    /// A conditional create found this one.
    Existing(Resource),
    /// A conditional delete found nothing.
    Nothing,
}

impl Resolved {
    /// What is written.
    pub fn written_key(&self) -> Option<&ResourceKey> {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => Some(key),
            Self::Existing(_) | Self::Nothing => None,
        }
    }
}

impl Resolved {
    /// What was found and is shown.
    pub fn existing(&self) -> Option<&Version> {
        match self {
            Self::Existing(resource) => Some(resource.version_of()),
            _ => None,
        }
    }
}

impl Decision<'_> {
    /// Resolves every request, deletes first.
    pub(super) fn resolve_all(&mut self) -> Result<(), Error> {
        let is_delete = |request: &WriteRequest<'_>| matches!(request.action, WriteAction::Delete { .. });
        let requests = self.requests;
        let (deletes, others): (Vec<_>, Vec<_>) =
            requests.iter().enumerate().partition(|(_, request)| is_delete(request));
        let mut resolved: HashMap<usize, Resolved> = HashMap::with_capacity(requests.len());
        for (index, request) in deletes {
            let found = self.resolve(request, &self.permits[index]).map_err(|error| error.in_entry(index))?;
            self.deleted.extend(found.written_key().cloned());
            resolved.insert(index, found);
        }
        self.refuse_one_condition_twice()?;
        for (index, request) in others {
            let found = self.resolve(request, &self.permits[index]).map_err(|error| error.in_entry(index))?;
            self.name(request, &found).map_err(|error| error.in_entry(index))?;
            resolved.insert(index, found);
        }
        self.resolved = (0..requests.len()).filter_map(|index| resolved.remove(&index)).collect();
        self.refuse_overlap()
    }

    fn name(&mut self, request: &WriteRequest<'_>, resolved: &Resolved) -> Result<(), Error> {
        let key = match resolved {
            Resolved::Put { key, .. } => key,
            Resolved::Existing(resource) => resource.key(),
            Resolved::Delete { .. } | Resolved::Nothing => return Ok(()),
        };
        match &request.full_url {
            Some(full_url) => self.names.add(full_url, key),
            None => Ok(()),
        }
    }

    fn resolve(&mut self, request: &WriteRequest<'_>, permit: &Permit) -> Result<Resolved, Error> {
        match &request.action {
            WriteAction::Create { unless: None, type_id, .. } => {
                let key = ResourceKey::new(*type_id, (self.session.record.new_id)());
                Ok(Resolved::Put { key, expect: Expect::Absent })
            }
            WriteAction::Create { unless: Some(condition), .. } => self.resolve_create(condition, permit),
            WriteAction::Update { target: Target::Key(key), expect, .. }
            | WriteAction::Patch { target: Target::Key(key), expect, .. } => {
                Ok(Resolved::Put { key: key.clone(), expect: *expect })
            }
            WriteAction::Update { target: Target::Condition(condition), resource, expect } => {
                self.resolve_update(condition, *resource, *expect, permit)
            }
            WriteAction::Patch { target: Target::Condition(condition), expect, .. } => {
                let key = self.one_match(condition, permit)?;
                let key = key.ok_or_else(|| Error::NotFound(format!("{} to patch", condition.text)))?;
                Ok(Resolved::Put { key, expect: *expect })
            }
            WriteAction::Delete { target: Target::Key(key), expect } => {
                Ok(Resolved::Delete { key: key.clone(), expect: *expect })
            }
            WriteAction::Delete { target: Target::Condition(condition), expect } => {
                Ok(match self.one_match(condition, permit)? {
                    Some(key) => Resolved::Delete { key, expect: *expect },
                    None => Resolved::Nothing,
                })
            }
        }
    }

    fn resolve_create(&mut self, condition: &Condition, permit: &Permit) -> Result<Resolved, Error> {
        let Some(key) = self.one_match(condition, permit)? else {
            let key = ResourceKey::new(condition.type_id, (self.session.record.new_id)());
            return Ok(Resolved::Put { key, expect: Expect::Absent });
        };
        let version = self.session.record.store.read(&key)?.filter(|version| !version.is_deleted());
        // Deleted since the search: what was decided on changed.
        let version = version.ok_or(store::StoreError::VersionConflict { key, current: 0 })?;
        Ok(Resolved::Existing(match &permit.search {
            Some(grant) => self.session.shown_under(grant, version),
            None => self.session.record.resource(version),
        }))
    }

    fn resolve_update(
        &mut self,
        condition: &Condition,
        resource: Node<'_>,
        expect: Expect,
        permit: &Permit,
    ) -> Result<Resolved, Error> {
        let type_name = condition.type_id.name();
        match (self.one_match(condition, permit)?, resource.get_str("id")) {
            (Some(key), Some(id)) if *key.id != *id => Err(Error::request(
                format!("{type_name}.id"),
                format!(
                    "the resource has id '{id}' but the condition matches {key}; leave out the id or give that one"
                ),
            )),
            (Some(key), _) => Ok(Resolved::Put { key, expect }),
            (None, _) if matches!(expect, Expect::Version(_)) => Err(Error::Condition {
                condition: condition.text.clone(),
                found: "no resource",
                advice: "so there is no version to match; leave out the version to make a new one",
            }),
            (None, Some(id)) => {
                let key = bundle::key(condition.type_id, &id)?;
                Ok(Resolved::Put { key, expect: Expect::Absent })
            }
            (None, None) => {
                let key = ResourceKey::new(condition.type_id, (self.session.record.new_id)());
                Ok(Resolved::Put { key, expect: Expect::Absent })
            }
        }
    }

    /// What a condition names now, less what is deleted here and what may not be seen. That it still names that, or
    /// nothing, at the moment of the commit is a precondition.
    fn one_match(&mut self, condition: &Condition, permit: &Permit) -> Result<Option<ResourceKey>, Error> {
        let mut condition = condition.clone();
        if let Some(grant) = &permit.search {
            grant.narrow(&mut condition.query);
        }
        self.session.conditions().exclude(&mut condition, &self.deleted)?;
        let found = self.session.conditions().at_most_one(&condition)?;
        self.preconditions.push(match &found {
            Some(key) => condition.only(key),
            None => condition.none(),
        });
        Ok(found)
    }

    /// Two entries with one condition would each find nothing and make two of what must be one.
    fn refuse_one_condition_twice(&self) -> Result<(), Error> {
        let mut seen = HashMap::new();
        for (index, request) in self.requests.iter().enumerate() {
            let Some(condition) = request.action.condition() else { continue };
            if let Some(first) = seen.insert(condition.text.as_str(), index) {
                let message = format!(
                    "entries {first} and {index} have the same condition '{}'; keep one of them",
                    condition.text
                );
                return Err(Error::request("Bundle.entry", message).in_entry(index));
            }
        }
        Ok(())
    }

    fn refuse_overlap(&self) -> Result<(), Error> {
        let mut seen = std::collections::HashSet::new();
        for (index, resolved) in self.resolved.iter().enumerate() {
            if let Some(key) = resolved.written_key()
                && !seen.insert(key)
            {
                let message = format!("{key} is written twice in one transaction; keep one of the entries");
                return Err(Error::request("Bundle.entry", message).in_entry(index));
            }
        }
        Ok(())
    }
}
