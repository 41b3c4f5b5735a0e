//! Someone who is told over a connection that they hold open.

use super::notification::{Kind, Notice};
use super::whole;
use crate::authentication;
use crate::failure::Failure;
use crate::service::Service;
use axum::http::StatusCode;
use axum::http::request::Parts;
use record::feed::Feed;
use record::subscription::{Binding, Channel, Standing, Standings, subscription_type};
use record::{Origin, ResourceKey, Session};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// Who follows.
#[derive(Clone)]
pub(super) enum Follower {
    /// Whoever the request's token stands for, as long as it does.
    Request(Arc<Parts>),
    /// Whoever asked for a binding token.
    Binding(Arc<Binding>, Origin),
}

/// An open connection.
#[derive(Clone)]
pub(super) struct Following {
    pub service: Arc<Service>,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Following {
    /// Takes a place among those who follow.
    pub fn begin(service: &Arc<Service>) -> Result<Self, Failure> {
        let place = Arc::clone(&service.subscriptions.followers).try_acquire_owned().map_err(|_| {
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, "throttled", "too many programs follow already")
                .mended_by("try again later, or close connections that nobody needs")
                .try_again()
        })?;
        Ok(Self { service: Arc::clone(service), _place: Arc::new(place) })
    }

    /// The subscriptions as they change.
    pub fn standings(&self) -> watch::Receiver<Standings> {
        self.service.subscriptions.standings.subscribe()
    }

    /// Comes back when the server ends.
    pub async fn ended(&self) {
        if let Ok(mut feed) = self.service.record.feed().map(Feed::watch) {
            // It is closed when nothing will change any more.
            let _ = feed.wait_for(|_| false).await;
        }
    }

    fn session(&self, follower: &Follower) -> Result<Session, Failure> {
        let (actor, origin) = match follower {
            Follower::Request(parts) => {
                (authentication::actor(&self.service, parts)?, authentication::origin(parts))
            }
            Follower::Binding(binding, origin) => (binding.actor.clone(), origin.clone()),
        };
        Ok(self.service.record.session(actor, origin))
    }

    /// A subscription of the follower's own, with a channel.
    pub async fn standing(
        &self,
        follower: &Follower,
        id: &str,
        channel: Channel,
    ) -> Result<Arc<Standing>, Failure> {
        let (following, follower, id) = (self.clone(), follower.clone(), id.to_owned());
        blocking(move || {
            let session = following.session(&follower)?;
            let key: ResourceKey = record::bundle::key(subscription_type(), &id)?;
            session.read(&key)?;
            let standing = following.service.subscriptions.of(&session, &id);
            standing.filter(|standing| standing.terms.channel == channel).ok_or_else(|| {
                Failure::not_found(format!("there is no Subscription/{id} of yours that is served here"))
                    .mended_by(
                        "it is followed by whoever wrote it, on the channel that it names, unless it is off",
                    )
            })
        })
        .await
    }

    /// A bundle without events.
    pub async fn notice(
        &self,
        follower: &Follower,
        standing: &Arc<Standing>,
        kind: Kind,
    ) -> Result<String, Failure> {
        let (following, follower, standing) = (self.clone(), follower.clone(), Arc::clone(standing));
        blocking(move || following.bundle(&follower, &standing, kind, &[])).await
    }

    /// What happened behind an event: a bundle, and the number of its last event; `None` when there is no more.
    pub async fn news(
        &self,
        follower: &Follower,
        standing: &Arc<Standing>,
        last: u64,
    ) -> Result<Option<(String, u64)>, Failure> {
        let (following, follower, standing) = (self.clone(), follower.clone(), Arc::clone(standing));
        blocking(move || {
            let record = &following.service.record;
            let events = record.events_of(&standing.key.id, last + 1, standing.terms.events_max as usize)?;
            let Some(newest) = events.last().map(|event| event.number) else { return Ok(None) };
            let bundle = following.bundle(&follower, &standing, Kind::EventNotification, &events)?;
            Ok(Some((whole(&following.service, bundle)?, newest)))
        })
        .await
    }

    fn bundle(
        &self,
        follower: &Follower,
        standing: &Standing,
        kind: Kind,
        events: &[record::subscription::Event],
    ) -> Result<String, Failure> {
        let session = self.session(follower)?;
        let content = standing.terms.content;
        Notice { kind, standing, content, events }.to_json(&self.service, &session)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::internal())?
}
