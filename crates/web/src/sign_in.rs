//! Sign in with name, password and one-time code, or with a code that the owner of the installation made; sign out and leave
//! nothing behind.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, page_origin};
use crate::session_cookie;
use crate::shell::Shell;
use access::Actor;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use identity::{Accounts, SignedIn};
use record::credential::CredentialKind;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    /// What was wrong with the last try; empty at first.
    problem: String,
    /// Whether there are people with accounts; before, only the printed code opens.
    has_accounts: bool,
    /// Whether the last try was with a printed code.
    is_by_code: bool,
    /// The page to go to.
    to: String,
}

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    to: String,
}

/// What the forms send.
#[derive(Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    one_time_code: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

/// What came of an attempt.
enum Outcome {
    /// A session's secret.
    Begun(String),
    /// What to say.
    Refused(String),
}

pub(crate) async fn show(State(app): State<App>, Query(asked): Query<Asked>) -> Response {
    page(app, String::new(), false, asked.to).await
}

async fn page(app: App, problem: String, is_by_code: bool, to: String) -> Response {
    let shown = tokio::task::spawn_blocking(move || {
        let nobody = app.record.session(nobody(), page_origin());
        let has_accounts = !Accounts::new(&nobody).is_empty()?;
        html(&SignInPage {
            shell: Shell::of(None),
            problem,
            has_accounts,
            is_by_code,
            to: safe_path(&to).to_owned(),
        })
    });
    shown.await.unwrap_or_else(|_| Err(Failure::bug())).unwrap_or_else(|failure| failure.into_page(None))
}

/// A page of ours; anything else, such as another site, becomes the first page.
fn safe_path(to: &str) -> &str {
    let is_ours = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    if is_ours { to } else { "/" }
}

pub(crate) async fn sign_in(State(app): State<App>, Form(form): Form<SignInForm>) -> Response {
    let (is_by_code, to) = (form.name.is_empty(), form.to.clone());
    let at_the_door = app.clone();
    let outcome = tokio::task::spawn_blocking(move || attempt(&at_the_door, &form)).await;
    match outcome {
        Ok(Ok(Outcome::Begun(secret))) => {
            let mut response = Redirect::to(safe_path(&to)).into_response();
            response.headers_mut().insert(header::SET_COOKIE, session_cookie::set(&secret));
            response
        }
        Ok(Ok(Outcome::Refused(problem))) => {
            (StatusCode::UNAUTHORIZED, page(app, problem, is_by_code, to).await).into_response()
        }
        Ok(Err(failure)) => failure.into_page(None),
        Err(_) => Failure::bug().into_page(None),
    }
}

fn attempt(app: &App, form: &SignInForm) -> Result<Outcome, Failure> {
    let actor = if form.name.is_empty() {
        let code: String = form.code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        match app.record.authenticate(CredentialKind::SignInCode, &code)? {
            Some(actor) => actor,
            None => {
                let problem =
                    "This code is not known or no longer holds. Make a new one with: chiron sign-in-code";
                return Ok(Outcome::Refused(problem.to_owned()));
            }
        }
    } else {
        let typed = (form.name.as_str(), form.password.as_str(), form.one_time_code.as_str());
        match app.door.attempt(&app.record, typed, page_origin())? {
            SignedIn::As(actor) => actor,
            SignedIn::Refused => return Ok(Outcome::Refused(WRONG.to_owned())),
            SignedIn::NotBefore(moment_ms) => {
                let seconds = (moment_ms - app.record.now_ms()).max(1_000) / 1_000;
                return Ok(Outcome::Refused(format!(
                    "Too many tries. Wait {seconds} seconds, then try again."
                )));
            }
        }
    };
    let session = app.record.session(actor.clone(), page_origin());
    let expires_ms = app.record.now_ms() + app.idle_ms;
    Ok(Outcome::Begun(session.issue_credential(CredentialKind::PageSession, &actor, expires_ms)?))
}

/// Which of them is wrong is not said.
const WRONG: &str = "Name, password or code is not right. A code can be used once: wait for the next one.";

/// Someone who has not signed in.
pub(crate) fn nobody() -> Actor {
    Actor { id: "unknown".to_owned(), ..Actor::default() }
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

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn only_our_own_pages_are_gone_to() {
        assert_eq!(safe_path("/p/1?tab=2"), "/p/1?tab=2");
        for other in ["", "//evil.example", "https://evil.example", "/\\evil.example", "patients", "/a\r\nb"]
        {
            assert_eq!(safe_path(other), "/", "{other}");
        }
    }
}
