//! What is written down of every look and every change.
//!
//! A row is compact JSON, chained by the store. It names resources by type and id and never holds their content.

use access::{Actor, Interaction};
use fhir::{Object, Value};
use store::ResourceKey;

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
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

/// One row of the audit log.
pub struct AuditRow<'a> {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// Who.
    pub actor: &'a Actor,
    /// From where.
    pub origin: &'a Origin,
    /// What was done.
    pub interaction: Interaction,
    /// On which resources.
    pub resources: &'a [ResourceKey],
    /// A search's parameters as given; empty otherwise.
    pub query: &'a str,
    /// How it ended.
    pub outcome: AuditOutcome,
}

impl AuditRow<'_> {
    /// The row's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut row = Object::new();
        row.set("t", self.time_ms);
        row.set("who", self.actor.id.as_str());
        row.set("way", self.origin.way);
        row.set("do", interaction_code(self.interaction));
        if !self.origin.address.is_empty() {
            row.set("from", self.origin.address.as_str());
        }
        if !self.resources.is_empty() {
            let names = self.resources.iter().map(|key| Value::from(key.to_string())).collect::<Vec<_>>();
            row.set("what", Value::Array(names));
        }
        if !self.query.is_empty() {
            row.set("query", self.query);
        }
        if self.outcome == AuditOutcome::Refused {
            row.set("refused", true);
        }
        Value::Object(row).to_json().into_bytes()
    }
}

/// FHIR AuditEvent.action: create, read, update, delete, execute.
fn interaction_code(interaction: Interaction) -> &'static str {
    match interaction {
        Interaction::Create => "C",
        Interaction::Read => "R",
        Interaction::Update => "U",
        Interaction::Delete => "D",
        Interaction::Search => "S",
        Interaction::Operate => "E",
    }
}
