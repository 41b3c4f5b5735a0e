//! Writes: one resource or a whole transaction, by one path.
//!
//! Targets and conditions are resolved, references rewritten, every resource validated and held against the write
//! rules; then one batch goes to the store, all or nothing. What was read to decide is a precondition of the batch:
//! if it changed meanwhile, the write is decided anew.

use crate::audit::{AuditOutcome, AuditRow};
use crate::body;
use crate::condition::Condition;
use crate::error::Error;
use crate::patch::Patch;
use crate::resource::Resource;
use crate::session::Session;
use crate::write_rule::{ProposedWrite, Requirement};
use access::Interaction;
use fhir::schema::TypeId;
use fhir::{Document, Node};
use search::rows::IndexRows;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use store::version::Splice;
use store::{Action, Batch, Change, Expect, Precondition, ResourceKey, StoreError, Version};
use validation::Validated;

/// A write asked for.
pub struct WriteRequest<'a> {
    /// What to do.
    pub action: WriteAction<'a>,
    /// The name that other entries of the same bundle use for this resource (`Bundle.entry.fullUrl`).
    pub full_url: Option<String>,
}

/// What to do.
pub enum WriteAction<'a> {
    /// Make a new resource, unless one matches the condition.
    Create {
        /// The type.
        type_id: TypeId,
        /// The resource as sent.
        resource: Node<'a>,
        /// `If-None-Exist`.
        unless: Option<Condition>,
    },
    /// Put this content in the place of the resource, or make it.
    Update {
        /// Which.
        target: Target,
        /// The resource as sent.
        resource: Node<'a>,
        /// What state it must be in.
        expect: Expect,
    },
    /// Change parts of the resource.
    Patch {
        /// Which.
        target: Target,
        /// The changes.
        patch: Patch,
        /// What state it must be in.
        expect: Expect,
    },
    /// Delete the resource.
    Delete {
        /// Which.
        target: Target,
        /// What state it must be in.
        expect: Expect,
    },
}

/// What a write is aimed at.
pub enum Target {
    /// A resource by name.
    Key(ResourceKey),
    /// The one resource that matches.
    Condition(Condition),
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What happened.
    pub effect: Effect,
    /// The resource now; `None` after a delete.
    pub resource: Option<Resource>,
    /// Its name; `None` when a conditional delete found nothing.
    pub key: Option<ResourceKey>,
    /// Its version; 0 when nothing was there to delete.
    pub version: u32,
    /// When that version was made, in milliseconds since 1970; 0 when there is none.
    pub updated_ms: i64,
}

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is new.
    Created,
    /// It has a new version.
    Updated,
    /// The content was the same: no new version.
    Unchanged,
    /// The condition of a create matched it: nothing was written.
    Existing,
    /// It was deleted, or was not there.
    Deleted,
}

/// How often a write is decided anew when what it was decided on changed meanwhile.
const ATTEMPTS: usize = 16;

impl Session {
    /// Writes one resource.
    pub fn write(&self, request: WriteRequest<'_>) -> Result<Written, Error> {
        let mut written = self.write_all(std::slice::from_ref(&request)).map_err(|error| match error {
            Error::Entry { error, .. } => *error,
            other => other,
        })?;
        Ok(written.remove(0))
    }

