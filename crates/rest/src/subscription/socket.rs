//! Subscriptions over a websocket: `GET /_socket`.
//!
//! R4: `bind ID` is answered by `bound ID`, and what happens is told by `ping ID`. Backport: `bind-with-token TOKEN` is
//! answered by a handshake bundle for each subscription of the token, and what happens is told by bundles.

use super::following::{Follower, Following};
use super::notification::Kind;
use crate::authentication;
use crate::failure::Failure;
use crate::interactions::Followed;
use crate::route::Place;
use crate::service::Service;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request};
use axum::http::{StatusCode, header};
use record::Origin;
use record::subscription::{Channel, Standing};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The longest message of a client, in bytes.
const MESSAGE_BYTES: usize = 4_096;
/// How often the connection is looked after.
const TICK: Duration = Duration::from_secs(1);
/// How often something is said when there is nothing to tell.
const PING: Duration = Duration::from_secs(30);
/// How long a connection may be there without following anything.
const UNBOUND: Duration = Duration::from_secs(60);

pub(crate) fn follow(service: Arc<Service>, _: Place, request: Request) -> Followed {
    Box::pin(async move {
        let (mut parts, _) = request.into_parts();
        let actor = authentication::actor(&service, &parts);
        let has_token = parts.headers.contains_key(header::AUTHORIZATION);
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
        let upgrade = match (upgrade, actor) {
            // Who has no token may have one for the websocket.
            (Ok(upgrade), Err(_)) if !has_token => upgrade,
            (_, Err(failure)) => return Err(failure),
            (Ok(upgrade), Ok(_)) => upgrade,
            (Err(_), Ok(_)) => return Err(no_websocket()),
        };
        let following = Following::begin(&service)?;
        let origin = authentication::origin(&parts);
        let request = has_token.then(|| Follower::Request(Arc::new(parts)));
        let connection = Connection { following, request, origin, bound: HashMap::new() };
        Ok(upgrade.max_message_size(MESSAGE_BYTES).on_upgrade(move |socket| connection.run(socket)))
    })
}

fn no_websocket() -> Failure {
    Failure::new(StatusCode::UPGRADE_REQUIRED, "not-supported", "this is the place of a websocket")
        .mended_by("open it as a websocket (RFC 6455)")
        .with_header(header::UPGRADE, "websocket")
}

/// A client's connection.
struct Connection {
    following: Following,
    /// Whoever the request's token stands for, if it has one.
    request: Option<Follower>,
    origin: Origin,
    /// What it follows, by the id of the subscription.
    bound: HashMap<String, Bound>,
}

/// What is followed.
struct Bound {
    follower: Follower,
    /// The last event that was told.
    last: u64,
    /// When something was said.
    said: Instant,
}

impl Connection {
    async fn run(mut self, mut socket: WebSocket) {
        let following = self.following.clone();
        tokio::select! {
            _ = self.serve(&mut socket) => {}
            () = following.ended() => {}
        }
        // It may be gone already.
        let _ = socket.send(Message::Close(None)).await;
    }

    /// Serves until the client is gone or follows nothing any more.
    async fn serve(&mut self, socket: &mut WebSocket) -> Option<()> {
        let mut standings = self.following.standings();
        let (mut unbound, mut pinged) = (Instant::now(), Instant::now());
        loop {
            tokio::select! {
                received = socket.recv() => match received?.ok()? {
                    Message::Text(text) => self.hear(socket, text.trim()).await?,
                    Message::Close(_) => return None,
                    _ => {}
                },
                changed = standings.changed() => {
                    changed.ok()?;
                    self.tell(socket).await?;
                }
                () = tokio::time::sleep(TICK) => self.beat(socket).await?,
            }
            if !self.bound.is_empty() {
                unbound = Instant::now();
            }
            if unbound.elapsed() > UNBOUND {
                return None;
            }
            if pinged.elapsed() > PING {
                pinged = Instant::now();
                socket.send(Message::Ping(Vec::new().into())).await.ok()?;
            }
        }
    }

