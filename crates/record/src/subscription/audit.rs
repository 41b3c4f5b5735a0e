//! What the audit log says of what the server itself does for subscriptions.

use super::event::Event;
use crate::audit::{AuditOutcome, AuditRow, Origin, Touched, interaction_code};
use crate::error::Error;
use crate::session::{Record, Session};
use access::{Actor, Interaction};

/// The way by which subscriptions reach the record.
pub(super) const WAY: &str = "subscription";

/// A row that says what was done.
pub(super) fn row(record: &Record, what: &str) -> Vec<u8> {
    let server = Actor { id: "server".to_owned(), name: "The server".to_owned(), ..Actor::default() };
    let row = AuditRow {
        time_ms: record.now_ms(),
        actor: &server,
        origin: &Origin { address: String::new(), way: WAY },
        done: interaction_code(Interaction::Operate),
        touched: &Touched::default(),
        query: what,
        outcome: AuditOutcome::Done,
        more: None,
    };
    row.into_bytes()
}

impl Session {
    /// Whether an event's resource is one that this actor may read.
    pub fn sees(&self, event: &Event) -> Result<bool, Error> {
        match self.leave_to_read(event.key.type_id) {
            Some(grant) => self.is_seen(&grant, &event.key, event.version),
            None => Ok(false),
        }
    }

    /// Writes down that the names of an event's resources are told to a subscriber.
    pub fn audit_notification(&self, id: &str, events: &[&Event]) -> Result<(), Error> {
        let touched = Touched::names(events.iter().map(|event| event.key.clone()));
        let what = format!("notification of Subscription/{id}");
        self.audit(Interaction::Read, &touched, &what, AuditOutcome::Done)
    }
}
