//! The record and an actor's session with it: everything that reads.

use crate::audit::{self, AuditOutcome, AuditRow, Origin, Touched, audit_event, interaction_code};
use crate::condition::Conditions;
use crate::content::ContentScanner;
use crate::content::StandIns;
use crate::credential::CredentialCache;
use crate::directives::Directives;
use crate::emergency::EmergencyCache;
use crate::error::Error;
use crate::feed::Feed;
use crate::labelled::LabelledCache;
use crate::outgoing::Targets;
use crate::own_profiles::OwnProfiles;
use crate::parameters::encode;
use crate::policy_tables::CurrentPolicy;
use crate::ports::RecordPorts;
use crate::resource::Resource;
use crate::session_ports::SessionPorts;
use crate::write_rule::WriteRule;
use access::{Actor, Grant, Interaction, Policy};
use fhir::Value;
use fhir::schema::TypeId;
use search::parse::{Handling, Limits, Request, parse};
use search::query::Query;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::{Batch, HistoryPage, HistoryScope, PrivateChange, ResourceKey, Store, Version};
use terminology::Terminology;

/// Gives the time in milliseconds since 1970.
pub type Clock = Box<dyn Fn() -> i64 + Send + Sync>;
/// Gives a new logical id.
pub type NewId = Box<dyn Fn() -> String + Send + Sync>;

/// The whole record of a practice, and the only way to it.
pub struct Record {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ports: Arc<RecordPorts>,
    pub(crate) policy: CurrentPolicy,
    pub(crate) rules: Vec<Box<dyn WriteRule>>,
    pub(crate) clock: Clock,
    pub(crate) new_id: NewId,
    pub(crate) new_secret: NewId,
    pub(crate) credentials: CredentialCache,
    pub(crate) stand_ins: StandIns,
    /// Held by a write that was overtaken several times: such writes go one after another.
    pub(crate) overtaken: Mutex<()>,
    /// Read from the first time that somebody asks.
    feed: OnceLock<Feed>,
    feed_starts: Mutex<()>,
    pub(crate) targets: Targets,
    audit_reads: bool,
    pub(crate) validation: validation::Settings,
    pub(crate) scanner: Option<Box<dyn ContentScanner>>,
    pub(crate) own_profiles: OwnProfiles,
    pub(crate) emergencies: EmergencyCache,
    pub(crate) directives: Directives,
    pub(crate) labelled: LabelledCache,
}

/// What a record is made of.
pub struct Settings {
    /// Where the data is.
    pub store: Arc<dyn Store>,
    /// What searches and validation are told of the world; the store was opened with the same.
    pub ports: Arc<RecordPorts>,
    /// Who may do what.
    pub policy: Policy,
    /// The rules of the domain.
    pub rules: Vec<Box<dyn WriteRule>>,
    /// The clock.
    pub clock: Clock,
    /// The maker of ids.
    pub new_id: NewId,
    /// The maker of secrets: 32 random letters for URLs, five bits each.
    pub new_secret: NewId,
    /// Where requests may be sent, besides public addresses over TLS.
    pub outgoing_targets: Targets,
    /// Whether reads are audited. Off only to measure what the audit costs.
    pub audit_reads: bool,
    /// What resources are held against on write, beside the definitions of their types.
    pub validation: validation::Settings,
    /// What looks for viruses in contents before they are kept; `None`: nothing does.
    pub scanner: Option<Box<dyn ContentScanner>>,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// The matches of this page, in order.
    pub matches: Vec<Resource>,
    /// What `_include` and `_revinclude` bring along.
    pub included: Vec<Resource>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many match in all, when asked for.
    pub total: Option<u64>,
}

impl Record {
    /// A record over a store.
    pub fn new(settings: Settings) -> Self {
        Self {
            store: settings.store,
            ports: settings.ports,
            policy: CurrentPolicy::new(settings.policy),
            rules: settings.rules,
            clock: settings.clock,
            new_id: settings.new_id,
            stand_ins: StandIns::new(&(settings.new_secret)()),
            new_secret: settings.new_secret,
            credentials: CredentialCache::default(),
            overtaken: Mutex::new(()),
            feed: OnceLock::new(),
            feed_starts: Mutex::new(()),
            targets: settings.outgoing_targets,
            audit_reads: settings.audit_reads,
            validation: settings.validation,
            scanner: settings.scanner,
            own_profiles: OwnProfiles::default(),
            emergencies: EmergencyCache::default(),
            directives: Directives::default(),
            labelled: LabelledCache::default(),
        }
    }