    /// Does what the client says.
    async fn hear(&mut self, socket: &mut WebSocket, text: &str) -> Option<()> {
        let (word, rest) = text.split_once([' ', ':']).unwrap_or((text, ""));
        let rest = rest.trim_start_matches([' ', ':']).trim();
        let heard = match word {
            "bind" => self.bind(rest).await,
            "bind-with-token" => self.bind_with_token(rest).await,
            _ => Err("say 'bind ID', or 'bind-with-token TOKEN'".to_owned()),
        };
        let answers = heard.unwrap_or_else(|how| vec![format!("error {how}")]);
        for answer in answers {
            socket.send(Message::Text(answer.into())).await.ok()?;
        }
        Some(())
    }

    async fn bind(&mut self, id: &str) -> Result<Vec<String>, String> {
        let follower = self.request.clone();
        let follower =
            follower.ok_or("open the websocket with a bearer token, or say 'bind-with-token TOKEN'")?;
        let standing = self.following.standing(&follower, id, Channel::Websocket).await.map_err(told)?;
        self.keep(&standing, follower);
        Ok(vec![format!("bound {id}")])
    }

    async fn bind_with_token(&mut self, token: &str) -> Result<Vec<String>, String> {
        let (service, token) = (Arc::clone(&self.following.service), token.to_owned());
        let used = tokio::task::spawn_blocking(move || service.record.use_binding(&token)).await;
        let binding = used.ok().and_then(Result::ok).flatten();
        let binding = Arc::new(
            binding.ok_or("the token is unknown, used or expired; ask $get-ws-binding-token for another")?,
        );
        let follower = Follower::Binding(Arc::clone(&binding), self.origin.clone());
        let mut answers = Vec::new();
        for id in &binding.ids {
            let standing = self.following.standing(&follower, id, Channel::Websocket).await.map_err(told)?;
            answers.push(self.following.notice(&follower, &standing, Kind::Handshake).await.map_err(told)?);
            self.keep(&standing, follower.clone());
        }
        Ok(answers)
    }

    fn keep(&mut self, standing: &Standing, follower: Follower) {
        let bound = Bound { follower, last: standing.events, said: Instant::now() };
        self.bound.insert(standing.key.id.to_string(), bound);
    }

    /// Tells what has happened. What has ended, or may not be told any more, is followed no longer.
    async fn tell(&mut self, socket: &mut WebSocket) -> Option<()> {
        let standings = self.following.standings().borrow().clone();
        let mut gone = Vec::new();
        for (id, bound) in &mut self.bound {
            let Some(standing) = standings.get(id) else {
                gone.push(id.clone());
                continue;
            };
            while standing.events > bound.last {
                let told = match standing.terms.topic {
                    Some(_) => self.following.news(&bound.follower, standing, bound.last).await,
                    None => Ok(Some((format!("ping {id}"), standing.events))),
                };
                match told {
                    Ok(Some((text, newest))) => {
                        bound.last = newest;
                        bound.said = Instant::now();
                        socket.send(Message::Text(text.into())).await.ok()?;
                    }
                    Ok(None) => bound.last = standing.events,
                    Err(_) => {
                        gone.push(id.clone());
                        break;
                    }
                }
            }
        }
        gone.iter().for_each(|id| drop(self.bound.remove(id)));
        Some(())
    }

    /// Sends the heartbeats that are due.
    async fn beat(&mut self, socket: &mut WebSocket) -> Option<()> {
        let standings = self.following.standings().borrow().clone();
        for (id, bound) in &mut self.bound {
            let Some(standing) = standings.get(id).filter(|standing| standing.terms.topic.is_some()) else {
                continue;
            };
            let period = standing.terms.heartbeat_s.map(|s| Duration::from_secs(s.into()));
            if period.is_none_or(|period| bound.said.elapsed() < period) {
                continue;
            }
            bound.said = Instant::now();
            let beat = self.following.notice(&bound.follower, standing, Kind::Heartbeat).await.ok()?;
            socket.send(Message::Text(beat.into())).await.ok()?;
        }
        Some(())
    }
}

/// A refusal in words.
fn told(failure: Failure) -> String {
    failure.issues.first().map_or_else(String::new, |issue| issue.diagnostics.clone())
}
