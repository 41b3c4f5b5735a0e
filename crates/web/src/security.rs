//! One's own security: passkeys, password, the phone with the codes, and where one is signed in. What is changed here needs a
//! recent sign-in.

use crate::App;
use crate::cookie::SESSION;
use crate::failure::Failure;
use crate::join::CodePicture;
use crate::moment;
use crate::page::{html, with_session};
use crate::recent_sign_in::{Means, is_recent, with_recent_sign_in};
use crate::shell::Shell;
use crate::sign_in::options;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use identity::one_time_code::CodeSecret;
use identity::{Account, IdentityError, OwnAccount, password};
use record::Session;
use record::credential::{CredentialKind, Standing};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    shell: Shell,
    problem: String,
    /// Whether what is here may be changed; before, one shows again who one is.
    is_recent: bool,
    means: Means,
    /// Where one goes after that.
    to: &'static str,
    has_passkeys: bool,
    /// What people call the identity provider; empty: there is none.
    openid_label: String,
    account: Option<Account>,
    length_min: usize,
    /// A new secret for a phone; `None` when nothing may be changed.
    code: Option<CodePicture>,
    sessions: Vec<Standing>,
}

impl SecurityPage {
    fn when(&self, ms: &i64) -> String {
        if *ms == 0 { "not known".to_owned() } else { moment::day_and_time(*ms) }
    }
}

/// What the forms send.
#[derive(Deserialize)]
pub(crate) struct ChangeForm {
    /// Which passkey or session.
    #[serde(default)]
    key: String,
    #[serde(default)]
    passkey: String,
    #[serde(default)]
    passkey_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    one_time_code: String,
}

/// What a change works on.
struct Work<'a> {
    app: &'a App,
    session: &'a Session,
    /// The secret of this session.
    secret: &'a str,
    form: &'a ChangeForm,
}

/// A change: its name in the address, and what it does.
type Change = (&'static str, fn(&Work<'_>) -> Result<(), IdentityError>);

const SESSIONS: CredentialKind = CredentialKind::PageSession;

const CHANGES: [Change; 7] = [
    ("add-passkey", |work| {
        OwnAccount::new(work.session).add_passkey(&work.app.door, &work.form.passkey_name, &work.form.passkey)
    }),
    ("remove-passkey", |work| OwnAccount::new(work.session).remove_passkey(&work.form.key)),
    ("password", |work| {
        if work.form.password != work.form.again {
            let problem = "The two passwords differ. Type the same one twice.";
            return Err(IdentityError::Mistake(problem.to_owned()));
        }
        OwnAccount::new(work.session).change_password(&work.form.password)?;
        // Whoever knows the old one is out.
        Ok(work.session.end_other_own_credentials(SESSIONS, work.secret)?)
    }),
    ("phone", |work| OwnAccount::new(work.session).change_phone(&work.form.secret, &work.form.one_time_code)),
    ("unlink-openid", |work| OwnAccount::new(work.session).unlink_openid()),
    ("end-session", |work| Ok(work.session.end_own_credentials(SESSIONS, |key| key == work.form.key)?)),
    ("end-other-sessions", |work| Ok(work.session.end_other_own_credentials(SESSIONS, work.secret)?)),
];

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    let (door, cookies) = (app.clone(), headers.clone());
    with_session(app, headers, move |session| page(&door, session, &cookies, String::new())).await
}

/// What the browser is to be told to make a passkey.
pub(crate) async fn begin_passkey(State(app): State<App>, headers: HeaderMap) -> Response {
    let door = app.clone();
    with_recent_sign_in(app, headers, "/security", move |session| {
        Ok(options(OwnAccount::new(session).begin_passkey(&door.door)))
    })
    .await
}

pub(crate) async fn change(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Form(form): Form<ChangeForm>,
) -> Response {
    let (door, cookies) = (app.clone(), headers.clone());
    with_recent_sign_in(app, headers, "/security", move |session| {
        let Some((_, change)) = CHANGES.iter().find(|(known, _)| *known == name) else {
            return Err(Failure::not_found("There is no such change."));
        };
        let secret = SESSION.read(&cookies, door.record.base_url()).unwrap_or_default();
        match change(&Work { app: &door, session, secret: &secret, form: &form }) {
            Ok(()) => Ok(Redirect::to("/security").into_response()),
            Err(IdentityError::Mistake(problem)) => {
                let page = page(&door, session, &cookies, problem)?;
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn page(app: &App, session: &Session, headers: &HeaderMap, problem: String) -> Result<Response, Failure> {
    let account = OwnAccount::new(session).read()?;
    let is_recent = is_recent(app, headers)?;
    let code = match &account {
        Some(account) if is_recent && !account.sign_in_name.is_empty() => {
            Some(CodePicture::of(&CodeSecret::random(), &account.sign_in_name)?)
        }
        _ => None,
    };
    let secret = SESSION.read(headers, app.record.base_url()).unwrap_or_default();
    html(&SecurityPage {
        shell: Shell::of(Some(session)),
        problem,
        is_recent,
        means: Means::of(app, account.as_ref()),
        to: "/security",
        has_passkeys: app.door.has_passkeys(),
        openid_label: app.openid_label(),
        account,
        length_min: password::LENGTH_MIN,
        code,
        sessions: session.own_credentials(SESSIONS, &secret)?,
    })
}
