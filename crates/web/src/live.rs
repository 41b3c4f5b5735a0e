//! What changes while a page is open: names of resources as server-sent events (HTML §9.2), never content.
//!
//! A page says where its data ends (`data-live`), so nothing is missed between reading and following. The script asks
//! for the page again and puts what differs in its place.

use crate::App;
use crate::failure::Failure;
use crate::page;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use record::feed::{Feed, SeenCommit, Step};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Commits behind which a page is told to begin anew.
const BEHIND_MAX: u64 = 2_000;
/// Names of one commit; of a larger one a page is told that much changed.
const NAMES_MAX: usize = 100;
/// How often something is said, so that both sides know of each other.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Pieces that wait for a slow browser.
const BUFFER: usize = 8;
/// Pages that follow at the same time.
pub(crate) const FOLLOWERS: usize = 1_000;

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// Only this patient's record.
    patient: Option<String>,
    /// Where the page's data ends.
    after: Option<u64>,
}

/// Someone who follows.
struct Follower {
    app: App,
    headers: HeaderMap,
    patient: Option<String>,
    cursor: u64,
    _place: OwnedSemaphorePermit,
}

pub(crate) async fn follow(
    State(app): State<App>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let Ok(place) = Arc::clone(&app.followers).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let newest = match app.record.feed() {
        Ok(feed) => feed.newest(),
        Err(error) => return Failure::from(error).into_page(None),
    };
    let cursor = last.or(asked.after).unwrap_or(newest);
    // Ahead of all that there is: the data is older than the page, such as after a restore.
    let is_near = (newest.saturating_sub(BEHIND_MAX)..=newest).contains(&cursor);
    let cursor = if is_near { cursor } else { newest };
    let follower = Follower { app, headers, patient: asked.patient, cursor, _place: place };
    let (first, follower) = match follower.look(true).await {
        Ok(Some(looked)) => looked,
        // Not signed in: an event source does not come back after this.
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(failure) => return failure.into_page(None),
    };
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(BUFFER);
    tokio::spawn(async move {
        if is_near || sender.send_data(reset(cursor)).await.is_ok() {
            follower.serve(first, sender).await;
        }
    });
    let mut response = Response::new(Body::new(body));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

impl Follower {
    /// The next step, as the signed-in user may see it; `None` when nobody is signed in any more. The first is audited.
    async fn look(mut self, is_first: bool) -> Result<Option<(Step, Self)>, Failure> {
        let looked = tokio::task::spawn_blocking(move || {
            let Some(session) = page::session(&self.app, &self.headers)? else { return Ok(None) };
            if is_first {
                session.audit_following(self.patient.as_deref())?;
            }
            let step = session.changes_after(self.cursor, self.patient.as_deref())?;
            self.cursor = step.cursor;
            Ok(Some((step, self)))
        });
        looked.await.map_err(|_| Failure::bug())?
    }

    /// Tells what changes until the browser is gone, the user has signed out, or the server ends.
    async fn serve(mut self, mut step: Step, mut sender: Sender<Bytes>) {
        let Ok(mut watch) = self.app.record.feed().map(Feed::watch) else { return };
        loop {
            for commit in &step.commits {
                if sender.send_data(event(commit)).await.is_err() {
                    return;
                }
            }
            let beat = Bytes::from_static(b":\n\n");
            if self.cursor >= *watch.borrow_and_update() {
                tokio::select! {
                    changed = watch.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(HEARTBEAT) => if sender.send_data(beat).await.is_err() { return },
                }
            }
            (step, self) = match self.look(false).await {
                Ok(Some(looked)) => looked,
                Ok(None) | Err(_) => return,
            };
        }
    }
}

/// Too much happened: the page is to be read anew.
fn reset(cursor: u64) -> Bytes {
    format!("event: reset\nid: {cursor}\ndata:\n\n").into()
}

fn event(commit: &SeenCommit) -> Bytes {
    if commit.changes.len() > NAMES_MAX {
        return reset(commit.sequence);
    }
    let mut text = format!("event: change\nid: {}\n", commit.sequence);
    for (key, version) in &commit.changes {
        text.push_str(&format!("data: {key}/{version}\n"));
    }
    text.push('\n');
    text.into()
}

/// Places for those who follow.
pub(crate) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(FOLLOWERS))
}