    /// Writes several resources, all or nothing. An error names its entry.
    pub fn write_all(&self, requests: &[WriteRequest<'_>]) -> Result<Vec<Written>, Error> {
        for (index, request) in requests.iter().enumerate() {
            let (interaction, type_id) = request.action.needs();
            self.authorise(interaction, Some(type_id)).map_err(|error| error.in_entry(index))?;
        }
        let mut attempt = 1;
        let mut turn = None;
        loop {
            let mut decision = Decision::new(self);
            for (index, request) in requests.iter().enumerate() {
                decision.resolve(request).map_err(|error| error.in_entry(index))?;
            }
            match decision.commit(requests) {
                Err(Refusal::Again) if attempt < ATTEMPTS => {
                    attempt += 1;
                    // One at a time from here on, or many that want the same resource would starve one another.
                    let contended = &self.record.contended;
                    turn.get_or_insert_with(|| contended.lock().unwrap_or_else(PoisonError::into_inner));
                }
                Err(Refusal::Again) => return Err(StoreError::Busy.into()),
                Err(Refusal::Final(error)) => return Err(*error),
                Ok(written) => return Ok(written),
            }
        }
    }
}

impl WriteAction<'_> {
    fn needs(&self) -> (Interaction, TypeId) {
        let of = |target: &Target| match target {
            Target::Key(key) => key.type_id,
            Target::Condition(condition) => condition.type_id,
        };
        match self {
            Self::Create { type_id, .. } => (Interaction::Create, *type_id),
            Self::Update { target, .. } | Self::Patch { target, .. } => (Interaction::Update, of(target)),
            Self::Delete { target, .. } => (Interaction::Delete, of(target)),
        }
    }
}

/// Why a commit did not happen.
enum Refusal {
    /// What it was decided on changed: decide again.
    Again,
    /// For good.
    Final(Box<Error>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Final(Box::new(error))
    }
}

/// Where a request ends up: which resource, and how.
enum Resolved {
    /// Something is put at a key.
    Put { key: ResourceKey, expect: Expect },
    /// A key is deleted.
    Delete { key: ResourceKey, expect: Expect },
    /// A conditional create found this one.
    Existing(Resource),
    /// A conditional delete found nothing.
    Nothing,
}

/// A batch in the making.
struct Decision<'a> {
    session: &'a Session,
    resolved: Vec<Resolved>,
    /// What the names of other entries stand for.
    names: HashMap<String, String>,
    preconditions: Vec<Precondition>,
    /// What each precondition from a rule means when it fails.
    requirements: HashMap<usize, Requirement>,
    /// Which request each change belongs to, and what it makes.
    changes: Vec<(usize, Change)>,
    /// The current version of what is changed, for rules, patches and unchanged updates.
    before: HashMap<ResourceKey, Option<Version>>,
    /// Updates whose content is what is there.
    unchanged: HashMap<usize, Version>,
    /// Conditional references, resolved.
    conditional: RefCell<HashMap<String, String>>,
    /// Resources whose expected version was set here (a write without `If-Match`), not by the caller.
    own_expectations: HashSet<ResourceKey>,
    /// The first conditional reference that could not be resolved.
    failed_reference: RefCell<Option<Error>>,
}

impl<'a> Decision<'a> {
    fn new(session: &'a Session) -> Self {
        Self {
            session,
            resolved: Vec::new(),
            names: HashMap::new(),
            preconditions: Vec::new(),
            requirements: HashMap::new(),
            changes: Vec::new(),
            before: HashMap::new(),
            unchanged: HashMap::new(),
            conditional: RefCell::default(),
            own_expectations: HashSet::new(),
            failed_reference: RefCell::default(),
        }
    }

    /// Finds which resource a request is about, and gives its bundle name a meaning.
    fn resolve(&mut self, request: &WriteRequest<'_>) -> Result<(), Error> {
        let resolved = match &request.action {
            WriteAction::Create { type_id, unless, .. } => self.resolve_create(*type_id, unless.as_ref())?,
            WriteAction::Update { target, resource, expect } => {
                self.resolve_update(target, *resource, *expect)?
            }
            WriteAction::Patch { target, expect, .. } => {
                let key = self.resolve_one(target, "patch")?;
                Resolved::Put { key, expect: *expect }
            }
            WriteAction::Delete { target: Target::Key(key), expect } => {
                Resolved::Delete { key: key.clone(), expect: *expect }
            }
            WriteAction::Delete { target: Target::Condition(condition), expect } => {
                match self.session.conditions().at_most_one(condition)? {
                    Some(key) => {
                        self.preconditions.push(condition.only(&key));
                        Resolved::Delete { key, expect: *expect }
                    }
                    None => Resolved::Nothing,
                }
            }
        };
        let key = match &resolved {
            Resolved::Put { key, .. } => Some(key),
            Resolved::Existing(resource) => Some(resource.key()),
            Resolved::Delete { .. } | Resolved::Nothing => None,
        };
        if let (Some(key), Some(full_url)) = (key, &request.full_url) {
            self.name(full_url, key);
        }
        self.resolved.push(resolved);
        Ok(())
    }

