//! Subscriptions at the edge: what `record::subscription` wrote down is delivered, by requests to the subscriber's server,
//! over websockets, or as server-sent events.

mod attempt;
mod delivery;
mod following;
mod notification;
pub(crate) mod socket;
pub(crate) mod stream;
mod worker;

pub(crate) use notification::{Kind, Notice, status};
pub(crate) use worker::start;

use fhir::schema::{TypeId, schema};
use record::Session;
use record::subscription::{Standing, Standings};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// The type of Subscriptions.
fn subscription_type() -> TypeId {
    schema().resource_named("Subscription").expect("the schema has Subscription")
}

/// Connections that follow at the same time.
const FOLLOWERS_MAX: usize = 1_000;

/// The subscriptions of a server.
pub(crate) struct Subscriptions {
    /// As they stand: told by the notifier.
    standings: watch::Sender<Standings>,
    /// Places for those who follow by a connection.
    followers: Arc<Semaphore>,
}

impl Subscriptions {
    pub fn new() -> Self {
        Self {
            standings: watch::Sender::new(Standings::default()),
            followers: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
        }
    }

    /// Those that an actor wrote and may read.
    fn of(&self, session: &Session, id: &str) -> Option<Arc<Standing>> {
        let standing = self.standings.borrow().get(id).cloned();
        standing.filter(|standing| standing.is_of(session.actor()))
    }
}