    /// A session for an actor. All that is read and written in it is theirs to answer for.
    pub fn session(self: &Arc<Self>, actor: Actor, origin: Origin) -> Session {
        Session { record: Arc::clone(self), actor, origin }
    }

    /// A version as callers see it.
    pub(crate) fn resource(&self, version: Version) -> Resource {
        Resource::new(version, self.stand_ins.clone())
    }

    /// The feed of changes.
    pub fn feed(&self) -> Result<&Feed, Error> {
        if let Some(feed) = self.feed.get() {
            return Ok(feed);
        }
        let _one = self.feed_starts.lock().unwrap_or_else(PoisonError::into_inner);
        let started =
            if self.feed.get().is_none() { Some(Feed::start(Arc::clone(&self.store))?) } else { None };
        Ok(self.feed.get_or_init(|| started.expect("it was started where there was none")))
    }

    /// The code systems and value sets.
    pub fn terminology(&self) -> &Terminology {
        &self.ports.terminology
    }

    /// The base URL of the FHIR API.
    pub fn base_url(&self) -> &str {
        &self.ports.base_url
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// What a search may ask for at most, at this moment.
    pub(crate) fn limits(&self) -> Limits {
        Limits { now_ms: self.now_ms(), ..Limits::default() }
    }

    /// The names of the roles that accounts can have.
    pub fn roles(&self) -> Vec<String> {
        self.policy().roles()
    }

    /// Where requests may be sent.
    pub fn outgoing_targets(&self) -> &Targets {
        &self.targets
    }

    /// A new id.
    pub fn new_id(&self) -> String {
        (self.new_id)()
    }

    /// A new secret: 32 random letters for URLs, five bits each.
    pub fn new_secret(&self) -> String {
        (self.new_secret)()
    }

    /// What resources are held against on write.
    pub fn validation(&self) -> &validation::Settings {
        &self.validation
    }

    /// What searches and validation are told of the world.
    pub fn ports(&self) -> &RecordPorts {
        &self.ports
    }
}

/// An actor at work.
pub struct Session {
    pub(crate) record: Arc<Record>,
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
}

impl Session {
    /// Who is at work.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Where they come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The record the session is with.
    pub fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// What validation is told, with the practice's own definitions.
    pub fn validation_ports(&self) -> SessionPorts<'_> {
        SessionPorts { session: self }
    }

