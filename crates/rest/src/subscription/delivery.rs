//! A subscription served: it is made active, its events are sent in order, and what cannot be sent is tried again until the
//! patience is at its end.

use super::attempt::Failures;
use super::notification::{Kind, Notice};
use super::whole;
use crate::failure::Failure;
use crate::outgoing::{self, Message};
use crate::service::Service;
use hyper::Method;
use record::outgoing::Endpoint;
use record::subscription::{
    Channel, Claim, Delivered, Event, PayloadContent, Standing, Standings, Status, Terms,
};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long to wait when the record cannot be asked, or another process delivers.
const PAUSE: Duration = Duration::from_secs(2);
/// How long to wait at most: a subscription's end is looked at by a clock that may be set.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is to be done for a subscription.
pub(super) struct Delivery {
    pub service: Weak<Service>,
    pub id: String,
    /// Tells processes on one database apart.
    pub holder: Arc<str>,
    pub standings: watch::Receiver<Standings>,
}

/// How far it is.
struct Course {
    failures: Failures,
    /// When something was sent last.
    sent: Instant,
}

/// Why a turn came to nothing.
enum Halt {
    /// The server ends.
    Ended,
    /// The record cannot be asked now, or another process delivers.
    Later,
    /// The receiver failed.
    Receiver(String),
}

impl From<Failure> for Halt {
    fn from(_: Failure) -> Self {
        Self::Later
    }
}

impl From<record::Error> for Halt {
    fn from(_: record::Error) -> Self {
        Self::Later
    }
}

