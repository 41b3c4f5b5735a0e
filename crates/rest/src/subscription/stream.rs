//! Subscriptions as server-sent events (HTML §9.2): `GET /Subscription/{id}/_stream`.
//!
//! An event's data is a notification bundle, its id the number of the last event in it: a client that comes back with
//! `Last-Event-ID` gets what it missed.

use super::following::{Follower, Following};
use super::notification::Kind;
use crate::interactions::Followed;
use crate::route::Place;
use crate::service::Service;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use http_body_util::channel::{Channel as BodyChannel, Sender};
use record::subscription::{Channel, Standing};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// How often something is said, so that both sides know of each other, unless the Subscription says otherwise.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pieces that wait for a slow client.
const BUFFER: usize = 4;

pub(crate) fn follow(service: Arc<Service>, place: Place, request: Request) -> Followed {
    Box::pin(async move {
        let (parts, _) = request.into_parts();
        let last = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        let id = place.id.unwrap_or_default();
        let follower = Follower::Request(Arc::new(parts));
        let following = Following::begin(&service)?;
        let standing = following.standing(&follower, &id, Channel::EventStream).await?;
        let (sender, body) = BodyChannel::<Bytes, Infallible>::new(BUFFER);
        let stream = Stream { following, follower, id, last: last.unwrap_or(standing.events) };
        tokio::spawn(stream.run(standing, sender));
        let mut response = Response::new(Body::new(body));
        let kind = HeaderValue::from_static("text/event-stream");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        Ok(response)
    })
}

/// A client that is told.
struct Stream {
    following: Following,
    follower: Follower,
    id: String,
    /// The last event that it was told of.
    last: u64,
}

impl Stream {
    async fn run(mut self, standing: Arc<Standing>, mut sender: Sender<Bytes>) {
        let following = self.following.clone();
        tokio::select! {
            _ = self.tell(standing, &mut sender) => {}
            () = following.ended() => {}
        }
    }

    /// Tells until the client is gone, may not be told any more, or the subscription has ended: then nothing is left to say.
    async fn tell(&mut self, mut standing: Arc<Standing>, sender: &mut Sender<Bytes>) -> Option<()> {
        let mut standings = self.following.standings();
        let handshake = self.following.notice(&self.follower, &standing, Kind::Handshake).await.ok()?;
        self.send(sender, &handshake).await?;
        loop {
            while standing.events > self.last {
                match self.following.news(&self.follower, &standing, self.last).await.ok()? {
                    Some((bundle, newest)) => {
                        self.last = newest;
                        self.send(sender, &bundle).await?;
                    }
                    None => self.last = standing.events,
                }
            }
            let period = standing.terms.heartbeat_s.map_or(HEARTBEAT, |s| Duration::from_secs(s.into()));
            tokio::select! {
                changed = standings.changed() => changed.ok()?,
                () = tokio::time::sleep(period) => {
                    let beat = self.following.notice(&self.follower, &standing, Kind::Heartbeat).await.ok()?;
                    self.send(sender, &beat).await?;
                }
            }
            standing = standings.borrow_and_update().get(&self.id).cloned()?;
        }
    }

    async fn send(&self, sender: &mut Sender<Bytes>, bundle: &str) -> Option<()> {
        let event = format!("event: notification\nid: {}\ndata: {bundle}\n\n", self.last);
        sender.send_data(event.into()).await.ok()
    }
}
