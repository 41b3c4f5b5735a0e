//! Sign in with a passkey, with name, password and one-time code, or with a code that the owner of the installation made; sign
//! out and leave nothing behind.

use crate::App;
use crate::cookie::SESSION;
use crate::failure::Failure;
use crate::page::{html, origin};
use crate::shell::Shell;
use access::Actor;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use identity::passkey::Ceremonies;
use identity::{Accounts, IdentityError, SignedIn};
use record::Origin;
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
    /// Whether browsers have passkeys for these pages.
    has_passkeys: bool,
    /// Whether the last try was with a printed code.
    is_by_code: bool,
    /// What people call the identity provider; empty: there is none.
    openid_label: String,
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
#[derive(Default, Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    one_time_code: String,
    #[serde(default)]
    code: String,
    /// What the browser answered for a passkey.
    #[serde(default)]
    passkey: String,
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

/// Says that the form stands on a page that is covered: it wants to know whether, and to stay where it is.
const IN_PLACE: &str = "x-in-place";

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    page(app, headers, String::new(), false, asked.to).await
}

/// The page, which says what was wrong with the last try.
pub(crate) async fn page(
    app: App,
    headers: HeaderMap,
    problem: String,
    is_by_code: bool,
    to: String,
) -> Response {
    let shown = tokio::task::spawn_blocking(move || {
        let nobody = app.record.session(Actor::unknown(), origin(&headers));
        let has_accounts = !Accounts::new(&nobody).is_empty()?;
        html(&SignInPage {
            shell: Shell::of(None),
            problem,
            has_accounts,
            has_passkeys: app.door.has_passkeys(),
            is_by_code,
            openid_label: app.openid_label(),
            to: safe_path(&to).to_owned(),
        })
    });
    shown.await.unwrap_or_else(|_| Err(Failure::bug())).unwrap_or_else(|failure| failure.into_page(None))
}

