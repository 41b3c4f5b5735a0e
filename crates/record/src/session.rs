//! The record and an actor's session with it: everything that reads.

use crate::audit::{AuditOutcome, AuditRow, Origin};
use crate::condition::Conditions;
use crate::credential::CredentialCache;
use crate::error::Error;
use crate::parameters::encode;
use crate::ports::RecordPorts;
use crate::resource::Resource;
use crate::write_rule::WriteRule;
use access::{Actor, Grant, Interaction, Policy};
use fhir::schema::TypeId;
use search::parse::{Handling, Limits, Request, parse};
use std::sync::{Arc, Mutex};
use store::{HistoryPage, HistoryScope, ResourceKey, Store, Version};
use terminology::Terminology;

/// Gives the time in milliseconds since 1970.
pub type Clock = Box<dyn Fn() -> i64 + Send + Sync>;
/// Gives a new logical id.
pub type NewId = Box<dyn Fn() -> String + Send + Sync>;

/// The whole record of a practice, and the only way to it.
pub struct Record {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ports: Arc<RecordPorts>,
    pub(crate) policy: Policy,
    pub(crate) rules: Vec<Box<dyn WriteRule>>,
    pub(crate) clock: Clock,
    pub(crate) new_id: NewId,
    pub(crate) new_secret: NewId,
    pub(crate) credentials: CredentialCache,
    /// Held by a write that is decided anew.
    pub(crate) contended: Mutex<()>,
    audit_reads: bool,
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
    /// Whether reads are audited. Off only to measure what the audit costs.
    pub audit_reads: bool,
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
            policy: settings.policy,
            rules: settings.rules,
            clock: settings.clock,
            new_id: settings.new_id,
            new_secret: settings.new_secret,
            credentials: CredentialCache::default(),
            contended: Mutex::new(()),
            audit_reads: settings.audit_reads,
        }
    }

    /// A session for an actor. All that is read and written in it is theirs to answer for.
    pub fn session(self: &Arc<Self>, actor: Actor, origin: Origin) -> Session {
        Session { record: Arc::clone(self), actor, origin }
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

    /// The record the session is with.
    pub fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// Asks the policy; a refusal is audited.
    pub(crate) fn authorise(
        &self,
        interaction: Interaction,
        type_id: Option<TypeId>,
    ) -> Result<Grant, Error> {
        self.record.policy.decide(&self.actor, interaction, type_id).map_err(|denial| {
            let logged =
                self.audit(interaction, &[], type_id.map_or("*", TypeId::name), AuditOutcome::Refused);
            logged.err().unwrap_or(Error::Denied(denial))
        })
    }

    /// Writes a row of the log of reads. Nothing is shown when it cannot be written.
    fn audit(
        &self,
        interaction: Interaction,
        resources: &[ResourceKey],
        query: &str,
        outcome: AuditOutcome,
    ) -> Result<(), Error> {
        if !self.record.audit_reads {
            return Ok(());
        }
        let time_ms = self.record.now_ms();
        let row = AuditRow {
            time_ms,
            actor: &self.actor,
            origin: &self.origin,
            interaction,
            resources,
            query,
            outcome,
        };
        Ok(self.record.store.log_read(&row.to_bytes())?)
    }

    /// The audit row of a change to a private document: it names the kind, never the content.
    pub(crate) fn private_audit_row(&self, time_ms: i64, kind: &str) -> Vec<u8> {
        let interaction = Interaction::Operate;
        let row = AuditRow {
            time_ms,
            actor: &self.actor,
            origin: &self.origin,
            interaction,
            resources: &[],
            query: kind,
            outcome: AuditOutcome::Done,
        };
        row.to_bytes()
    }

    /// The current version of a resource.
    pub fn read(&self, key: &ResourceKey) -> Result<Resource, Error> {
        let grant = self.authorise(Interaction::Read, Some(key.type_id))?;
        let version = self.record.store.read(key)?;
        self.audit(Interaction::Read, std::slice::from_ref(key), "", AuditOutcome::Done)?;
        match version {
            Some(version) if version.is_deleted() => {
                Err(Error::Gone { key: key.clone(), version: version.version })
            }
            Some(version) if self.is_granted(&grant, &version) => Ok(Resource::new(version)),
            _ => Err(Error::NotFound(key.to_string())),
        }
    }

    /// One version of a resource.
    pub fn read_version(&self, key: &ResourceKey, version: u32) -> Result<Resource, Error> {
        let grant = self.authorise(Interaction::Read, Some(key.type_id))?;
        let found = self.record.store.read_version(key, version)?;
        self.audit(Interaction::Read, std::slice::from_ref(key), "", AuditOutcome::Done)?;
        match found {
            Some(found) if found.is_deleted() => Err(Error::Gone { key: key.clone(), version }),
            Some(found) if self.is_granted(&grant, &found) => Ok(Resource::new(found)),
            _ => Err(Error::NotFound(format!("{key}/_history/{version}"))),
        }
    }

    /// Past and current versions in a scope, newest first. `asked` is the request's parameters, for the audit.
    pub fn history(
        &self,
        scope: &HistoryScope,
        page: &HistoryPage,
        asked: &str,
    ) -> Result<Vec<Resource>, Error> {
        let type_id = match scope {
            HistoryScope::Resource(key) => Some(key.type_id),
            HistoryScope::Type(type_id) => Some(*type_id),
            HistoryScope::System => None,
        };
        let grant = self.authorise(Interaction::Read, type_id)?;
        let versions = self.record.store.history(scope, page)?;
        if let HistoryScope::Resource(key) = scope
            && versions.is_empty()
            && self.record.store.read(key)?.is_none()
        {
            return Err(Error::NotFound(key.to_string()));
        }
        let versions: Vec<_> =
            versions.into_iter().filter(|version| self.is_granted(&grant, version)).collect();
        let keys: Vec<_> = versions.iter().map(|version| version.key.clone()).collect();
        self.audit(Interaction::Read, &keys, asked, AuditOutcome::Done)?;
        Ok(versions.into_iter().map(Resource::new).collect())
    }

    /// Searches. The policy narrows the query before it runs.
    pub fn search(&self, request: &Request) -> Result<Found, Error> {
        let mut query = request.query.clone();
        self.authorise_query(&mut query)?;
        let hits = self.record.store.search(&query, &*self.record.ports)?;
        let matches: Vec<_> = hits.matches.into_iter().map(Resource::new).collect();
        let included = self.include(&matches, request)?;
        let keys: Vec<_> = matches.iter().chain(&included).map(|resource| resource.key().clone()).collect();
        self.audit(Interaction::Search, &keys, &encode(&request.kept), AuditOutcome::Done)?;
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

    /// Whether what was read lies within the grant.
    pub(crate) fn is_granted(&self, grant: &Grant, version: &Version) -> bool {
        grant.narrowing().is_empty()
            || Resource::new(version.clone()).document().is_some_and(|document| {
                let holds = |clause| store::clause_holds(clause, &document, &*self.record.ports);
                grant.narrowing().iter().all(holds)
            })
    }
}
