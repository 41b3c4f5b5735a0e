//! Follow an invitation: choose name, password and the app of the one-time codes, once.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, page_origin};
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use identity::invitation::Chosen;
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
    /// The secret of the codes, in groups of four letters.
    secret: String,
    /// The same as a picture: SVG that is made here.
    picture: String,
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
}

pub(crate) async fn show(State(app): State<App>, Path(secret): Path<String>) -> Response {
    answer(app, secret, |joining| {
        let form = JoinForm { name: joining.account.name.clone(), ..JoinForm::default() };
        page(joining, form, String::new())
    })
    .await
}

pub(crate) async fn join(
    State(app): State<App>,
    Path(secret): Path<String>,
    Form(form): Form<JoinForm>,
) -> Response {
    answer(app, secret, move |joining| {
        let chosen = Chosen {
            name: &form.name,
            sign_in_name: &form.sign_in_name,
            password: &form.password,
            code: &form.one_time_code,
        };
        let joined = match form.password == form.again {
            true => joining.join(&chosen),
            false => {
                Err(IdentityError::Mistake("The two passwords differ. Type the same one twice.".to_owned()))
            }
        };
        match joined {
            Ok(_) => Ok(Redirect::to("/sign-in").into_response()),
            Err(IdentityError::Mistake(problem)) => {
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page(joining, form, problem)?).into_response())
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn answer(
    app: App,
    secret: String,
    work: impl FnOnce(&Joining) -> Result<Response, Failure> + Send + 'static,
) -> Response {
    let answer =
        tokio::task::spawn_blocking(move || match Joining::begin(&app.record, &secret, page_origin())? {
            Some(joining) => work(&joining),
            None => {
                Err(Failure::not_found("This invitation was used, or its week is over. Ask for a new one."))
            }
        });
    answer.await.unwrap_or_else(|_| Err(Failure::bug())).unwrap_or_else(|failure| failure.into_page(None))
}

fn page(joining: &Joining, form: JoinForm, problem: String) -> Result<Response, Failure> {
    let code = joining.code();
    let shown = if form.sign_in_name.is_empty() { &form.name } else { &form.sign_in_name };
    let picture = QrCode::new(code.url(shown)).map_err(|_| Failure::bug())?;
    let letters: Vec<char> = code.text().chars().collect();
    let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
    html(&JoinPage {
        shell: Shell::of(None),
        problem,
        name: form.name,
        sign_in_name: form.sign_in_name,
        length_min: password::LENGTH_MIN,
        secret: groups.collect::<Vec<_>>().join(" "),
        picture: picture.render::<svg::Color<'_>>().min_dimensions(200, 200).build(),
    })
}