    /// A resource of a bundle is called by its `fullUrl`, and by `Type/id` when that is how the `fullUrl` ends.
    fn name(&mut self, full_url: &str, key: &ResourceKey) {
        let relative = full_url.rmatch_indices('/').nth(1).map(|(at, _)| &full_url[at + 1..]);
        let is_relative = relative.is_some_and(|name| name.starts_with(&format!("{}/", key.type_id.name())));
        if let Some(name) = relative.filter(|_| is_relative) {
            self.names.insert(name.to_owned(), key.to_string());
        }
        self.names.insert(full_url.to_owned(), key.to_string());
    }

    fn resolve_create(&mut self, type_id: TypeId, unless: Option<&Condition>) -> Result<Resolved, Error> {
        if let Some(condition) = unless {
            if let Some(key) = self.session.conditions().at_most_one(condition)? {
                let version = self.session.record.store.read(&key)?;
                // Deleted since the search: decide anew as if it had not matched.
                if let Some(version) = version.filter(|version| !version.is_deleted()) {
                    return Ok(Resolved::Existing(Resource::new(version)));
                }
            }
            self.preconditions.push(condition.none());
        }
        let key = ResourceKey::new(type_id, (self.session.record.new_id)());
        Ok(Resolved::Put { key, expect: Expect::Absent })
    }

    fn resolve_update(
        &mut self,
        target: &Target,
        resource: Node<'_>,
        expect: Expect,
    ) -> Result<Resolved, Error> {
        let own_id = resource.get_str("id");
        let condition = match target {
            Target::Key(key) => return Ok(Resolved::Put { key: key.clone(), expect }),
            Target::Condition(condition) => condition,
        };
        let found = self.session.conditions().at_most_one(condition)?;
        let type_name = condition.type_id.name();
        match (found, own_id) {
            (Some(key), Some(id)) if *key.id != *id => Err(Error::request(
                format!("{type_name}.id"),
                format!(
                    "the resource has id '{id}' but the condition matches {key}; leave out the id or give that one"
                ),
            )),
            (Some(key), _) => {
                self.preconditions.push(condition.only(&key));
                Ok(Resolved::Put { key, expect })
            }
            (None, id) => {
                self.preconditions.push(condition.none());
                let id = id.map_or_else(|| (self.session.record.new_id)(), std::borrow::Cow::into_owned);
                Ok(Resolved::Put { key: ResourceKey::new(condition.type_id, id), expect: Expect::Absent })
            }
        }
    }

    fn resolve_one(&mut self, target: &Target, verb: &str) -> Result<ResourceKey, Error> {
        match target {
            Target::Key(key) => Ok(key.clone()),
            Target::Condition(condition) => {
                let key = self.session.conditions().at_most_one(condition)?;
                let key = key.ok_or_else(|| Error::NotFound(format!("{} to {verb}", condition.text)))?;
                self.preconditions.push(condition.only(&key));
                Ok(key)
            }
        }
    }

