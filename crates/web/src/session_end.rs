//! Until when one is signed in, for the script that warns and covers the page. To ask with POST says that somebody is there.

use crate::App;
use crate::cookie::SESSION;
use crate::failure::Failure;
use crate::page;
use crate::recent_sign_in::is_recent;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use record::credential::CredentialKind;
use serde::Serialize;

/// What the script is told.
#[derive(Serialize)]
struct SessionEnd {
    /// Whose session it is, by the account's id.
    who: String,
    /// Milliseconds until it ends.
    left_ms: i64,
    /// Milliseconds that it holds without use.
    idle_ms: i64,
    /// Whether they showed a moment ago who they are.
    is_recent: bool,
    /// What people call the identity provider; empty: there is none.
    openid_label: String,
}

pub(crate) async fn show(State(app): State<App>, method: Method, headers: HeaderMap) -> Response {
    let told = tokio::task::spawn_blocking(move || end(&app, &method, &headers));
    match told.await.unwrap_or_else(|_| Err(Failure::bug())) {
        Ok(Some(end)) => Json(end).into_response(),
        Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
        Err(failure) => failure.into_page(None),
    }
}

fn end(app: &App, method: &Method, headers: &HeaderMap) -> Result<Option<SessionEnd>, Failure> {
    let session = match *method == Method::POST {
        true => page::used_session(app, headers)?,
        false => page::session(app, headers)?,
    };
    let (Some(session), Some(secret)) = (session, SESSION.read(headers, app.record.base_url())) else {
        return Ok(None);
    };
    let Some(expires_ms) = app.record.expires_ms(CredentialKind::PageSession, &secret)? else {
        return Ok(None);
    };
    Ok(Some(SessionEnd {
        who: session.actor().id.clone(),
        left_ms: expires_ms - app.record.now_ms(),
        idle_ms: app.idle.of(session.actor()),
        is_recent: is_recent(app, headers)?,
        openid_label: app.openid_label(),
    }))
}
