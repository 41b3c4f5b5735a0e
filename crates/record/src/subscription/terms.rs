//! What a Subscription asks for, read when it is written and when it is served.

mod channel;

pub use channel::Channel;

use super::topic::triggers;
use super::trigger::{Kinds, Trigger, clause, clauses};
use crate::body::Edits;
use crate::outgoing::Targets;
use crate::write_rule::Violation;
use fhir::date_time::Instant;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Limits, Node};
use search::Ports;
use search::compartment::compartment_clause;
use search::query::Clause;

/// Where the extensions of the Backport guide are defined.
const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
/// Extensions that say in R5's terms what the guide has its own extensions for: they would be overlooked.
const CROSS_VERSION: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.";

/// Seconds that a receiver has for its answer, when the Subscription says nothing, and at most.
const TIMEOUT_S: (u32, u32) = (20, 60);
/// Events in a notification, when the Subscription says nothing, and at most.
const EVENTS: (u32, u32) = (20, 100);

/// What a Subscription asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// The state that the resource tells.
    pub status: Status,
    /// The topic's canonical URL; `None`: criteria are a search, as R4 has it.
    pub topic: Option<String>,
    /// How it is told.
    pub channel: Channel,
    /// How much it is told.
    pub content: PayloadContent,
    /// The media type of what is sent, as the Subscription has it.
    pub media_type: String,
    /// When it ends, in milliseconds since 1970.
    pub end_ms: Option<i64>,
    /// How often something is sent when there is nothing to tell, in seconds.
    pub heartbeat_s: Option<u32>,
    /// How long a receiver has for its answer, in seconds.
    pub timeout_s: u32,
    /// Events in a notification at most.
    pub events_max: u32,
    pub(super) triggers: Vec<Trigger>,
}

/// R4 Subscription.status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is asked for.
    Requested,
    /// It is served.
    Active,
    /// Its notifications could not be delivered: events are counted, and not sent.
    Error,
    /// It has ended.
    Off,
}

/// How much a notification tells (backport-payload-content).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadContent {
    /// That something happened.
    Empty,
    /// What it happened to.
    IdOnly,
    /// The resource too.
    FullResource,
}

const STATUSES: [(&str, Status); 4] = [
    ("requested", Status::Requested),
    ("active", Status::Active),
    ("error", Status::Error),
    ("off", Status::Off),
];

const CONTENTS: [(&str, PayloadContent); 3] = [
    ("empty", PayloadContent::Empty),
    ("id-only", PayloadContent::IdOnly),
    ("full-resource", PayloadContent::FullResource),
];

fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

impl Status {
    /// The code.
    pub fn code(self) -> &'static str {
        STATUSES.iter().find(|(_, status)| *status == self).map_or("", |(code, _)| code)
    }
}

impl PayloadContent {
    /// Reads the code.
    pub fn of_code(code: &str) -> Option<Self> {
        named(&CONTENTS, code)
    }
}

/// The type of Subscriptions.
pub fn subscription_type() -> TypeId {
    schema().resource_named("Subscription").expect("the schema has Subscription")
}

/// A Subscription as a client writes it: that it is served, or is not, is for the server to say, so `active` and `error`
/// ask for it anew; and one whose end has passed is off.
pub(crate) fn as_requested(document: Document, now_ms: i64) -> Document {
    let root = document.root();
    let status = root.get_str("status");
    let end = root.get_str("end").and_then(|text| Instant::parse(&text).ok());
    let becomes = match status.as_deref() {
        Some("requested" | "active" | "error") if end.is_some_and(|end| end.ms() <= now_ms) => Status::Off,
        Some("active" | "error") => Status::Requested,
        _ => return document,
    };
    with_status(&document, becomes, None)
}

/// The Subscription with a status, and why it is in error.
pub(super) fn with_status(document: &Document, status: Status, error: Option<&str>) -> Document {
    let root = document.root();
    let mut edits = Edits::default();
    edits.remove_member(root, "error");
    if let Some(node) = root.get("status") {
        let mut text = format!("\"{}\"", status.code());
        if let Some(error) = error {
            text.push_str(",\"error\":");
            fhir::value::write_string(&mut text, error);
        }
        edits.replace(node.range(), text);
    }
    Document::parse_with(edits.apply(root), Limits::UNBOUNDED).expect("edits keep a document well-formed")
}

/// What a Subscription is read with.
pub(crate) struct Reading<'a> {
    pub ports: &'a dyn Ports,
    pub targets: &'a Targets,
    pub now_ms: i64,
}

