//! Transactions and batches: a Bundle's entries as writes and reads (R4 http 2.21.0.17).

use crate::audit::{AuditOutcome, Touched, audit_event};
use crate::condition::Condition;
use crate::error::Error;
use crate::parameters::decode;
use crate::patch::Patch;
use crate::resource::Resource;
use crate::session::{Found, Session, types_of};
use crate::write::{Target, WriteAction, WriteRequest, Written};
use access::Interaction;
use fhir::date_time::Instant;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Node};
use search::parse::{Handling, Request};
use store::{Expect, HistoryPage, HistoryScope, ResourceKey};

/// What an entry's request was answered with.
#[derive(Debug)]
pub enum Answer {
    /// A write's.
    Written(Written),
    /// A read's.
    Resource(Resource),
    /// A search's, with the request it answers.
    Found(Box<Request>, Found),
    /// A history's.
    History(Vec<Resource>),
    /// A read of a transaction that found nothing to show, after all writes were done: they stand.
    Failed(Error),
}

/// An entry, understood.
enum Entry<'a> {
    Write(WriteRequest<'a>),
    Read(ReadRequest),
}

/// A read in a bundle.
enum ReadRequest {
    Current(ResourceKey),
    Version(ResourceKey, u32),
    Search(Box<Request>),
    History(HistoryScope, HistoryPage, String),
}

/// Versions of a history in a bundle when `_count` says nothing, and at most.
const HISTORY_COUNT: usize = 100;
const HISTORY_COUNT_MAX: usize = 1000;

/// The order in which a transaction's entries are done (R4 http 2.21.0.17.2), by method.
const ORDER: [&str; 6] = ["DELETE", "POST", "PUT", "PATCH", "GET", "HEAD"];

