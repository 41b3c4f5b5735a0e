//! A write decided: every request resolved, its content made, validated and held against the rules, and all of it one
//! batch.

use super::links::ConditionalReferences;
use super::names::Names;
use super::outcome::{Planned, Refusal};
use super::resolve::Resolved;
use super::{Effect, Permit, WriteAction, WriteRequest, Written, asked};
use crate::audit::{AuditOutcome, AuditRow, Touched, interaction_code};
use crate::body;
use crate::content::set_apart;
use crate::error::Error;
use crate::own_profiles::WritePorts;
use crate::private_documents::DocumentChange;
use crate::session::Session;
use crate::subscription;
use crate::write_rule::{ProposedWrite, Requirement};
use access::{Grant, Interaction};
use fhir::schema::TypeId;
use fhir::{Document, Limits};
use search::compartment::patients_of;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{Action, Batch, Change, Expect, KeptBlob, Precondition, PrivateChange, ResourceKey, Version};
use validation::Validated;

/// A batch in the making.
pub(super) struct Decision<'a> {
    pub(super) session: &'a Session,
    pub(super) requests: &'a [WriteRequest<'a>],
    pub(super) permits: &'a [Permit],
    pub(super) resolved: Vec<Resolved>,
    /// What the names of other entries stand for.
    pub(super) names: Names,
    /// What is deleted here.
    pub(super) deleted: Vec<ResourceKey>,
    pub(super) preconditions: Vec<Precondition>,
    /// What each precondition from a rule means when it fails.
    pub(super) requirements: HashMap<usize, Requirement>,
    /// The changes, each with the request that it belongs to.
    pub(super) planned: Vec<Planned>,
    /// Updates whose content is what is there.
    pub(super) unchanged: HashMap<usize, Version>,
    pub(super) conditional: RefCell<ConditionalReferences>,
    /// Ids of the patients that what is written is about.
    patients: BTreeSet<String>,
    /// Resources whose expected version was set here, because it was read to decide, not by the caller.
    pub(super) own_expectations: HashSet<ResourceKey>,
    /// What validation is told.
    ports: WritePorts<'a>,
    /// Contents that are named here and nowhere else before the commit.
    kept: Vec<KeptBlob>,
    /// Whose rights Subscriptions that are written here have, and private documents that change with the resources.
    private: Vec<PrivateChange>,
}