/// A page of ours; anything else, such as another site, becomes the first page.
pub(crate) fn safe_path(to: &str) -> &str {
    let is_ours = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    if is_ours { to } else { "/" }
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    let (is_by_code, to) = (!form.code.is_empty(), form.to.clone());
    let is_in_place = headers.contains_key(IN_PLACE);
    let base_url = app.record.base_url().to_owned();
    let (at_the_door, origin) = (app.clone(), origin(&headers));
    let old = SESSION.read(&headers, app.record.base_url());
    let outcome =
        tokio::task::spawn_blocking(move || attempt(&at_the_door, &form, origin, old.as_deref())).await;
    match outcome {
        Ok(Ok(Outcome::Begun(secret))) => {
            let mut response = match is_in_place {
                true => StatusCode::NO_CONTENT.into_response(),
                false => Redirect::to(safe_path(&to)).into_response(),
            };
            let cookie = SESSION.set(&secret, &base_url);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Ok(Ok(Outcome::Refused(problem))) if is_in_place => {
            (StatusCode::UNAUTHORIZED, problem).into_response()
        }
        Ok(Ok(Outcome::Refused(problem))) => {
            (StatusCode::UNAUTHORIZED, page(app, headers, problem, is_by_code, to).await).into_response()
        }
        Ok(Err(failure)) => failure.into_page(None),
        Err(_) => Failure::bug().into_page(None),
    }
}

/// What a browser is to be told to sign in with a passkey.
pub(crate) async fn begin_passkey(State(app): State<App>, headers: HeaderMap) -> Response {
    let address = origin(&headers).address;
    if let Some(until) = app.door.begin_unnamed(&address, app.record.now_ms()) {
        return (StatusCode::TOO_MANY_REQUESTS, too_often(&app, until)).into_response();
    }
    // That somebody looks is no failure; that many look at once is held back all the same, by what is open at a time.
    app.door.succeeded_unnamed(&address);
    options(app.door.ceremonies().and_then(Ceremonies::begin_use))
}

/// What a browser is to be told of a passkey, or what the person is.
pub(crate) fn options(told: Result<String, IdentityError>) -> Response {
    match told {
        Ok(told) => ([(header::CONTENT_TYPE, "application/json")], told).into_response(),
        Err(IdentityError::Mistake(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem).into_response(),
        Err(error) => Failure::from(error).into_page(None),
    }
}

/// Tries; the session that the browser had until now ends with the new one's begin.
fn attempt(app: &App, form: &SignInForm, origin: Origin, old: Option<&str>) -> Result<Outcome, Failure> {
    let actor = match identify(app, form, &origin)? {
        Ok(actor) => actor,
        Err(problem) => return Ok(Outcome::Refused(problem)),
    };
    begin_session(app, &actor, origin, old).map(Outcome::Begun)
}

/// Begins a session, whose secret it gives; the one that the browser had until now ends.
pub(crate) fn begin_session(
    app: &App,
    actor: &Actor,
    origin: Origin,
    old: Option<&str>,
) -> Result<String, Failure> {
    if let Some(old) = old {
        end_session(app, old, origin.clone())?;
    }
    let session = app.record.session(actor.clone(), origin);
    session.take_away_ended(CredentialKind::PageSession)?;
    let expires_ms = app.record.now_ms() + app.idle.of(actor);
    Ok(session.issue_credential(CredentialKind::PageSession, actor, expires_ms)?)
}

/// Who it is that fills the form; or what is wrong, in words for them.
fn identify(app: &App, form: &SignInForm, origin: &Origin) -> Result<Result<Actor, String>, Failure> {
    if !form.passkey.is_empty() {
        let signed_in = app.door.attempt_with_passkey(&app.record, &form.passkey, origin.clone())?;
        return Ok(actor_of(app, signed_in, "This passkey is not known here. Sign in with your password."));
    }
    if !form.name.is_empty() {
        let typed = (form.name.as_str(), form.password.as_str(), form.one_time_code.as_str());
        return Ok(actor_of(app, app.door.attempt(&app.record, typed, origin.clone())?, WRONG));
    }
    by_printed_code(app, &form.code, origin)
}

/// Whom a printed code stands for; or what is wrong, in words for them.
pub(crate) fn by_printed_code(
    app: &App,
    code: &str,
    origin: &Origin,
) -> Result<Result<Actor, String>, Failure> {
    if let Some(until) = app.door.begin_unnamed(&origin.address, app.record.now_ms()) {
        return Ok(Err(too_often(app, until)));
    }
    let code: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let actor = app.record.authenticate(CredentialKind::SignInCode, &code)?;
    if actor.is_some() {
        app.door.succeeded_unnamed(&origin.address);
    }
    let unknown = "This code is not known or no longer holds. Make a new one with: chiron sign-in-code";
    Ok(actor.ok_or_else(|| unknown.to_owned()))
}

/// Who it is, or what to say.
pub(crate) fn actor_of(app: &App, signed_in: SignedIn, wrong: &str) -> Result<Actor, String> {
    match signed_in {
        SignedIn::As(actor) => Ok(actor),
        SignedIn::Refused => Err(wrong.to_owned()),
        SignedIn::NotBefore(until) => Err(too_often(app, until)),
    }
}

pub(crate) fn too_often(app: &App, until_ms: i64) -> String {
    let seconds = (until_ms - app.record.now_ms()).max(1_000) / 1_000;
    format!("Too many tries. Wait {seconds} seconds, then try again.")
}

/// Which of them is wrong is not said.
const WRONG: &str = "Name, password or code is not right. A code can be used once: wait for the next one.";

pub(crate) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    let origin = origin(&headers);
    let cleared = SESSION.clear(app.record.base_url());
    if let Some(secret) = SESSION.read(&headers, app.record.base_url()) {
        let ended = tokio::task::spawn_blocking(move || end_session(&app, &secret, origin)).await;
        if !matches!(ended, Ok(Ok(()))) {
            return Failure::bug().into_page(None);
        }
    }
    let mut response = Redirect::to("/sign-in").into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, cleared);
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}

fn end_session(app: &App, secret: &str, origin: Origin) -> Result<(), Failure> {
    let actor = app.record.authenticate(CredentialKind::PageSession, secret)?;
    if let Some(actor) = actor {
        app.record.session(actor, origin).revoke_credential(CredentialKind::PageSession, secret)?;
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
