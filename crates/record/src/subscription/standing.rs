//! Subscriptions as they stand: what each asks for, whose rights it has, and how many events there are.

use super::kept::{COUNT_SPACE, SUBSCRIPTION_SPACE, read_number, read_registration};
use super::terms::{Reading, Terms, subscription_type};
use super::{Status, audit};
use crate::audit::Origin;
use crate::error::Error;
use crate::session::{Record, Session};
use access::Actor;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{ResourceKey, Version};

/// A subscription as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub key: ResourceKey,
    /// The version of the resource.
    pub version: u32,
    /// What it asks for.
    pub terms: Arc<Terms>,
    /// Events since it was asked for.
    pub events: u64,
    /// The commit behind which events count.
    pub(super) since: u64,
    /// The count as it is kept.
    pub(super) count: Option<Vec<u8>>,
    actor: Actor,
    address: String,
}

/// The subscriptions that are not off, by id.
pub type Standings = Arc<BTreeMap<String, Arc<Standing>>>;

impl Standing {
    /// A session with the rights of whoever wrote the Subscription.
    pub fn session(&self, record: &Arc<Record>) -> Session {
        record.session(self.actor.clone(), Origin { address: self.address.clone(), way: audit::WAY })
    }

    /// The same with more events, and how that is kept.
    pub(super) fn with_count(&self, events: u64, count: Vec<u8>) -> Self {
        Self { events, count: Some(count), ..self.clone() }
    }

    /// Whether this actor wrote the Subscription.
    pub fn is_of(&self, actor: &Actor) -> bool {
        self.actor.id == actor.id
    }
}

impl Record {
    /// A subscription as it stands; `None` when it is not there, or is off.
    pub fn standing(&self, id: &str) -> Result<Option<Standing>, Error> {
        let key = ResourceKey::new(subscription_type(), id);
        let Some(current) = self.store.read(&key)? else { return Ok(None) };
        let Some(terms) = self.terms(&current)? else { return Ok(None) };
        let registration = self.store.read_private(SUBSCRIPTION_SPACE, id)?;
        let Some((actor, address)) = registration.and_then(read_registration) else { return Ok(None) };
        let count = self.store.read_private(COUNT_SPACE, id)?;
        let since = match &count {
            Some(count) => read_number(Some(count), "since"),
            None => current.place.0,
        };
        let events = read_number(count.as_deref(), "events");
        let terms = Arc::new(terms);
        Ok(Some(Standing { key, version: current.version, terms, events, since, count, actor, address }))
    }

    /// All of them.
    pub(super) fn standings(&self) -> Result<BTreeMap<String, Arc<Standing>>, Error> {
        let mut standings = BTreeMap::new();
        for (id, _) in self.store.list_private(SUBSCRIPTION_SPACE)? {
            if let Some(standing) = self.standing(&id)? {
                standings.insert(id, Arc::new(standing));
            }
        }
        Ok(standings)
    }

    /// What Subscriptions are read with.
    pub(crate) fn reading_of_subscriptions(&self) -> Reading<'_> {
        Reading { ports: &*self.ports, targets: &self.targets, now_ms: self.now_ms() }
    }

    /// What a version asks for; `None` when it is deleted or off. What can be served no more, such as a topic of another
    /// release, is as if it were off.
    fn terms(&self, version: &Version) -> Result<Option<Terms>, Error> {
        let Some(document) = version.document()? else { return Ok(None) };
        let terms = Terms::read(document, &self.reading_of_subscriptions()).ok();
        Ok(terms.filter(|terms| terms.status != Status::Off))
    }
}