impl<'a> Decision<'a> {
    /// Decides requests on what is stored now.
    pub fn make(
        session: &'a Session,
        requests: &'a [WriteRequest<'a>],
        permits: &'a [Permit],
    ) -> Result<Self, Refusal> {
        let mut decision = Self {
            session,
            requests,
            permits,
            resolved: Vec::new(),
            names: Names::new(session.record.base_url()),
            deleted: Vec::new(),
            preconditions: Vec::new(),
            requirements: HashMap::new(),
            planned: Vec::new(),
            unchanged: HashMap::new(),
            conditional: RefCell::default(),
            patients: BTreeSet::new(),
            own_expectations: HashSet::new(),
            ports: WritePorts::new(&session.record),
            kept: Vec::new(),
            private: Vec::new(),
        };
        decision.resolve_all()?;
        for index in 0..requests.len() {
            decision.propose(index).map_err(|error| error.in_entry(index))?;
        }
        let conditional = decision.conditional.get_mut().take_preconditions();
        decision.preconditions.extend(conditional);
        Ok(decision)
    }

    /// Private documents that change with the resources.
    pub fn with_documents(mut self, documents: &[DocumentChange]) -> Self {
        for change in documents.iter().cloned() {
            let (precondition, change) = change.into_parts();
            self.preconditions.push(precondition);
            self.private.push(change);
        }
        self
    }

    /// Hands the batch over. A write that changes nothing is audited as what it is: a look.
    pub fn commit(mut self) -> Result<Vec<Written>, Refusal> {
        if self.planned.is_empty() {
            if !self.requests.is_empty() {
                let (interaction, query) = (self.interaction(), asked(self.requests));
                self.session.audit(interaction, &self.touched(), &query, AuditOutcome::Done)?;
            }
            return Ok(self.written(None, &[]));
        }
        let batch = self.batch();
        match self.session.record.store.commit(batch) {
            Ok(committed) => {
                Ok(self.written(Some((committed.sequence, committed.time_ms)), &committed.versions))
            }
            Err(error) => Err(self.refusal(error)),
        }
    }

    fn propose(&mut self, index: usize) -> Result<(), Error> {
        let (key, expect, is_delete) = match &self.resolved[index] {
            Resolved::Put { key, expect } => (key.clone(), *expect, false),
            Resolved::Delete { key, expect } => (key.clone(), *expect, true),
            Resolved::Existing(_) | Resolved::Nothing => return Ok(()),
        };
        let is_create = matches!(self.requests[index].action, WriteAction::Create { .. });
        let before = if is_create { None } else { self.session.record.store.read(&key)? };
        if let Some(current) = before.as_ref().filter(|current| !current.is_deleted())
            && !self.session.is_granted(&self.permits[index].write, current)
        {
            return Err(Error::NotFound(key.to_string()));
        }
        if !is_create {
            check_expected(&key, before.as_ref(), expect)?;
        }
        let expect = self.pin(&key, before.as_ref(), expect);
        let proposal = Proposal { index, key, before, expect };
        if is_delete { self.propose_delete(proposal) } else { self.propose_put(proposal) }
    }

    /// What was read to decide must be so at the moment of the commit, whether the caller asked for that or not.
    fn pin(&mut self, key: &ResourceKey, before: Option<&Version>, expect: Expect) -> Expect {
        if expect != Expect::Any {
            return expect;
        }
        self.own_expectations.insert(key.clone());
        match live_version(before) {
            0 => Expect::Absent,
            version => Expect::Version(version),
        }
    }

    fn propose_delete(&mut self, proposal: Proposal) -> Result<(), Error> {
        let Proposal { index, key, before, expect } = proposal;
        let before = before.as_ref().and_then(body_document);
        self.add_patients(key.type_id, before.iter());
        self.apply_rules(&ProposedWrite { key: &key, before: before.as_ref(), after: None })?;
        self.register(&key, None)?;
        let change = Change { key, expect, action: Action::Delete };
        self.planned.push(Planned { request: index, change, effect: Effect::Deleted });
        Ok(())
    }

    fn propose_put(&mut self, proposal: Proposal) -> Result<(), Error> {
        let record = &self.session.record;
        let mut content = self.content(&proposal)?;
        if proposal.key.type_id == subscription::subscription_type() {
            content = subscription::as_requested(content, record.now_ms());
        }
        self.session.scan_contents(&content)?;
        let (document, kept) = set_apart(content, &record.stand_ins, record.store.blobs())?;
        self.kept.extend(kept);
        let Proposal { index, key, before, expect } = proposal;
        if let Some(current) = before.as_ref().filter(|one| one.text() == document.text()) {
            self.preconditions.push(Precondition::At(key, current.version));
            self.unchanged.insert(index, current.clone());
            return Ok(());
        }
        let ports = &self.ports;
        let validated = Validated::new(document, ports, &record.validation).map_err(Error::Invalid);
        ports.failure()?;
        let validated = validated?;
        self.allow(&self.permits[index].write, validated.document())?;
        let effect = if live_version(before.as_ref()) == 0 { Effect::Created } else { Effect::Updated };
        let before = before.as_ref().and_then(body_document);
        self.add_patients(key.type_id, before.iter().chain([validated.document()]));
        self.apply_rules(&ProposedWrite {
            key: &key,
            before: before.as_ref(),
            after: Some(validated.document()),
        })?;
        self.register(&key, Some(validated.document()))?;
        let change = Change { key, expect, action: put(&validated) };
        self.planned.push(Planned { request: index, change, effect });
        Ok(())
    }

    /// The new content of a resource.
    fn content(&self, proposal: &Proposal) -> Result<Document, Error> {
        let Proposal { key, before, index, .. } = proposal;
        let request = &self.requests[*index];
        let full_url = request.full_url.as_deref();
        match &request.action {
            WriteAction::Patch { patch, .. } => {
                let current = before.as_ref().ok_or_else(|| Error::NotFound(key.to_string()))?;
                let document = self
                    .shown_document(current)
                    .ok_or_else(|| Error::Gone { key: key.clone(), version: current.version })?;
                let patched = patch.apply(&document)?.to_document();
                check_identity(&patched, key)?;
                self.body(patched.root(), key, full_url)
            }
            WriteAction::Create { resource, .. } | WriteAction::Update { resource, .. } => {
                self.body(*resource, key, full_url)
            }
            WriteAction::Delete { .. } => unreachable!("a delete has no content"),
        }
    }

    /// What a patch works on: stand-ins, unlike marks, come through it as they are.
    fn shown_document(&self, version: &Version) -> Option<Document> {
        match self.session.record.stand_ins.show(version.text()) {
            Cow::Borrowed(_) => body_document(version),
            Cow::Owned(text) => {
                Some(Document::parse_with(text, Limits::UNBOUNDED).expect("a stand-in is a string"))
            }
        }
    }

    /// That the content lies within the grant: nobody writes what they could not then touch.
    fn allow(&self, grant: &Grant, document: &Document) -> Result<(), Error> {
        if self.session.holds(grant, document) { Ok(()) } else { Err(self.session.deny(grant)) }
    }

    /// A write touches the patients that a resource was about and those that it is about.
    fn add_patients<'d>(&mut self, type_id: TypeId, documents: impl Iterator<Item = &'d Document>) {
        for document in documents {
            self.patients.extend(patients_of(type_id, document, self.session.record.base_url()));
        }
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

    /// A Subscription has the rights of whoever writes it, and asks for what can be served; a deleted one has none.
    fn register(&mut self, key: &ResourceKey, document: Option<&Document>) -> Result<(), Error> {
        if key.type_id != subscription::subscription_type() {
            return Ok(());
        }
        if let Some(document) = document {
            let reading = self.session.record.reading_of_subscriptions();
            subscription::Terms::check(document, &reading).map_err(Error::Rule)?;
        }
        let content = document.map(|_| subscription::registration(self.session));
        let (space, key) = (subscription::SUBSCRIPTION_SPACE.to_owned(), key.id.to_string());
        self.private.push(PrivateChange { space, key, content });
        Ok(())
    }

    fn batch(&mut self) -> Batch {
        let time_ms = self.session.record.now_ms();
        let row = AuditRow {
            time_ms,
            actor: &self.session.actor,
            origin: &self.session.origin,
            done: interaction_code(self.interaction()),
            touched: &self.touched(),
            query: &asked(self.requests),
            outcome: AuditOutcome::Done,
            more: None,
        };
        let audit = row.into_bytes();
        Batch {
            time_ms,
            preconditions: std::mem::take(&mut self.preconditions),
            changes: self.planned.iter().map(|planned| planned.change.clone()).collect(),
            private: std::mem::take(&mut self.private),
            audit,
        }
    }

    /// What the audit calls the whole write.
    fn interaction(&self) -> Interaction {
        match (self.resolved.as_slice(), self.planned.as_slice()) {
            ([Resolved::Existing(_)], _) => Interaction::Read,
            ([Resolved::Delete { .. } | Resolved::Nothing], _) => Interaction::Delete,
            ([_], [Planned { effect: Effect::Created, .. }]) => Interaction::Create,
            ([_], _) => Interaction::Update,
            _ => Interaction::Operate,
        }
    }

    /// What the audit row says was touched.
    fn touched(&self) -> Touched {
        let mut touched = Touched::names(self.named());
        touched.patients.clone_from(&self.patients);
        for version in self.resolved.iter().filter_map(Resolved::existing).chain(self.unchanged.values()) {
            touched.add_patients_of(version, self.session.record.base_url());
        }
        // The commit lists what it changes.
        touched.patients.retain(|id| {
            let is_patient = |key: &ResourceKey| key.type_id.name() == "Patient" && *key.id == **id;
            !self.planned.iter().any(|planned| is_patient(&planned.change.key))
        });
        touched
    }

    /// What the audit row names: the resource of a single write; of several only what was shown and not changed, for the
    /// commit itself lists its changes.
    fn named(&self) -> Vec<ResourceKey> {
        let changes = |key: &ResourceKey| {
            self.requests.len() > 1
                && self.planned.iter().any(|planned| planned.change.key == *key && !planned.may_do_nothing())
        };
        let key = |resolved: &Resolved| match resolved {
            Resolved::Existing(resource) => Some(resource.key().clone()),
            _ => resolved.written_key().filter(|key| !changes(key)).cloned(),
        };
        self.resolved.iter().filter_map(key).collect()
    }
}

