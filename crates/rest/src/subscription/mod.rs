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

use crate::failure::Failure;
use crate::service::Service;
use record::subscription::{Standing, Standings};
use record::{ResourceKey, Session};
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

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

/// A Subscription that an actor wrote and may read; `None` when somebody else wrote it, or it is off.
pub(crate) fn own(session: &Session, key: &ResourceKey) -> Result<Option<Standing>, Failure> {
    session.read(key)?;
    let standing = session.record().standing(&key.id)?;
    Ok(standing.filter(|standing| standing.is_of(session.actor())))
}

/// JSON with the contents that are kept outside of it.
fn whole(service: &Service, json: String) -> Result<String, Failure> {
    std::io::read_to_string(service.record.whole(json)).map_err(|_| Failure::internal())
}