    /// What is shown, for the audit.
    pub(crate) fn touched<'a>(&self, versions: impl IntoIterator<Item = &'a Version>) -> Touched {
        match self.record.audit_reads {
            true => Touched::versions(versions, self.record.base_url()),
            false => Touched::default(),
        }
    }

    /// Writes a row of the log of reads. Nothing is shown when it cannot be written.
    pub(crate) fn audit(
        &self,
        interaction: Interaction,
        touched: &Touched,
        query: &str,
        outcome: AuditOutcome,
    ) -> Result<(), Error> {
        if !self.record.audit_reads {
            return Ok(());
        }
        Ok(self.record.store.log_read(&self.row(interaction, touched, query, outcome))?)
    }

    /// A row of the audit log, at this moment.
    pub(crate) fn row(
        &self,
        interaction: Interaction,
        touched: &Touched,
        query: &str,
        outcome: AuditOutcome,
    ) -> Vec<u8> {
        let (time_ms, actor, origin) = (self.record.now_ms(), &self.actor, &self.origin);
        let (done, more) = (interaction_code(interaction), None);
        AuditRow { time_ms, actor, origin, done, touched, query, outcome, more }.into_bytes()
    }

    /// A row of what is no interaction, with what it says.
    pub(crate) fn row_with(
        &self,
        done: &'static str,
        touched: &Touched,
        outcome: AuditOutcome,
        more: (&'static str, Value),
    ) -> Vec<u8> {
        let (time_ms, actor, origin) = (self.record.now_ms(), &self.actor, &self.origin);
        AuditRow { time_ms, actor, origin, done, touched, query: "", outcome, more: Some(more) }.into_bytes()
    }

    /// Puts a private document in place, or takes it away. Its audit row names the kind and for whom, never the content.
    /// Gives the time of the commit, in milliseconds since 1970.
    pub(crate) fn change_private(
        &self,
        space: &str,
        key: String,
        content: Option<Vec<u8>>,
        what: &str,
    ) -> Result<i64, Error> {
        let time_ms = self.record.now_ms();
        let audit = self.row(Interaction::Operate, &Touched::default(), what, AuditOutcome::Done);
        let private = vec![PrivateChange { space: space.to_owned(), key, content }];
        let batch = Batch { time_ms, private, audit, ..Batch::default() };
        Ok(self.record.store.commit(batch)?.time_ms)
    }

    /// Writes down that the actor follows what changes, in a patient's record or in all.
    pub fn audit_following(&self, patient: Option<&str>) -> Result<(), Error> {
        let mut touched = Touched::default();
        touched.patients.extend(patient.map(str::to_owned));
        self.audit(Interaction::Read, &touched, "the feed of changes", AuditOutcome::Done)
    }

    /// The current version of a resource.
    pub fn read(&self, key: &ResourceKey) -> Result<Resource, Error> {
        let grant = self.authorise(Interaction::Read, key.type_id)?;
        let found = match key.type_id == audit_event() {
            true => audit::search::find(self, key)?,
            false => self.record.store.read(key)?,
        };
        self.shown(&grant, key, found, || key.to_string())
    }

    /// One version of a resource.
    pub fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Resource, Error> {
        let grant = self.authorise(Interaction::Read, key.type_id)?;
        let found = match key.type_id == audit_event() {
            true => audit::search::find(self, key)?.filter(|found| found.version == version),
            false if !self.is_current_granted(&grant, key)? => None,
            false => self.record.store.read_version(key, version)?,
        };
        self.shown(&grant, key, found, || format!("{key}/_history/{version}"))
    }

    /// A version that was asked for by name, written down before it is shown; also when there is nothing to show.
    fn shown(
        &self,
        grant: &Grant,
        key: &ResourceKey,
        found: Option<Version>,
        name: impl Fn() -> String,
    ) -> Result<Resource, Error> {
        let result = match found {
            // Who may not have seen it is not told that it was there.
            Some(found) if found.is_deleted() && self.is_current_granted(grant, key)? => {
                Err(Error::Gone { key: key.clone(), version: found.version })
            }
            Some(found) if !found.is_deleted() && self.is_granted(grant, &found) => {
                Ok(self.shown_under(grant, found))
            }
            _ => Err(Error::NotFound(name())),
        };
        let (touched, outcome) = match &result {
            Ok(shown) => (self.touched([shown.version_of()]), AuditOutcome::Done),
            Err(_) => (Touched::names([key.clone()]), AuditOutcome::Failed),
        };
        self.audit(Interaction::Read, &touched, "", outcome)?;
        result
    }

    /// Past and current versions in a scope, newest first. `asked` is the request's parameters, for the audit.
    pub fn history(
        &self,
        scope: &HistoryScope,
        page: &HistoryPage,
        asked: &str,
    ) -> Result<Vec<Resource>, Error> {
        let (type_id, key) = match scope {
            HistoryScope::Resource(key) => (Some(key.type_id), Some(key)),
            HistoryScope::Type(type_id) => (Some(*type_id), None),
            HistoryScope::System => (None, None),
        };
        let leaves: HashMap<TypeId, Grant> = match type_id {
            Some(type_id) => HashMap::from([(type_id, self.authorise(Interaction::Read, type_id)?)]),
            None => self.leaves(Interaction::Read)?.into_iter().collect(),
        };
        let versions = match (type_id == Some(audit_event()), key) {
            (true, Some(key)) => audit::search::find(self, key)?.into_iter().collect(),
            (true, None) => {
                let how = "the audit log has no other versions; search AuditEvent instead";
                return Err(Error::request("", how));
            }
            (false, _) => self.record.store.history(scope, page)?,
        };
        if let Some(key) = key
            && versions.is_empty()
            && self.record.store.read(key)?.is_none()
        {
            self.audit(Interaction::Read, &Touched::names([key.clone()]), asked, AuditOutcome::Failed)?;
            return Err(Error::NotFound(key.to_string()));
        }
        // That something was deleted is told to who could see it.
        let mut is_seen: HashMap<ResourceKey, bool> = HashMap::new();
        let mut shown = Vec::with_capacity(versions.len());
        for version in versions {
            let Some(grant) = leaves.get(&version.key.type_id) else { continue };
            let is_current_seen = match is_seen.get(&version.key) {
                Some(is_seen) => *is_seen,
                None => self.is_current_granted(grant, &version.key)?,
            };
            is_seen.insert(version.key.clone(), is_current_seen);
            if is_current_seen && (version.is_deleted() || self.is_granted(grant, &version)) {
                shown.push(self.shown_under(grant, version));
            }
        }
        if let Some(key) = key
            && shown.is_empty()
            && !self.is_current_granted(&leaves[&key.type_id], key)?
        {
            self.audit(Interaction::Read, &Touched::names([key.clone()]), asked, AuditOutcome::Failed)?;
            return Err(Error::NotFound(key.to_string()));
        }
        let mut touched = self.touched(shown.iter().map(Resource::version_of));
        touched.keys.extend(key.cloned());
        self.audit(Interaction::Read, &touched, asked, AuditOutcome::Done)?;
        Ok(shown)
    }

    /// Searches. The policy narrows the query before it runs.
    pub fn search(&self, request: &Request) -> Result<Found, Error> {
        let (query, leaves) = self.authorise_request(request)?;
        let asked = asked(request);
        let hits = match audit::search::is_asked(&query) {
            true => audit::search::search(self, &query),
            false => self.record.store.search(&query, &*self.record.ports).map_err(Error::from),
        };
        if hits.is_err() {
            self.audit(Interaction::Search, &Touched::default(), &asked, AuditOutcome::Failed)?;
        }
        let hits = hits?;
        let matches: Vec<_> =
            hits.matches.into_iter().filter_map(|version| leaves.show(self, version)).collect();
        let included = self.include(&matches, request)?;
        let mut touched = self.touched(matches.iter().chain(&included).map(Resource::version_of));
        touched.add_named(&query);
        self.audit(Interaction::Search, &touched, &asked, AuditOutcome::Done)?;
        Ok(Found { matches, included, next: hits.next, total: hits.total })
    }

    /// Parses and runs a search that the program itself makes, such as a page's. Values are given plain, not as
    /// they stand in a URL.
    pub fn find(&self, type_id: TypeId, parameters: &[(&str, &str)]) -> Result<Found, Error> {
        let pairs: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.search(&self.parse_search(Some(type_id), None, &pairs, Handling::Strict)?)
    }

    /// Reads search parameters. `compartment` is the type and id of the compartment searched in.
    pub fn parse_search(
        &self,
        type_id: Option<TypeId>,
        compartment: Option<(TypeId, &str)>,
        pairs: &[(String, String)],
        handling: Handling,
    ) -> Result<Request, Error> {
        Ok(parse(type_id, compartment, pairs, handling, &*self.record.ports, &self.record.limits())?)
    }

    pub(crate) fn conditions(&self) -> Conditions<'_> {
        Conditions { session: self }
    }
}

/// The types a query asks for; `None` for every type.
pub(crate) fn types_of(query: &Query) -> Vec<Option<TypeId>> {
    if query.types.is_empty() { vec![None] } else { query.types.iter().copied().map(Some).collect() }
}

/// A search as a URL would have it: for the audit.
fn asked(request: &Request) -> String {
    let types: Vec<_> = request.query.types.iter().map(|type_id| type_id.name()).collect();
    format!("{}?{}", types.join(","), encode(&request.kept))
}
