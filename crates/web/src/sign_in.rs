//! Sign in with a code that the owner of the installation made; sign out and leave nothing behind.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, page_origin};
use crate::session_cookie;
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use record::credential::CredentialKind;
use serde::Deserialize;

/// A working day.
const SESSION_MS: i64 = 12 * 60 * 60 * 1000;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    /// What was wrong with the last try; empty at first.
    problem: &'static str,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct SignInForm {
    code: String,
}

pub(crate) async fn show() -> Response {
    page("")
}

fn page(problem: &'static str) -> Response {
    html(&SignInPage { shell: Shell::of(None), problem }).unwrap_or_else(|failure| failure.into_page(None))
}

pub(crate) async fn sign_in(State(app): State<App>, Form(form): Form<SignInForm>) -> Response {
    let code: String = form.code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let secret = tokio::task::spawn_blocking(move || begin_session(&app, &code)).await;
    match secret {
        Ok(Ok(Some(secret))) => {
            let mut response = Redirect::to("/").into_response();
            response.headers_mut().insert(header::SET_COOKIE, session_cookie::set(&secret));
            response
        }
        Ok(Ok(None)) => {
            let problem =
                "This code is not known or no longer holds. Make a new one with: chiron sign-in-code";
            (StatusCode::UNAUTHORIZED, page(problem)).into_response()
        }
        Ok(Err(failure)) => failure.into_page(None),
        Err(_) => Failure::bug().into_page(None),
    }
}

fn begin_session(app: &App, code: &str) -> Result<Option<String>, Failure> {
    let Some(actor) = app.record.authenticate(CredentialKind::SignInCode, code)? else { return Ok(None) };
    let session = app.record.session(actor.clone(), page_origin());
    let expires_ms = app.record.now_ms() + SESSION_MS;
    Ok(Some(session.issue_credential(CredentialKind::PageSession, &actor, expires_ms)?))
}

pub(crate) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    if let Some(secret) = session_cookie::read(&headers) {
        let ended = tokio::task::spawn_blocking(move || end_session(&app, &secret)).await;
        if !matches!(ended, Ok(Ok(()))) {
            return Failure::bug().into_page(None);
        }
    }
    let mut response = Redirect::to("/sign-in").into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, session_cookie::clear());
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}

fn end_session(app: &App, secret: &str) -> Result<(), Failure> {
    let actor = app.record.authenticate(CredentialKind::PageSession, secret)?;
    if let Some(actor) = actor {
        app.record.session(actor, page_origin()).revoke_credential(CredentialKind::PageSession, secret)?;
    }
    Ok(())
}