    /// Prepares every change, and hands the batch over.
    fn commit(mut self, requests: &[WriteRequest<'_>]) -> Result<Vec<Written>, Refusal> {
        self.refuse_overlap()?;
        for (index, request) in requests.iter().enumerate() {
            self.propose(index, request).map_err(|error| error.in_entry(index))?;
        }
        if self.changes.is_empty() {
            return Ok(self.written(None, &[]));
        }
        let batch = self.batch();
        let store = Arc::clone(&self.session.record.store);
        match store.commit(batch) {
            Ok(committed) => {
                Ok(self.written(Some((committed.sequence, committed.time_ms)), &committed.versions))
            }
            Err(error) => Err(self.refusal(error)),
        }
    }

    fn refuse_overlap(&self) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for (index, resolved) in self.resolved.iter().enumerate() {
            if let Resolved::Put { key, .. } | Resolved::Delete { key, .. } = resolved
                && !seen.insert(key)
            {
                let message = format!("{key} is written twice in one transaction; keep one of the entries");
                return Err(Error::request("Bundle.entry", message).in_entry(index));
            }
        }
        Ok(())
    }

    fn propose(&mut self, index: usize, request: &WriteRequest<'_>) -> Result<(), Error> {
        match &self.resolved[index] {
            Resolved::Put { key, expect } => {
                let (key, expect) = (key.clone(), *expect);
                self.propose_put(index, request, &key, expect)
            }
            Resolved::Delete { key, expect } => {
                let (key, expect) = (key.clone(), *expect);
                let before = self.read_before(&key)?;
                let expect = self.pin(&key, expect, before.as_ref());
                let before = before.as_ref().and_then(body_document);
                self.apply_rules(&ProposedWrite { key: &key, before: before.as_ref(), after: None })?;
                self.changes.push((index, Change { key, expect, action: Action::Delete }));
                Ok(())
            }
            Resolved::Existing(_) | Resolved::Nothing => Ok(()),
        }
    }

    fn propose_put(
        &mut self,
        index: usize,
        request: &WriteRequest<'_>,
        key: &ResourceKey,
        expect: Expect,
    ) -> Result<(), Error> {
        let is_create = matches!(request.action, WriteAction::Create { .. });
        let before = if is_create { None } else { self.read_before(key)? };
        let given = expect;
        let expect = self.pin(key, expect, before.as_ref());
        let document = match &request.action {
            WriteAction::Patch { patch, .. } => {
                let current = before.as_ref().filter(|version| !version.is_deleted());
                let current = current.ok_or_else(|| Error::NotFound(key.to_string()))?;
                let document = body_document(current).expect("a version that is not deleted has a body");
                let patched = patch.apply(&document)?.to_document();
                check_identity(&patched, key)?;
                self.body(patched.root(), key)?
            }
            WriteAction::Create { resource, .. } | WriteAction::Update { resource, .. } => {
                self.body(*resource, key)?
            }
            WriteAction::Delete { .. } => unreachable!("a delete is not resolved to a put"),
        };
        if let Some(current) =
            before.as_ref().filter(|current| current.body.as_deref() == Some(document.text()))
        {
            check_expected(current, given)?;
            self.unchanged.insert(index, current.clone());
            return Ok(());
        }
        let validated =
            Validated::new(document, &*self.session.record.ports, &validation::Settings::default())
                .map_err(Error::Invalid)?;
        let before = before.as_ref().and_then(body_document);
        self.apply_rules(&ProposedWrite { key, before: before.as_ref(), after: Some(validated.document()) })?;
        self.changes.push((index, Change { key: key.clone(), expect, action: put(&validated) }));
        Ok(())
    }

    /// The resource as it will be stored, with references to other entries and conditional references replaced.
    fn body(&self, resource: Node<'_>, key: &ResourceKey) -> Result<Document, Error> {
        let rewrite = |reference: &str| self.rewrite(reference);
        let raw = resource.raw();
        let needs_rewrite = !self.names.is_empty() || raw.contains('?');
        let document = body::prepare(resource, &key.id, needs_rewrite.then_some(&rewrite));
        match self.failed_reference.borrow_mut().take() {
            Some(error) => Err(error),
            None => Ok(document),
        }
    }

