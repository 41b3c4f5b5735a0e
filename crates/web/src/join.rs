//! Follow an invitation: choose a name, and a passkey or a password and the app of the one-time codes, once.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, origin};
use crate::shell::Shell;
use crate::sign_in::options;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use identity::invitation::{Chosen, Means};
use identity::one_time_code::CodeSecret;
use identity::{IdentityError, Joining, password};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "join.html")]
struct JoinPage {
    shell: Shell,
    problem: String,
    name: String,
    sign_in_name: String,
    length_min: usize,
    has_passkeys: bool,
    /// What people call the identity provider; empty: there is none.
    openid_label: String,
    /// Where one joins there.
    openid_path: String,
    code: CodePicture,
}

/// The secret of one-time codes, as an app takes it.
pub(crate) struct CodePicture {
    /// In groups of four letters, to be typed.
    pub secret: String,
    /// As a picture: SVG that is made here.
    pub picture: String,
}

impl CodePicture {
    /// Draws it; `name` is what the app will show.
    pub(crate) fn of(code: &CodeSecret, name: &str) -> Result<Self, Failure> {
        let picture = QrCode::new(code.url(name)).map_err(|_| Failure::bug())?;
        let letters: Vec<char> = code.text().chars().collect();
        let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
        Ok(Self {
            secret: groups.collect::<Vec<_>>().join(" "),
            picture: picture.render::<svg::Color<'_>>().min_dimensions(200, 200).build(),
        })
    }
}

/// What the form sends.
#[derive(Default, Deserialize)]
pub(crate) struct JoinForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    sign_in_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    one_time_code: String,
    /// What the browser answered for a passkey; empty when it is password and codes.
    #[serde(default)]
    passkey: String,
    #[serde(default)]
    passkey_name: String,
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Path(secret): Path<String>) -> Response {
    let path = openid_path(&secret);
    answer(app, headers, secret, |app, joining| {
        let form = JoinForm { name: joining.account.name.clone(), ..JoinForm::default() };
        page((app, joining, path), form, String::new())
    })
    .await
}

/// What the browser is to be told to make a passkey.
pub(crate) async fn begin_passkey(
    State(app): State<App>,
    headers: HeaderMap,
    Path(secret): Path<String>,
    Form(form): Form<JoinForm>,
) -> Response {
    answer(app, headers, secret, move |app, joining| {
        Ok(options(joining.begin_passkey(&app.door, &form.name, &form.sign_in_name)))
    })
    .await
}

pub(crate) async fn join(
    State(app): State<App>,
    headers: HeaderMap,
    Path(secret): Path<String>,
    Form(form): Form<JoinForm>,
) -> Response {
    let path = openid_path(&secret);
    answer(app, headers, secret, move |app, joining| {
        let means = match form.passkey.is_empty() {
            true => Means::Password { password: &form.password, code: &form.one_time_code },
            false => Means::Passkey { name: &form.passkey_name, answer: &form.passkey },
        };
        let chosen = Chosen { name: &form.name, sign_in_name: &form.sign_in_name, means };
        let joined = match form.password == form.again || !form.passkey.is_empty() {
            true => joining.join(&app.door, &chosen),
            false => {
                Err(IdentityError::Mistake("The two passwords differ. Type the same one twice.".to_owned()))
            }
        };
        match joined {
            Ok(_) => Ok(Redirect::to("/sign-in").into_response()),
            Err(IdentityError::Mistake(problem)) => {
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page((app, joining, path), form, problem)?)
                    .into_response())
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Does something for whoever follows an invitation.
pub(crate) async fn answer(
    app: App,
    headers: HeaderMap,
    secret: String,
    work: impl FnOnce(&App, &Joining) -> Result<Response, Failure> + Send + 'static,
) -> Response {
    let answer =
        tokio::task::spawn_blocking(move || match Joining::begin(&app.record, &secret, origin(&headers))? {
            Some(joining) => work(&app, &joining),
            None => Err(used_up()),
        });
    answer.await.unwrap_or_else(|_| Err(Failure::bug())).unwrap_or_else(|failure| failure.into_page(None))
}

/// What is said of an invitation that leads nowhere.
fn used_up() -> Failure {
    Failure::not_found("This invitation was used, or its week is over. Ask for a new one.")
}

/// Where an invitation is followed at the identity provider.
fn openid_path(secret: &str) -> String {
    format!("/join/{secret}/openid")
}

fn page(
    (app, joining, openid_path): (&App, &Joining, String),
    form: JoinForm,
    problem: String,
) -> Result<Response, Failure> {
    let shown = if form.sign_in_name.is_empty() { &form.name } else { &form.sign_in_name };
    html(&JoinPage {
        shell: Shell::of(None),
        problem,
        code: CodePicture::of(joining.code(), shown)?,
        name: form.name,
        sign_in_name: form.sign_in_name,
        length_min: password::LENGTH_MIN,
        has_passkeys: app.door.has_passkeys(),
        openid_label: app.openid_label(),
        openid_path,
    })
}
