//! The recent sign-in: what is hard to undo is done by who showed a moment ago who they are, so that a page that was left open
//! is not enough.
//!
//! A page asks [`is_recent`], or runs its work [`with_recent_sign_in`]: whoever showed it too long ago does so on the spot, by a
//! passkey or by password alone, for the session is the other factor, and goes on to where they were.

use crate::App;
use crate::cookie::SESSION;
use crate::failure::Failure;
use crate::page::{self, html, with_session};
use crate::shell::Shell;
use crate::sign_in::{actor_of, by_printed_code, safe_path};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use identity::{Account, OwnAccount};
use record::Session;
use record::credential::CredentialKind;
use serde::Deserialize;

/// How long ago is recent, in milliseconds.
const RECENT_MS: i64 = 5 * 60_000;

/// What one can show who one is by.
pub(crate) struct Means {
    pub passkey: bool,
    pub password: bool,
    /// The identity provider, by what people call it; empty: it does not know them.
    pub openid_label: String,
    /// A printed code: of whoever came in by one, and has no account.
    pub printed_code: bool,
}

impl Means {
    pub(crate) fn of(app: &App, account: Option<&Account>) -> Self {
        Self {
            passkey: app.door.has_passkeys() && account.is_some_and(|one| !one.passkeys.is_empty()),
            password: account.is_some_and(|one| one.password.is_some()),
            openid_label: match account.is_some_and(Account::is_known_by_openid) {
                true => app.openid_label(),
                false => String::new(),
            },
            printed_code: account.is_none(),
        }
    }
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    shell: Shell,
    problem: String,
    means: Means,
    to: String,
}

/// What the address says.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    to: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct ConfirmForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    passkey: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

/// Whether who is signed in showed a moment ago who they are.
pub(crate) fn is_recent(app: &App, headers: &HeaderMap) -> Result<bool, Failure> {
    let Some(secret) = SESSION.read(headers, app.record.base_url()) else { return Ok(false) };
    let confirmed_ms = app.record.confirmed_ms(CredentialKind::PageSession, &secret)?;
    Ok(confirmed_ms.is_some_and(|confirmed_ms| app.record.now_ms() - confirmed_ms < RECENT_MS))
}

/// Runs a page's work for who showed a moment ago who they are. Others are asked to, and go to a page of ours afterwards.
pub(crate) async fn with_recent_sign_in(
    app: App,
    headers: HeaderMap,
    to: &'static str,
    work: impl FnOnce(&Session) -> Result<Response, Failure> + Send + 'static,
) -> Response {
    let (door, cookies) = (app.clone(), headers.clone());
    with_session(app, headers, move |session| match is_recent(&door, &cookies)? {
        true => work(session),
        false => {
            let why = "That was a while ago: nothing was changed. Show that it is you, then do it again.";
            let page = page(&door, session, why.to_owned(), to.to_owned())?;
            Ok((StatusCode::FORBIDDEN, page).into_response())
        }
    })
    .await
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let door = app.clone();
    with_session(app, headers, move |session| page(&door, session, String::new(), asked.to)).await
}

pub(crate) async fn confirm(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<ConfirmForm>,
) -> Response {
    let (door, cookies) = (app.clone(), headers.clone());
    with_session(app, headers, move |session| {
        let Some(secret) = SESSION.read(&cookies, door.record.base_url()) else {
            return Err(Failure::bug());
        };
        match shows(&door, session, &cookies, &form)? {
            Ok(()) => {
                session.confirm_credential(CredentialKind::PageSession, &secret)?;
                Ok(Redirect::to(safe_path(&form.to)).into_response())
            }
            Err(problem) => {
                let page = page(&door, session, problem, form.to)?;
                Ok((StatusCode::FORBIDDEN, page).into_response())
            }
        }
    })
    .await
}

/// What is said to whoever shows to be somebody else.
pub(crate) const OTHER: &str = "That is somebody else's. You are signed in as another person.";

/// Whether the form shows that it is who is signed in, and not somebody else.
fn shows(
    app: &App,
    session: &Session,
    headers: &HeaderMap,
    form: &ConfirmForm,
) -> Result<Result<(), String>, Failure> {
    let (own, origin) = (session.actor().id.as_str(), page::origin(headers));
    let shown = if !form.passkey.is_empty() {
        let signed_in = app.door.attempt_with_passkey(&app.record, &form.passkey, origin)?;
        actor_of(app, signed_in, "This passkey is not known here.")
    } else if !form.password.is_empty() {
        let signed_in = app.door.attempt_again(&app.record, (own, &form.password), origin)?;
        actor_of(app, signed_in, "The password is not right.")
    } else {
        by_printed_code(app, &form.code, &origin)?
    };
    Ok(shown.and_then(|actor| if actor.id == own { Ok(()) } else { Err(OTHER.to_owned()) }))
}

pub(crate) fn page(app: &App, session: &Session, problem: String, to: String) -> Result<Response, Failure> {
    let account = OwnAccount::new(session).read()?;
    let means = Means::of(app, account.as_ref());
    html(&ConfirmPage { shell: Shell::of(Some(session)), problem, means, to: safe_path(&to).to_owned() })
}