impl Terms {
    /// Reads a Subscription; an error says what cannot be served, and how to mend it.
    pub(crate) fn read(document: &Document, reading: &Reading<'_>) -> Result<Self, Violation> {
        let root = document.root();
        let status = named(&STATUSES, &root.get_str("status").unwrap_or_default()).unwrap_or(Status::Off);
        no_cross_version(root)?;
        let (topic, triggers) = watched(root, reading)?;
        let channel_node =
            root.get("channel").ok_or_else(|| broken("Subscription.channel", "say how to tell"))?;
        let channel = Channel::read(channel_node, reading.targets)?;
        let media_type = media_type(channel_node)?;
        let content = content(channel_node, topic.is_some(), media_type.is_some())?;
        let number = |name: &str| Some(extension(channel_node, name)?.parse::<u32>().ok()?.max(1));
        Ok(Self {
            status,
            topic,
            channel,
            content,
            media_type: media_type.unwrap_or_else(|| "application/fhir+json".to_owned()),
            end_ms: root.get_str("end").and_then(|text| Instant::parse(&text).ok()).map(Instant::ms),
            heartbeat_s: number("heartbeat-period"),
            timeout_s: number("timeout").unwrap_or(TIMEOUT_S.0).min(TIMEOUT_S.1),
            events_max: number("max-count").unwrap_or(EVENTS.0).min(EVENTS.1),
            triggers,
        })
    }
}

impl Terms {
    /// Refuses a Subscription that cannot be served; one that is off asks for nothing.
    pub(crate) fn check(document: &Document, reading: &Reading<'_>) -> Result<(), Violation> {
        match document.root().get_str("status").as_deref() {
            Some("off") => Ok(()),
            _ => Self::read(document, reading).map(|_| ()),
        }
    }
}

/// A Subscription that cannot be served.
pub(super) fn broken(expression: &str, message: impl Into<String>) -> Violation {
    Violation {
        rule: "subscription-can-be-served",
        message: message.into(),
        expression: expression.to_owned(),
    }
}

/// The value of an extension of the guide at an element.
fn extension(node: Node<'_>, name: &str) -> Option<String> {
    extensions(node, name).next()
}

fn extensions(node: Node<'_>, name: &str) -> impl Iterator<Item = String> {
    let url = format!("{BACKPORT}{name}");
    let found = node.each_of("extension").filter(move |one| one.get_str("url").as_deref() == Some(&url));
    found.filter_map(|one| {
        let (_, value) = one.members().find(|(name, _)| name.starts_with("value"))?;
        Some(value.scalar()?.into_owned())
    })
}

fn no_cross_version(root: Node<'_>) -> Result<(), Violation> {
    let is_one = |node: Node<'_>| {
        node.each_of("extension")
            .any(|one| one.get_str("url").is_some_and(|url| url.starts_with(CROSS_VERSION)))
    };
    let places = [Some(root), root.get("channel"), root.get("_criteria")];
    match places.into_iter().flatten().any(is_one) {
        false => Ok(()),
        true => Err(broken(
            "Subscription.extension",
            "extensions of R5's Subscription are not looked at; say it with those of the Subscriptions R5 Backport \
             guide for R4",
        )),
    }
}

/// The topic, if it is one, and what sets a notification off.
fn watched(root: Node<'_>, reading: &Reading<'_>) -> Result<(Option<String>, Vec<Trigger>), Violation> {
    const PLACE: &str = "Subscription.criteria";
    let criteria = root.get_str("criteria").unwrap_or_default().into_owned();
    if !criteria.split('?').next().unwrap_or_default().contains(':') {
        return Ok((None, vec![search(&criteria, reading).map_err(|how| broken(PLACE, how))?]));
    }
    let topic = criteria.split('|').next().unwrap_or_default();
    let mut found = triggers(topic, reading.ports);
    if found.is_empty() {
        let known: Vec<_> = super::topic::topic_urls().into_iter().collect();
        return Err(broken(
            PLACE,
            format!("there is no topic '{topic}'; the topics are {}", known.join(", ")),
        ));
    }
    let filters = root.get("_criteria").map(|node| extensions(node, "filter-criteria").collect::<Vec<_>>());
    for filter in filters.unwrap_or_default() {
        apply_filter(&filter, &mut found, reading)
            .map_err(|how| broken("Subscription.criteria.extension", how))?;
    }
    Ok((Some(topic.to_owned()), found.into_iter().map(|(trigger, _)| trigger).collect()))
}