    fn rewrite(&self, reference: &str) -> Option<String> {
        let (plain, fragment) = match reference.split_once('#') {
            Some((plain, _)) if !plain.is_empty() => (plain, &reference[plain.len()..]),
            _ => (reference, ""),
        };
        if let Some(name) = self.names.get(plain) {
            return Some(format!("{name}{fragment}"));
        }
        let (type_name, parameters) = reference.split_once('?')?;
        let type_id = fhir::schema::schema().resource_named(type_name)?;
        if let Some(known) = self.conditional.borrow().get(reference) {
            return Some(known.clone());
        }
        match self.conditional_reference(type_id, parameters) {
            Ok(key) => {
                self.conditional.borrow_mut().insert(reference.to_owned(), key.to_string());
                Some(key.to_string())
            }
            Err(error) => {
                self.failed_reference.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    fn conditional_reference(&self, type_id: TypeId, parameters: &str) -> Result<ResourceKey, Error> {
        let conditions = self.session.conditions();
        let condition = conditions.parse(type_id, parameters)?;
        conditions.at_most_one(&condition)?.ok_or(Error::Condition {
            condition: condition.text,
            found: "no resource",
            advice: "a conditional reference must match exactly one; create it first or in the same transaction",
        })
    }

    /// What was decided on, unless the caller says what it must be: rules, patches and unchanged updates were held
    /// against this version, so the commit must find it still.
    fn pin(&mut self, key: &ResourceKey, expect: Expect, before: Option<&Version>) -> Expect {
        if expect != Expect::Any {
            return expect;
        }
        self.own_expectations.insert(key.clone());
        match before {
            Some(version) if !version.is_deleted() => Expect::Version(version.version),
            _ => Expect::Absent,
        }
    }

    fn read_before(&mut self, key: &ResourceKey) -> Result<Option<Version>, Error> {
        if let Some(known) = self.before.get(key) {
            return Ok(known.clone());
        }
        let version = self.session.record.store.read(key)?;
        self.before.insert(key.clone(), version.clone());
        Ok(version)
    }

    fn apply_rules(&mut self, write: &ProposedWrite<'_>) -> Result<(), Error> {
        for rule in &self.session.record.rules {
            for requirement in rule.check(write).map_err(Error::Rule)? {
                self.requirements.insert(self.preconditions.len(), requirement.clone());
                self.preconditions.push(Precondition::NoMatch(requirement.no_match));
            }
        }
        Ok(())
    }

    fn batch(&mut self) -> Batch {
        let time_ms = self.session.record.now_ms();
        let keys: Vec<_> = self.changes.iter().map(|(_, change)| change.key.clone()).collect();
        let interaction = match self.changes.as_slice() {
            [(_, Change { action: Action::Delete, .. })] => Interaction::Delete,
            [(_, Change { expect: Expect::Absent, .. })] => Interaction::Create,
            [_] => Interaction::Update,
            _ => Interaction::Operate,
        };
        // The commit itself lists what changed, so the row names resources only when there is one.
        let named = if keys.len() == 1 { keys.as_slice() } else { &[] };
        let row = AuditRow {
            time_ms,
            actor: &self.session.actor,
            origin: &self.session.origin,
            interaction,
            resources: named,
            query: "",
            outcome: AuditOutcome::Done,
        };
        Batch {
            time_ms,
            preconditions: std::mem::take(&mut self.preconditions),
            changes: self.changes.iter().map(|(_, change)| change.clone()).collect(),
            private: Vec::new(),
            audit: row.to_bytes(),
        }
    }

    /// What a store's refusal means for the caller.
    fn refusal(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::ConditionConflict { precondition, .. } => {
                match self.requirements.get(&precondition) {
                    Some(requirement) => Error::Rule(requirement.violation.clone()).into(),
                    None => Refusal::Again,
                }
            }
            StoreError::VersionConflict { key, current } => {
                let change =
                    self.changes.iter().find(|(_, change)| change.key == key).map(|(_, change)| change);
                let from_caller = !self.own_expectations.contains(&key);
                match change.map(|change| change.expect) {
                    Some(Expect::Version(expected)) if from_caller => {
                        Error::VersionConflict { key, current, expected }.into()
                    }
                    Some(Expect::Absent) if from_caller && current > 0 => {
                        Error::VersionConflict { key, current, expected: 0 }.into()
                    }
                    _ => Refusal::Again,
                }
            }
            other => Error::Store(other).into(),
        }
    }

    fn written(&self, commit: Option<(u64, i64)>, versions: &[u32]) -> Vec<Written> {
        let positions: HashMap<usize, usize> =
            self.changes.iter().enumerate().map(|(position, (index, _))| (*index, position)).collect();
        let one = |(index, resolved): (usize, &Resolved)| match resolved {
            Resolved::Existing(resource) => written_resource(Effect::Existing, resource.clone()),
            Resolved::Nothing => {
                Written { effect: Effect::Deleted, resource: None, key: None, version: 0, updated_ms: 0 }
            }
            Resolved::Put { .. } | Resolved::Delete { .. } => match (self.unchanged.get(&index), commit) {
                (Some(version), _) => written_resource(Effect::Unchanged, Resource::new(version.clone())),
                (None, Some((sequence, time_ms))) => {
                    let position = positions[&index];
                    let place = (sequence, u32::try_from(position).unwrap_or(u32::MAX));
                    written_change(&self.changes[position].1, versions[position], time_ms, place)
                }
                (None, None) => unreachable!("without changes there is nothing but what exists"),
            },
        };
        self.resolved.iter().enumerate().map(one).collect()
    }
}

fn put(validated: &Validated) -> Action {
    let document = validated.document();
    let rows: IndexRows = search::rows::index_rows(document);
    Action::Put { body: Arc::from(document.text()), splice: body::splice(document), rows: Box::new(rows) }
}

fn body_document(version: &Version) -> Option<Document> {
    let body = version.body.as_deref()?;
    Some(Document::parse_with(body, fhir::Limits::UNBOUNDED).expect("what was stored was read"))
}

/// A patch may change content, not which resource it is.
fn check_identity(patched: &Document, key: &ResourceKey) -> Result<(), Error> {
    let root = patched.root();
    let same_type = root.get_str("resourceType").as_deref() == Some(key.type_id.name());
    let same_id = root.get_str("id").as_deref() == Some(&*key.id);
    if same_type && same_id {
        return Ok(());
    }
    Err(Error::request(
        "Resource.id",
        "a patch cannot change the type or id of a resource; leave them as they are",
    ))
}

fn check_expected(current: &Version, expect: Expect) -> Result<(), Error> {
    let conflict =
        |expected| Error::VersionConflict { key: current.key.clone(), current: current.version, expected };
    match expect {
        Expect::Version(expected) if expected != current.version => Err(conflict(expected)),
        Expect::Absent => Err(conflict(0)),
        _ => Ok(()),
    }
}

fn written_resource(effect: Effect, resource: Resource) -> Written {
    Written {
        effect,
        key: Some(resource.key().clone()),
        version: resource.version(),
        updated_ms: resource.updated_ms(),
        resource: Some(resource),
    }
}

fn written_change(change: &Change, version: u32, time_ms: i64, place: (u64, u32)) -> Written {
    match &change.action {
        Action::Delete => Written {
            effect: Effect::Deleted,
            resource: None,
            key: Some(change.key.clone()),
            version,
            updated_ms: time_ms,
        },
        Action::Put { body, splice, .. } => {
            let (key, body, splice): (_, _, Splice) = (change.key.clone(), Some(Arc::clone(body)), *splice);
            let resource = Resource::new(Version { key, version, updated_ms: time_ms, body, splice, place });
            written_resource(if version == 1 { Effect::Created } else { Effect::Updated }, resource)
        }
    }
}
