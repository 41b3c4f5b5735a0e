//! A row of the audit log as an AuditEvent (R4 auditevent).

use super::disclosure::Disclosure;
use super::log::{LoggedRow, Place};
use super::{ANCHOR, DISCLOSED};
use crate::body;
use base64::Engine;
use fhir::schema::{TypeId, schema};
use fhir::{Document, Node, Object, Value};
use std::sync::Arc;
use store::{Body, ResourceKey, Version};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";

/// What a row says was done, and what AuditEvent calls it: `do`, action, subtype code.
const ACTIONS: [(&str, &str, &str); 8] = [
    ("C", "C", "create"),
    ("R", "R", "read"),
    ("U", "U", "update"),
    ("D", "D", "delete"),
    ("S", "E", "search"),
    ("E", "E", "operation"),
    (ANCHOR, "E", "anchor"),
    (DISCLOSED, "E", "disclose"),
];

/// By which way a request came, and what AuditEvent calls that source: code, display.
const WAYS: [(&str, &str, &str); 4] = [
    ("rest", "4", "Application Server"),
    ("page", "3", "Web Server"),
    ("command", "1", "User Device"),
    ("subscription", "4", "Application Server"),
];

/// The type AuditEvent.
pub(crate) fn audit_event() -> TypeId {
    schema().resource_named("AuditEvent").expect("the schema has AuditEvent")
}

/// The row as the one version of an AuditEvent; `None` when it is no row that this program wrote.
pub(super) fn version_of(row: &LoggedRow, base_url: &str) -> Option<Version> {
    let logged = Document::parse(row.text.as_str()).ok()?;
    let document = event(row, logged.root(), base_url)?.to_document();
    Some(Version {
        key: ResourceKey::new(audit_event(), row.place.to_id()),
        version: 1,
        updated_ms: row.time_ms,
        body: Some(Arc::new(Body::new(document.shared_text()))),
        is_shredded: false,
        splice: body::splice(&document),
        place: (0, 0),
    })
}

fn event(row: &LoggedRow, logged: Node<'_>, base_url: &str) -> Option<Value> {
    let done = logged.get_str("do")?;
    let (_, action, subtype) = ACTIONS.iter().find(|(code, ..)| **code == *done)?;
    let mut event = Object::new();
    event.set("resourceType", "AuditEvent");
    event.set("id", row.place.to_id());
    set_kind(&mut event, row, logged, subtype);
    event.set("action", *action);
    event.set("recorded", crate::resource::instant(row.time_ms).to_string());
    let is = |name: &str| logged.get(name).is_some();
    let (outcome, reason) = match (is("refused"), is("failed")) {
        (true, _) => ("8", "refused by the policy"),
        (_, true) => ("4", "not done: the request was wrong, or what it named was not there"),
        _ => ("0", ""),
    };
    event.set("outcome", outcome);
    if !reason.is_empty() {
        event.set("outcomeDesc", reason);
    }
    let disclosed = logged.get("disclosed").and_then(Disclosure::of);
    if let Some(disclosed) = &disclosed {
        let purpose = coding(ACT_REASON, disclosed.purpose, disclosed.purpose_words());
        event.set("purposeOfEvent", vec![fhir::object! { "coding" => vec![purpose] }]);
    }
    let apps = logged.get_str("app").map(|client| app_agent(&client));
    let recipients = disclosed.as_ref().map(|disclosed| recipient_agent(&disclosed.recipient));
    event.set("agent", Value::Array([agent(logged)].into_iter().chain(apps).chain(recipients).collect()));
    event.set("source", source(logged, base_url));
    let entities = entities(row, logged);
    if !entities.is_empty() {
        event.set("entity", Value::Array(entities));
    }
    Some(event.into())
}