impl Delivery {
    /// Serves the subscription for as long as the task is let live.
    pub async fn run(mut self) {
        let mut course = Course { failures: Failures::default(), sent: Instant::now() };
        loop {
            let standing = self.standings.borrow_and_update().get(&self.id).cloned();
            let Some(standing) = standing else { return };
            let wait = match self.turn(&standing, &mut course).await {
                Ok(wait) => wait,
                Err(Halt::Ended) => return,
                Err(Halt::Later) => PAUSE,
                Err(Halt::Receiver(error)) => match self.failed(&standing, &mut course, error).await {
                    // Nothing that happens meanwhile makes it sooner.
                    Some(pause) => {
                        tokio::time::sleep(pause).await;
                        continue;
                    }
                    None => PAUSE,
                },
            };
            tokio::select! {
                changed = self.standings.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Does what is due; gives how long to wait unless something changes.
    async fn turn(&self, standing: &Arc<Standing>, course: &mut Course) -> Result<Duration, Halt> {
        let now_ms = self.ask(|service| Ok(service.record.now_ms())).await?;
        if let Some(end_ms) = standing.terms.end_ms.filter(|end_ms| *end_ms <= now_ms) {
            self.settle(standing, Status::Off, None).await?;
            return Ok(until(end_ms, now_ms));
        }
        let until_end = standing.terms.end_ms.map_or(LONGEST_WAIT, |end_ms| until(end_ms, now_ms));
        match (standing.terms.status, &standing.terms.channel) {
            (Status::Requested, _) => self.activate(standing, course).await?,
            (Status::Active, Channel::RestHook { .. }) => {
                self.send_events(standing, course).await?;
                return Ok(self.send_heartbeat(standing, course).await?.min(until_end));
            }
            _ => {}
        }
        Ok(until_end)
    }

    /// Makes it active; the receiver of notifications shows first that it is there.
    async fn activate(&self, standing: &Arc<Standing>, course: &mut Course) -> Result<(), Halt> {
        let has_receiver = matches!(standing.terms.channel, Channel::RestHook { .. });
        if has_receiver {
            let claim = self.claim().await?;
            if standing.terms.topic.is_some() {
                let shaken = self.notify(standing, Kind::Handshake, Vec::new()).await;
                if let Err(Halt::Receiver(error)) = shaken {
                    // The guide: any error in the handshake is one of the subscription.
                    self.give_up(standing, claim, &error).await?;
                    return Ok(());
                }
                shaken?;
            }
            if claim.delivered.is_given_up {
                let last = standing.events;
                self.keep(claim, Delivered { last, is_given_up: false }).await?;
            }
        }
        course.failures = Failures::default();
        course.sent = Instant::now();
        self.settle(standing, Status::Active, None).await
    }

    async fn send_events(&self, standing: &Arc<Standing>, course: &mut Course) -> Result<(), Halt> {
        if self.delivered().await? >= standing.events {
            return Ok(());
        }
        let mut claim = self.claim().await?;
        while claim.delivered.last < standing.events {
            // R4 has a request for each.
            let count = if standing.terms.topic.is_some() { standing.terms.events_max as usize } else { 1 };
            let (id, from) = (self.id.clone(), claim.delivered.last + 1);
            let events = self.ask(move |service| Ok(service.record.events_of(&id, from, count)?)).await?;
            let last = events.last().map_or(standing.events, |event| event.number);
            if !events.is_empty() {
                self.notify(standing, Kind::EventNotification, events).await?;
                course.failures = Failures::default();
                course.sent = Instant::now();
            }
            claim = self.keep(claim, Delivered { last, is_given_up: false }).await?;
        }
        Ok(())
    }

    /// Sends a heartbeat when one is due; gives how long until the next.
    async fn send_heartbeat(&self, standing: &Arc<Standing>, course: &mut Course) -> Result<Duration, Halt> {
        let Some(period_s) = standing.terms.heartbeat_s.filter(|_| standing.terms.topic.is_some()) else {
            return Ok(LONGEST_WAIT);
        };
        let period = Duration::from_secs(period_s.into());
        if course.sent.elapsed() >= period {
            self.claim().await?;
            self.notify(standing, Kind::Heartbeat, Vec::new()).await?;
            course.failures = Failures::default();
            course.sent = Instant::now();
        }
        Ok(period.saturating_sub(course.sent.elapsed()))
    }

    /// After a failure of the receiver: how long to wait, or that it was given up.
    async fn failed(&self, standing: &Arc<Standing>, course: &mut Course, error: String) -> Option<Duration> {
        let patience = self.service.upgrade()?.settings.notification_patience;
        if let Some(pause) = course.failures.pause(patience) {
            return Some(pause);
        }
        if let Ok(claim) = self.claim().await {
            // When it cannot be written down now, the next failure is as good.
            let _ = self.give_up(standing, claim, &error).await;
        }
        None
    }

    async fn give_up(&self, standing: &Arc<Standing>, claim: Claim, error: &str) -> Result<(), Halt> {
        let delivered = Delivered { is_given_up: true, ..claim.delivered };
        self.keep(claim, delivered).await?;
        self.settle(standing, Status::Error, Some(error.to_owned())).await
    }

    /// Sends one notification of events, or of none.
    async fn notify(&self, standing: &Arc<Standing>, kind: Kind, events: Vec<Event>) -> Result<(), Halt> {
        let Channel::RestHook { endpoint, headers } = &standing.terms.channel else { return Ok(()) };
        let asked = Arc::clone(standing);
        let make = move |service: &Service| {
            let message = message(service, &asked, kind, &events)?;
            Ok(message.map(|message| (message, service.record.outgoing_targets().clone())))
        };
        let Some((message, targets)) = self.ask(make).await? else { return Ok(()) };
        let timeout = Duration::from_secs(standing.terms.timeout_s.into());
        outgoing::send(&targets, endpoint, headers, message, timeout).await.map_err(Halt::Receiver)
    }

    async fn claim(&self) -> Result<Claim, Halt> {
        let (id, holder) = (self.id.clone(), Arc::clone(&self.holder));
        self.ask(move |service| Ok(service.record.claim_delivery(&id, &holder)?)).await?.ok_or(Halt::Later)
    }

    async fn delivered(&self) -> Result<u64, Halt> {
        let id = self.id.clone();
        self.ask(move |service| Ok(service.record.delivered(&id)?)).await
    }

    async fn keep(&self, claim: Claim, delivered: Delivered) -> Result<Claim, Halt> {
        let holder = Arc::clone(&self.holder);
        let kept = self.ask(move |service| Ok(service.record.keep_delivery(claim, &holder, delivered)?));
        kept.await?.ok_or(Halt::Later)
    }

    async fn settle(
        &self,
        standing: &Arc<Standing>,
        status: Status,
        error: Option<String>,
    ) -> Result<(), Halt> {
        let standing = Arc::clone(standing);
        let settle = move |service: &Service| {
            Ok(service.record.settle_subscription(&standing, status, error.as_deref())?)
        };
        self.ask(settle).await.map(|_| ())
    }

    /// Asks the record, away from the tasks that wait for receivers.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Service) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Halt> {
        let service = self.service.upgrade().ok_or(Halt::Ended)?;
        let asked = tokio::task::spawn_blocking(move || ask(&service));
        Ok(asked.await.map_err(|_| Halt::Later)??)
    }
}

/// How long until a moment.
fn until(moment_ms: i64, now_ms: i64) -> Duration {
    let left = u64::try_from(moment_ms - now_ms).unwrap_or(0);
    Duration::from_millis(left).clamp(PAUSE, LONGEST_WAIT)
}

/// What is sent to the receiver; `None` when there is nothing to be said any more.
fn message(
    service: &Service,
    standing: &Standing,
    kind: Kind,
    events: &[Event],
) -> Result<Option<Message>, Failure> {
    let Channel::RestHook { endpoint, .. } = &standing.terms.channel else { return Ok(None) };
    let session = standing.session(&service.record);
    if standing.terms.topic.is_none() {
        return plain_message(service, &session, &standing.terms, endpoint, events);
    }
    let content = standing.terms.content;
    let json = Notice { kind, standing, content, events }.to_json(service, &session)?;
    Ok(Some(Message {
        method: Method::POST,
        path: endpoint.path.clone(),
        media_type: Some(standing.terms.media_type.clone()),
        body: whole(service, json)?.into_bytes(),
    }))
}

/// As R4 has it: a request without a body, or the resource, put where the receiver keeps it.
fn plain_message(
    service: &Service,
    session: &record::Session,
    terms: &Terms,
    endpoint: &Endpoint,
    events: &[Event],
) -> Result<Option<Message>, Failure> {
    let Some(event) = events.first() else { return Ok(None) };
    if terms.content != PayloadContent::FullResource {
        let path = endpoint.path.clone();
        return Ok(Some(Message { method: Method::POST, path, media_type: None, body: Vec::new() }));
    }
    if !session.sees(event)? {
        return Ok(None);
    }
    let resource = session.read_version(&event.key, event.version)?;
    Ok(Some(Message {
        method: Method::PUT,
        path: endpoint.below(&event.key.to_string()),
        media_type: Some(terms.media_type.clone()),
        body: whole(service, resource.to_json())?.into_bytes(),
    }))
}
