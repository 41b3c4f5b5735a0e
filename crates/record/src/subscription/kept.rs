//! What is kept of a subscription beside the resource: private documents, each written by one hand.
//!
//! | space | key | what | written by |
//! |---|---|---|---|
//! | `subscription` | id | whose rights it has | the write of the Subscription |
//! | `subscription-count` | id | from which commit on, and how many events | the notifier |
//! | `subscription-events ID` | number | events from this number on | the notifier |
//! | `subscription-cursor` | `feed` | how far the feed was looked through | the notifier |
//! | `subscription-delivery` | id | how far events were delivered, and who delivers | whoever delivers |

use super::event::{Event, read_events};
use crate::credential::{actor_object, read_actor};
use crate::error::Error;
use crate::session::{Record, Session};
use access::Actor;
use fhir::{Document, Object, Value};
use store::{Batch, Precondition, PrivateChange};

pub(crate) const SUBSCRIPTION_SPACE: &str = "subscription";
pub(super) const COUNT_SPACE: &str = "subscription-count";
pub(super) const DELIVERY_SPACE: &str = "subscription-delivery";
pub(super) const CURSOR: (&str, &str) = ("subscription-cursor", "feed");

/// The space of a subscription's events.
pub(super) fn events_space(id: &str) -> String {
    format!("subscription-events {id}")
}

/// The key of events from a number on: in their order.
pub(super) fn events_key(first: u64) -> String {
    format!("{first:020}")
}

/// Whose rights a subscription has, as it is kept: of whoever wrote it last.
pub(crate) fn registration(session: &Session) -> Vec<u8> {
    let object = fhir::object! {
        "actor" => actor_object(&session.actor),
        "address" => session.origin.address.as_str(),
    };
    object.to_json().into_bytes()
}

/// Reads [`registration`]: the actor and their network address.
pub(super) fn read_registration(content: Vec<u8>) -> Option<(Actor, String)> {
    let document = Document::parse(content).ok()?;
    let root = document.root();
    Some((read_actor(root.get("actor")?)?, root.get_str("address")?.into_owned()))
}

/// Numbers as a private document keeps them.
pub(super) fn write_numbers(numbers: &[(&str, u64)]) -> Vec<u8> {
    let mut object = Object::new();
    for (name, number) in numbers {
        object.set(*name, i64::try_from(*number).unwrap_or(i64::MAX));
    }
    Value::Object(object).to_json().into_bytes()
}

/// A number of [`write_numbers`]; 0 when it is not there.
pub(super) fn read_number(content: Option<&[u8]>, name: &str) -> u64 {
    let document = content.and_then(|content| Document::parse(content).ok());
    let number = |document: &Document| document.root().get(name)?.as_number()?.parse().ok();
    document.as_ref().and_then(number).unwrap_or(0)
}

/// How far events of a subscription were delivered, and the leave to deliver more: of all processes on one database,
/// one delivers at a time.
#[derive(Clone, Debug)]
pub struct Claim {
    id: String,
    /// How far.
    pub delivered: Delivered,
    content: Option<Vec<u8>>,
}

/// How far events of a subscription were delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The last event that was delivered, or is not to be delivered any more.
    pub last: u64,
    /// True when the receiver failed for too long: what it missed it asks for itself.
    pub is_given_up: bool,
}

/// How long a leave holds, in milliseconds, and how much of it there is at least when it is given: more than any attempt at
/// delivery takes.
const CLAIM_MS: (i64, i64) = (90_000, 70_000);

impl Record {
    /// The last event of a subscription that was delivered, whoever delivers.
    pub fn delivered(&self, id: &str) -> Result<u64, Error> {
        let content = self.store.read_private(DELIVERY_SPACE, id)?;
        Ok(read_number(content.as_deref(), "last"))
    }

    /// Takes leave to deliver events of a subscription; `None` while another process has it. `holder` tells processes
    /// apart.
    pub fn claim_delivery(&self, id: &str, holder: &str) -> Result<Option<Claim>, Error> {
        let content = self.store.read_private(DELIVERY_SPACE, id)?;
        let (delivered, until_ms, by) = content.as_deref().and_then(read_delivery).unwrap_or_default();
        let claim = Claim { id: id.to_owned(), delivered, content };
        let left_ms = until_ms - self.now_ms();
        match by == holder {
            false if left_ms > 0 => Ok(None),
            true if left_ms > CLAIM_MS.1 => Ok(Some(claim)),
            _ => self.keep_delivery(claim, holder, delivered),
        }
    }

    /// Writes down how far events are delivered; `None` when the leave was lost.
    pub fn keep_delivery(
        &self,
        claim: Claim,
        holder: &str,
        delivered: Delivered,
    ) -> Result<Option<Claim>, Error> {
        let content = fhir::object! {
            "last" => i64::try_from(delivered.last).unwrap_or(i64::MAX),
            "is_given_up" => delivered.is_given_up,
            "until_ms" => self.now_ms() + CLAIM_MS.0,
            "by" => holder,
        };
        let content = content.to_json().into_bytes();
        let document = |content| (DELIVERY_SPACE.to_owned(), claim.id.clone(), content);
        let what = format!("events of Subscription/{} are delivered up to {}", claim.id, delivered.last);
        let batch = self.private_batch(&what, document(claim.content), vec![document(Some(content.clone()))]);
        match self.store.commit(batch) {
            Ok(_) => Ok(Some(Claim { id: claim.id, delivered, content: Some(content) })),
            Err(store::StoreError::ConditionConflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The events of a subscription that are kept, from a number on, at most so many.
    pub fn events_of(&self, id: &str, from: u64, count: usize) -> Result<Vec<Event>, Error> {
        let kept = self.store.list_private(&events_space(id))?;
        let events = kept.into_iter().flat_map(|(_, content)| read_events(content));
        Ok(events.filter(|event| event.number >= from).take(count).collect())
    }

    /// A batch of the server's own: private documents, if one of them is still as it was read.
    pub(super) fn private_batch(
        &self,
        what: &str,
        expected: (String, String, Option<Vec<u8>>),
        documents: Vec<(String, String, Option<Vec<u8>>)>,
    ) -> Batch {
        let (space, key, content) = expected;
        let change = |(space, key, content)| PrivateChange { space, key, content };
        Batch {
            time_ms: self.now_ms(),
            preconditions: vec![Precondition::Private { space, key, content }],
            private: documents.into_iter().map(change).collect(),
            audit: super::audit::row(self, what),
            ..Batch::default()
        }
    }
}

fn read_delivery(content: &[u8]) -> Option<(Delivered, i64, String)> {
    let document = Document::parse(content).ok()?;
    let root = document.root();
    let delivered = Delivered {
        last: read_number(Some(content), "last"),
        is_given_up: root.get("is_given_up")?.as_bool()?,
    };
    Some((delivered, root.get("until_ms")?.as_number()?.parse().ok()?, root.get_str("by")?.into_owned()))
}