/// Type and subtype: a RESTful operation, whatever way it came; or a change to who may do what.
fn set_kind(event: &mut Object, row: &LoggedRow, logged: Node<'_>, subtype: &str) {
    if subtype == "anchor" {
        event.set("type", coding(DICOM, "110100", "Application Activity"));
        return;
    }
    if subtype == "disclose" {
        event.set("type", coding(LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"));
        return;
    }
    let is_write = matches!(row.place, Place::Write(_));
    let is_credential =
        is_write && subtype == "operation" && row.changes.is_empty() && logged.get("what").is_none();
    if is_credential {
        event.set("type", coding(DICOM, "110113", "Security Alert"));
        event.set("subtype", vec![coding(DICOM, "110137", "User Security Attributes Changed")]);
        return;
    }
    let subtype = if is_write && subtype == "operation" { "transaction" } else { subtype };
    event.set("type", coding(EVENT_TYPE, "rest", "RESTful Operation"));
    event.set("subtype", vec![coding(INTERACTION, subtype, subtype)]);
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    fhir::object! { "system" => system, "code" => code, "display" => display }
}

/// Who did it: an actor that is a resource by reference, another by its id.
fn agent(logged: Node<'_>) -> Value {
    let id = logged.get_str("who").unwrap_or_default();
    let name = logged.get_str("name");
    let is_resource = |name: &str| {
        name.split_once('/').is_some_and(|(type_name, _)| schema().resource_named(type_name).is_some())
    };
    let person = logged.get_str("as");
    let reference = person.iter().chain([&id]).find(|name| is_resource(name));
    let mut who = Object::new();
    if let Some(reference) = reference {
        who.set("reference", &**reference);
    } else {
        who.set("identifier", fhir::object! { "value" => &*id });
    }
    let mut agent = Object::new();
    if let Some(name) = &name {
        who.set("display", &**name);
    }
    agent.set("who", who);
    agent.set("altId", &*id);
    if let Some(name) = &name {
        agent.set("name", &**name);
    }
    agent.set("requestor", true);
    if let Some(address) = logged.get_str("from") {
        agent.set("network", fhir::object! { "address" => &*address, "type" => "2" });
    }
    agent.into()
}

/// The app that acted for somebody.
fn app_agent(client: &str) -> Value {
    fhir::object! {
        "type" => fhir::object! { "coding" => vec![coding(DICOM, "110150", "Application")] },
        "who" => fhir::object! { "identifier" => fhir::object! { "value" => client } },
        "altId" => client,
        "requestor" => false,
    }
}

/// Who was given something by hand.
fn recipient_agent(recipient: &str) -> Value {
    fhir::object! {
        "type" => fhir::object! { "coding" => vec![coding(DICOM, "110152", "Destination Role ID")] },
        "who" => fhir::object! { "display" => recipient },
        "name" => recipient,
        "requestor" => false,
    }
}

fn source(logged: Node<'_>, base_url: &str) -> Value {
    let way = logged.get_str("way").unwrap_or_default();
    let observer =
        fhir::object! { "identifier" => fhir::object! { "value" => base_url }, "display" => "Chiron" };
    let mut source = Object::new();
    source.set("observer", observer);
    if let Some((_, code, display)) = WAYS.iter().find(|(known, ..)| **known == *way) {
        source.set("type", vec![coding(SOURCE_TYPE, code, display)]);
    }
    source.into()
}

/// What was changed with its versions, what was shown, the patients they are about, and what was asked.
fn entities(row: &LoggedRow, logged: Node<'_>) -> Vec<Value> {
    let changed = row.changes.iter().map(|(key, version)| (key.to_string(), Some(*version)));
    let shown = logged.each_of("what").filter_map(Node::as_str).map(|name| (name.into_owned(), None));
    let patients = logged.each_of("of").filter_map(Node::as_str).map(|id| (format!("Patient/{id}"), None));
    let mut seen = std::collections::HashSet::new();
    let named = changed.chain(shown).chain(patients).filter(|(name, _)| seen.insert(name.clone()));
    let mut entities: Vec<Value> = named.map(|(name, version)| resource_entity(&name, version)).collect();
    entities.extend(logged.get_str("query").map(|query| asked_entity(&query, logged)));
    entities.extend(logged.get("anchor").and_then(anchor_entity));
    entities.extend(
        logged.get("disclosed").and_then(Disclosure::of).map(|disclosed| disclosed_entity(&disclosed)),
    );
    entities
}

/// What was given to somebody by hand, and on which day.
fn disclosed_entity(disclosed: &Disclosure) -> Value {
    let detail = fhir::object! { "type" => "day", "valueString" => disclosed.day.to_string() };
    fhir::object! {
        "type" => coding(ENTITY_TYPE, "2", "System Object"),
        "description" => disclosed.what.as_str(),
        "detail" => Value::Array(vec![detail]),
        "name" => disclosed.what.as_str(),
    }
}

/// An anchor as it was signed, for who keeps them elsewhere.
fn anchor_entity(anchor: Node<'_>) -> Option<Value> {
    let detail = fhir::object! { "type" => "signed", "valueString" => &*anchor.get_str("signed")? };
    Some(fhir::object! {
        "type" => coding(ENTITY_TYPE, "2", "System Object"),
        "name" => "anchor of the audit log",
        "detail" => Value::Array(vec![detail]),
    })
}

fn resource_entity(name: &str, version: Option<u32>) -> Value {
    let is_patient = name.starts_with("Patient/");
    let (kind, kind_display) = if is_patient { ("1", "Person") } else { ("2", "System Object") };
    let (role, role_display) = if is_patient { ("1", "Patient") } else { ("4", "Domain Resource") };
    let mut entity = Object::new();
    entity.set("what", fhir::object! { "reference" => name });
    entity.set("type", coding(ENTITY_TYPE, kind, kind_display));
    entity.set("role", coding(ENTITY_ROLE, role, role_display));
    if let Some(version) = version {
        let detail = fhir::object! { "type" => "version", "valueString" => version.to_string() };
        entity.set("detail", vec![detail]);
    }
    entity.into()
}

/// What was asked: a query; for a refusal the type, for a credential which.
fn asked_entity(query: &str, logged: Node<'_>) -> Value {
    let mut entity = Object::new();
    entity.set("type", coding(ENTITY_TYPE, "2", "System Object"));
    let is_query = query.contains(['?', '=', '&']) && logged.get("refused").is_none();
    if is_query {
        entity.set("role", coding(ENTITY_ROLE, "24", "Query"));
        entity.set("query", base64::engine::general_purpose::STANDARD.encode(query));
    } else {
        entity.set("name", query);
    }
    entity.into()
}