/// A change before its content is known.
struct Proposal {
    /// Which request.
    index: usize,
    key: ResourceKey,
    before: Option<Version>,
    expect: Expect,
}

impl Planned {
    /// A delete of what is not there makes no version, so the commit does not list it.
    fn may_do_nothing(&self) -> bool {
        matches!(self.change.action, Action::Delete) && self.change.expect == Expect::Absent
    }
}

/// A validated resource as what the store writes.
pub(crate) fn put(validated: &Validated) -> Action {
    let document = validated.document();
    let rows = Box::new(search::rows::index_rows(document));
    Action::Put { body: document.shared_text(), splice: body::splice(document), rows }
}

fn body_document(version: &Version) -> Option<Document> {
    version.document().expect("what was stored was read").map(|document| Document::clone(document))
}

/// The version of what is there; 0 when nothing is.
fn live_version(version: Option<&Version>) -> u32 {
    version.filter(|version| !version.is_deleted()).map_or(0, |version| version.version)
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

fn check_expected(key: &ResourceKey, before: Option<&Version>, expect: Expect) -> Result<(), Error> {
    let current = live_version(before);
    let expected = match expect {
        Expect::Any => return Ok(()),
        Expect::Absent => 0,
        Expect::Version(expected) => expected,
    };
    if expected == current {
        return Ok(());
    }
    Err(Error::VersionConflict { key: key.clone(), current, expected })
}