/// A search as criteria: `Type?name=value`.
fn search(criteria: &str, reading: &Reading<'_>) -> Result<Trigger, String> {
    let (name, query) = criteria.split_once('?').unwrap_or((criteria, ""));
    let type_id = schema().resource_named(name).ok_or_else(|| {
        format!(
            "'{name}' is no type of resource; write a search such as Observation?code=…, or a topic's URL"
        )
    })?;
    let after = clauses(query, type_id, reading.ports, reading.now_ms)?;
    Ok(Trigger { type_id, on: Kinds::WRITTEN, before: Vec::new(), after })
}

/// Narrows the triggers of a topic by `Type?name=value`, `Type.name=value` or `name=value` (backport-filter-criteria). All
/// filters must hold.
fn apply_filter(
    filter: &str,
    triggers: &mut [(Trigger, &'static [&'static str])],
    reading: &Reading<'_>,
) -> Result<(), String> {
    let head = filter.split('=').next().unwrap_or_default();
    let is_typed = head.starts_with(|first: char| first.is_ascii_uppercase());
    let (type_name, query) = match filter.split_once(['?', '.']) {
        Some((name, query)) if is_typed => (Some(name), query),
        _ => (None, filter),
    };
    let pairs = crate::parameters::decode(query);
    let mut is_applied = false;
    for (trigger, allowed) in triggers.iter_mut() {
        if type_name.is_some_and(|name| name != trigger.type_id.name()) {
            continue;
        }
        let is_allowed = |name: &str| allowed.contains(&name.split(':').next().unwrap_or_default());
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !is_allowed(name)) {
            return Err(format!(
                "the topic cannot be filtered by '{name}'; it can by {}",
                allowed.join(", ")
            ));
        }
        for (name, value) in &pairs {
            trigger.after.push(filter_clause(name, value, trigger.type_id, reading)?);
        }
        is_applied = true;
    }
    if is_applied { Ok(()) } else { Err(format!("the topic has nothing that '{filter}' filters")) }
}

/// A filter as a condition. A patient is one whose compartment has the resource, by whatever parameter.
fn filter_clause(name: &str, value: &str, type_id: TypeId, reading: &Reading<'_>) -> Result<Clause, String> {
    if name != "patient" {
        return clause(name, value, type_id, reading.ports, reading.now_ms);
    }
    let patient = schema().resource_named("Patient").expect("the schema has Patient");
    let ours = format!("{}/", reading.ports.base_url());
    let one = |name: &str| {
        let name = name.strip_prefix(&ours).unwrap_or(name);
        compartment_clause(patient, name.strip_prefix("Patient/").unwrap_or(name), type_id)
    };
    Ok(Clause::Any(value.split(',').filter_map(one).collect()))
}

fn media_type(channel: Node<'_>) -> Result<Option<String>, Violation> {
    let Some(text) = channel.get_str("payload") else { return Ok(None) };
    let mut parts = text.split(';').map(str::trim);
    let is_json =
        parts.next().is_some_and(|kind| ["application/fhir+json", "application/json"].contains(&kind));
    let is_ours = parts.all(|parameter| match parameter.split_once('=') {
        Some(("fhirVersion", version)) => ["4.0", "4.0.1"].contains(&version),
        Some(("charset", charset)) => charset.eq_ignore_ascii_case("utf-8"),
        _ => false,
    });
    match is_json && is_ours {
        true => Ok(Some(text.into_owned())),
        false => Err(broken(
            "Subscription.channel.payload",
            "notifications are sent as application/fhir+json of FHIR 4.0 only",
        )),
    }
}

/// How much is told: by the guide's extension for a topic; for a search, the resource when there is a payload.
fn content(channel: Node<'_>, is_topic: bool, has_payload: bool) -> Result<PayloadContent, Violation> {
    let said = channel.get("_payload").and_then(|node| extension(node, "payload-content"));
    let place = "Subscription.channel.payload.extension";
    match said {
        Some(code) => PayloadContent::of_code(&code)
            .ok_or_else(|| broken(place, format!("'{code}' is none of empty, id-only, full-resource"))),
        None if is_topic => Err(broken(
            place,
            "say by the extension backport-payload-content whether to send empty, id-only or full-resource",
        )),
        None if has_payload => Ok(PayloadContent::FullResource),
        None => Ok(PayloadContent::Empty),
    }
}