impl Session {
    /// Does a transaction: every entry or none. Answers stand in the order of the entries.
    pub fn transaction(&self, bundle: &Document) -> Result<Vec<Answer>, Error> {
        let nodes: Vec<_> = bundle.root().each_of("entry").collect();
        let mut order: Vec<(usize, usize)> = Vec::with_capacity(nodes.len());
        let mut entries = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            entries.push(Some(self.entry(*node).map_err(|error| error.in_entry(index))?));
            order.push((rank(*node), index));
        }
        order.sort_unstable();
        let (mut writes, mut writers, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for (_, index) in order {
            match entries[index].take().expect("every entry is taken once") {
                Entry::Write(request) => {
                    writes.push(request);
                    writers.push(index);
                }
                Entry::Read(request) => reads.push((index, request)),
            }
        }
        for (index, request) in &reads {
            self.check_read(request, &writes).map_err(|error| error.in_entry(*index))?;
        }
        let mut answers: Vec<Option<Answer>> = nodes.iter().map(|_| None).collect();
        let written = self.write_all(&writes).map_err(|error| at_its_entry(error, &writers))?;
        for (index, written) in writers.iter().zip(written) {
            answers[*index] = Some(Answer::Written(written));
        }
        for (index, request) in reads {
            // The writes are done: what fails from here on fails by itself.
            answers[index] = Some(self.answer(request).unwrap_or_else(Answer::Failed));
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Does a batch: every entry by itself.
    pub fn batch(&self, bundle: &Document) -> Vec<Result<Answer, Error>> {
        let one = |node| match self.entry(node)? {
            Entry::Write(mut request) => {
                // Entries of a batch know nothing of each other.
                request.full_url = None;
                Ok(Answer::Written(self.write(request)?))
            }
            Entry::Read(request) => self.answer(request),
        };
        bundle.root().each_of("entry").map(one).collect()
    }

    /// That a transaction's read can be answered, before anything is written: it is allowed, and what it names is there
    /// or will be.
    fn check_read(&self, request: &ReadRequest, writes: &[WriteRequest<'_>]) -> Result<(), Error> {
        let (interaction, types, key) = match request {
            ReadRequest::Current(key) | ReadRequest::History(HistoryScope::Resource(key), ..) => {
                (Interaction::Read, vec![Some(key.type_id)], Some(key))
            }
            ReadRequest::Version(key, _) => (Interaction::Read, vec![Some(key.type_id)], None),
            ReadRequest::History(HistoryScope::Type(type_id), ..) => {
                (Interaction::Read, vec![Some(*type_id)], None)
            }
            ReadRequest::History(HistoryScope::System, ..) => (Interaction::Read, vec![None], None),
            ReadRequest::Search(request) => (Interaction::Search, types_of(&request.query), None),
        };
        for type_id in types {
            match type_id {
                Some(type_id) => self.authorise(interaction, type_id).map(|_| ())?,
                None => self.leaves(interaction).map(|_| ())?,
            }
        }
        let Some(key) = key else { return Ok(()) };
        if key.type_id == audit_event() {
            return Ok(());
        }
        let is_there = match writes.iter().find(|write| write.action.key() == Some(key)) {
            Some(write) => !matches!(write.action, WriteAction::Delete { .. }),
            None => self.record.store.read(key)?.is_some_and(|version| !version.is_deleted()),
        };
        if is_there || matches!(request, ReadRequest::History(..)) {
            return Ok(());
        }
        self.audit(Interaction::Read, &Touched::names([key.clone()]), "", AuditOutcome::Failed)?;
        Err(Error::NotFound(key.to_string()))
    }

    fn answer(&self, request: ReadRequest) -> Result<Answer, Error> {
        Ok(match request {
            ReadRequest::Current(key) => Answer::Resource(self.read(&key)?),
            ReadRequest::Version(key, version) => Answer::Resource(self.read_version(&key, version)?),
            ReadRequest::Search(request) => {
                let found = self.search(&request)?;
                Answer::Found(request, found)
            }
            ReadRequest::History(scope, page, asked) => Answer::History(self.history(&scope, &page, &asked)?),
        })
    }

    fn entry<'a>(&self, entry: Node<'a>) -> Result<Entry<'a>, Error> {
        let request = entry.get("request").ok_or_else(|| {
            Error::request("Bundle.entry.request", "the entry has no request; give it a method and a url")
        })?;
        let method = request.get_str("method").unwrap_or_default();
        let url = request.get_str("url").unwrap_or_default();
        let url = url.strip_prefix(self.record.base_url()).unwrap_or(&url);
        let address = Address::parse(url)?;
        let full_url = entry.get_str("fullUrl").map(std::borrow::Cow::into_owned);
        let expect = expectation(request)?;
        let action = match &*method {
            "GET" | "HEAD" => return Ok(Entry::Read(self.read_request(address)?)),
            "POST" => {
                let resource = resource_of(entry)?;
                let type_id = address.only_type()?;
                check_type(resource, type_id)?;
                let unless = request.get_str("ifNoneExist");
                let unless =
                    unless.map(|text| self.condition(type_id, text.trim_start_matches('?'))).transpose()?;
                WriteAction::Create { type_id, resource, unless }
            }
            "PUT" => {
                let resource = resource_of(entry)?;
                let target = self.target(address)?;
                check_update(resource, &target)?;
                WriteAction::Update { target, resource, expect }
            }
            "PATCH" => {
                let patch = Patch::from_resource(resource_of(entry)?)?;
                WriteAction::Patch { target: self.target(address)?, patch, expect }
            }
            "DELETE" => WriteAction::Delete { target: self.target(address)?, expect },
            other => {
                let message = format!("'{other}' is no method; use GET, HEAD, POST, PUT, PATCH or DELETE");
                return Err(Error::request("Bundle.entry.request.method", message));
            }
        };
        Ok(Entry::Write(WriteRequest { action, full_url }))
    }

    fn read_request(&self, address: Address<'_>) -> Result<ReadRequest, Error> {
        let query = address.query.unwrap_or_default();
        let pairs = decode(query);
        Ok(match address {
            Address { key: Some(key), version: Some(version), .. } => {
                only_presentation(&pairs)?;
                ReadRequest::Version(key, version)
            }
            Address { key, type_id, is_history: true, .. } => {
                let scope = match (key, type_id) {
                    (Some(key), _) => HistoryScope::Resource(key),
                    (None, Some(type_id)) => HistoryScope::Type(type_id),
                    (None, None) => HistoryScope::System,
                };
                ReadRequest::History(scope, history_page(&pairs)?, query.to_owned())
            }
            Address { key: Some(key), .. } => {
                only_presentation(&pairs)?;
                ReadRequest::Current(key)
            }
            Address { type_id, .. } => {
                let parsed = self.parse_search(type_id, None, &pairs, Handling::Strict)?;
                ReadRequest::Search(Box::new(parsed))
            }
        })
    }

    /// Reads a condition, as in `If-None-Exist` or a conditional update's URL.
    pub fn condition(&self, type_id: TypeId, parameters: &str) -> Result<Condition, Error> {
        self.conditions().parse(type_id, parameters)
    }

    fn target(&self, address: Address<'_>) -> Result<Target, Error> {
        match address {
            Address { key: Some(key), query: None, version: None, is_history: false, .. } => {
                Ok(Target::Key(key))
            }
            Address { key: None, type_id: Some(type_id), query: Some(query), .. } => {
                Ok(Target::Condition(self.condition(type_id, query)?))
            }
            _ => Err(bad_url("the url must be Type/id or Type?condition")),
        }
    }
}

/// Parameters of any request that ask for a format: an entry has that of its bundle.
const PRESENTATION: [&str; 2] = ["_format", "_pretty"];

/// A parameter that would silently do nothing is refused.
fn only_presentation(pairs: &[(String, String)]) -> Result<(), Error> {
    match pairs.iter().find(|(name, _)| !PRESENTATION.contains(&name.as_str())) {
        Some((name, _)) => {
            Err(bad_url(&format!("a read in an entry has no parameter '{name}'; call it by itself")))
        }
        None => Ok(()),
    }
}

fn history_page(pairs: &[(String, String)]) -> Result<HistoryPage, Error> {
    let mut page = HistoryPage { count: HISTORY_COUNT, ..HistoryPage::default() };
    for (name, value) in pairs {
        match name.as_str() {
            "_count" => {
                let count = value.parse::<usize>();
                let count = count.map_err(|_| bad_url("_count is a whole number, such as 20"))?;
                page.count = count.clamp(1, HISTORY_COUNT_MAX);
            }
            "_since" => {
                let since = Instant::parse(&value.replace(' ', "+"));
                let since =
                    since.map_err(|_| bad_url("_since is an instant, such as 2025-03-01T09:00:00Z"))?;
                page.since_ms = Some(since.ms());
            }
            name if PRESENTATION.contains(&name) => {}
            name => {
                let message = format!("a history in an entry has no parameter '{name}'; call it by itself");
                return Err(bad_url(&message));
            }
        }
    }
    Ok(page)
}

fn rank(entry: Node<'_>) -> usize {
    let method = entry.at_path(&["request", "method"]).and_then(Node::as_str).unwrap_or_default();
    ORDER.iter().position(|known| *known == method).unwrap_or(ORDER.len())
}

/// `write_all` counts writes; the caller counts entries.
fn at_its_entry(error: Error, writers: &[usize]) -> Error {
    match error {
        Error::Entry { index, error } => error.in_entry(writers.get(index).copied().unwrap_or(index)),
        other => other,
    }
}

fn resource_of(entry: Node<'_>) -> Result<Node<'_>, Error> {
    entry.get("resource").ok_or_else(|| {
        Error::request("Bundle.entry.resource", "the entry has no resource; POST, PUT and PATCH need one")
    })
}

/// That a resource is of the type that its URL names.
pub fn check_type(resource: Node<'_>, type_id: TypeId) -> Result<(), Error> {
    let found = resource.get_str("resourceType").unwrap_or_default();
    if *found == *type_id.name() {
        return Ok(());
    }
    let message =
        format!("the resource is of type '{found}' but the url names {}; make them agree", type_id.name());
    Err(Error::request("Resource", message))
}

/// That an update's resource is the one that its URL names.
pub fn check_update(resource: Node<'_>, target: &Target) -> Result<(), Error> {
    match target {
        Target::Condition(condition) => check_type(resource, condition.type_id),
        Target::Key(key) => {
            check_type(resource, key.type_id)?;
            match resource.get_str("id") {
                Some(id) if *id == *key.id => Ok(()),
                Some(id) => {
                    let message =
                        format!("the resource has id '{id}' but the url names '{}'; make them agree", key.id);
                    Err(Error::request(format!("{}.id", key.type_id.name()), message))
                }
                None => {
                    let message = format!("the resource has no id; give it \"id\": \"{}\"", key.id);
                    Err(Error::request(format!("{}.id", key.type_id.name()), message))
                }
            }
        }
    }
}

fn expectation(request: Node<'_>) -> Result<Expect, Error> {
    if request.get_str("ifNoneMatch").is_some_and(|tag| tag.trim() == "*") {
        return Ok(Expect::Absent);
    }
    match request.get_str("ifMatch") {
        Some(tag) => parse_etag(&tag).map(Expect::Version),
        None => Ok(Expect::Any),
    }
}

/// Reads a weak ETag as FHIR uses it: `W/"3"`.
pub fn parse_etag(tag: &str) -> Result<u32, Error> {
    let number = tag.trim().trim_start_matches("W/").trim_matches('"').parse();
    number.map_err(|_| Error::request("", format!("'{tag}' is no version tag; write it as W/\"3\"")))
}

/// A URL relative to the base, as it stands in a bundle entry.
#[derive(Default)]
struct Address<'a> {
    type_id: Option<TypeId>,
    key: Option<ResourceKey>,
    version: Option<u32>,
    is_history: bool,
    query: Option<&'a str>,
}

fn bad_url(message: &str) -> Error {
    Error::request("Bundle.entry.request.url", message)
}

impl<'a> Address<'a> {
    fn parse(url: &'a str) -> Result<Self, Error> {
        let (path, query) = match url.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (url, None),
        };
        let mut address = Self { query, ..Self::default() };
        let mut parts = path.trim_matches('/').split('/').filter(|part| !part.is_empty());
        let mut next = parts.next();
        if let Some(name) = next.filter(|name| *name != "_history") {
            let type_id = schema().resource_named(name);
            let type_id = type_id.ok_or_else(|| bad_url(&format!("'{name}' is no resource type")))?;
            address.type_id = Some(type_id);
            next = parts.next();
            if next == Some("_search") {
                return Err(bad_url("an entry searches by GET, with the parameters in its url"));
            }
            if let Some(id) = next.filter(|id| *id != "_history" && !id.starts_with('$')) {
                address.key = Some(key(type_id, id)?);
                next = parts.next();
            }
        }
        if next == Some("_history") {
            address.is_history = true;
            let version = parts.next().map(str::parse).transpose();
            address.version = version.map_err(|_| bad_url("a version is a whole number"))?;
            next = None;
        }
        match next.or(parts.next()) {
            Some(rest) => {
                Err(bad_url(&format!("'{rest}' is not understood in an entry's url; call it by itself")))
            }
            None => Ok(address),
        }
    }

    fn only_type(&self) -> Result<TypeId, Error> {
        match self {
            Address { type_id: Some(type_id), key: None, query: None, is_history: false, .. } => Ok(*type_id),
            _ => Err(bad_url("POST makes a new resource; its url is the type, such as Patient")),
        }
    }
}

/// A key from a type and an id as sent: the id must have FHIR's form.
pub fn key(type_id: TypeId, id: &str) -> Result<ResourceKey, Error> {
    if fhir::reference::is_id(id) {
        return Ok(ResourceKey::new(type_id, id));
    }
    let message = format!("'{id}' is no id: 1 to 64 of A-Z a-z 0-9 - .");
    Err(Error::request(format!("{}.id", type_id.name()), message))
}
