//! What is written down of every look and every change.
//!
//! A row is compact JSON, chained by the store. It names resources by type and id and never holds their content. The rows
//! of writes stand in the commit log, those of reads in the log of reads; [`search`] shows both as AuditEvents.

pub mod anchor;
pub mod disclosure;
pub mod entry;
mod event;
mod log;
mod looks;
pub(crate) mod search;
mod touched;
pub mod unusual;

pub(crate) use event::audit_event;
pub(crate) use touched::{Touched, patient};

use access::{Actor, Interaction};
use fhir::schema::TypeId;
use fhir::{Object, Value};
use std::collections::HashSet;

/// True of types that only the server writes: they are read and searched, and have no other versions.
pub fn is_written_by_the_server(type_id: TypeId) -> bool {
    type_id == audit_event()
}

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The network address of the client; empty for a command on the machine.
    pub address: String,
    /// By which way: `rest`, `page`, `command`.
    pub way: &'static str,
}

/// How a request ended (FHIR AuditEvent.outcome).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuditOutcome {
    /// It was done.
    Done,
    /// It was not done: the request was wrong, or what it named was not there or not as it said.
    Failed,
    /// The policy refused it.
    Refused,
}

/// One row of the audit log.
pub(crate) struct AuditRow<'a> {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// Who.
    pub actor: &'a Actor,
    /// From where.
    pub origin: &'a Origin,
    /// What was done, in a letter.
    pub done: &'static str,
    /// On what.
    pub(crate) touched: &'a Touched,
    /// A search's parameters as given; empty otherwise.
    pub query: &'a str,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// What else there is to say, by its name in the row.
    pub more: Option<(&'static str, Value)>,
}

impl AuditRow<'_> {
    /// The row's bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut row = Object::new();
        row.set("t", self.time_ms);
        row.set("who", self.actor.id.as_str());
        row.set("name", self.actor.name.as_str());
        row.set("way", self.origin.way);
        row.set("do", self.done);
        if let Some(person) = &self.actor.person {
            row.set("as", person.to_string());
        }
        if let Some(client) = &self.actor.client {
            row.set("app", client.as_str());
        }
        if !self.origin.address.is_empty() {
            row.set("from", self.origin.address.as_str());
        }
        let mut seen = HashSet::new();
        let once = self.touched.keys.iter().filter(|key| seen.insert(*key));
        let names: Vec<Value> = once.map(|key| Value::from(key.to_string())).collect();
        let is_named = |id: &str| seen.iter().any(|key| key.type_id.name() == "Patient" && *key.id == *id);
        let patients = self.touched.patients.iter().filter(|id| !is_named(id));
        let patients: Vec<Value> = patients.map(|id| Value::from(id.as_str())).collect();
        for (member, values) in [("what", names), ("of", patients)] {
            if !values.is_empty() {
                row.set(member, Value::Array(values));
            }
        }
        if let Some((name, value)) = self.more {
            row.set(name, value);
        }
        if !self.query.is_empty() {
            row.set("query", shortened(self.query));
        }
        match self.outcome {
            AuditOutcome::Done => {}
            AuditOutcome::Failed => row.set("failed", true),
            AuditOutcome::Refused => row.set("refused", true),
        }
        Value::Object(row).to_json().into_bytes()
    }
}

/// Characters of a query that are kept, so that no request is too long to be written down.
const QUERY_BYTES: usize = 16 << 10;

fn shortened(query: &str) -> String {
    if query.len() <= QUERY_BYTES {
        return query.to_owned();
    }
    format!("{}…", &query[..query.floor_char_boundary(QUERY_BYTES)])
}

/// What a row of an anchor says was done.
const ANCHOR: &str = "A";
/// What a row says was done when something was given to somebody by hand.
const DISCLOSED: &str = "X";

/// How much rows may stand out of the order of their times: a clock that is set, writers that overtake each other.
const DISORDER_MS: i64 = 10 * 60_000;

/// FHIR AuditEvent.action: create, read, update, delete, execute; searches, which are executed, by a letter of their own.
pub(crate) fn interaction_code(interaction: Interaction) -> &'static str {
    match interaction {
        Interaction::Create => "C",
        Interaction::Read => "R",
        Interaction::Update => "U",
        Interaction::Delete => "D",
        Interaction::Search => "S",
        Interaction::Operate | Interaction::Export => "E",
    }
}
