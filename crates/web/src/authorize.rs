//! A program sends its person here to ask for leave (`/oauth/authorize`). What it asks is checked; then the browser goes on to
//! the consent page by itself, from a page of ours: so that it carries the person's cookie, which no other site can make it
//! send.

use crate::App;
use crate::failure::Failure;
use crate::page::{encoded, html, origin};
use crate::shell::Shell;
use access::Actor;
use askama::Template;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use identity::oauth::AuthorizationRequest;
use identity::oauth::authorization::Unfit;

#[derive(Template)]
#[template(path = "onward.html")]
pub(crate) struct OnwardPage {
    pub shell: Shell,
    pub title: String,
    /// Where the browser goes on to.
    pub to: String,
}

pub(crate) async fn ask(State(app): State<App>, headers: HeaderMap, RawForm(sent): RawForm) -> Response {
    let answer = tokio::task::spawn_blocking(move || {
        let session = app.record.session(Actor::unknown(), origin(&headers));
        let parameters = read(&sent);
        match AuthorizationRequest::read(&session, &parameters)? {
            Ok(request) => {
                let to = format!("/oauth/consent?request={}", encoded(&String::from_utf8_lossy(&sent)));
                let title = format!("On to {}", request.client.name);
                html(&OnwardPage { shell: Shell::of(None), title, to })
            }
            Err(unfit) => unfit_page(unfit),
        }
    });
    answer.await.unwrap_or_else(|_| Err(Failure::bug())).unwrap_or_else(|failure| failure.into_page(None))
}

/// What becomes of a request that does not fit: it is told to the person, or sent back to the program.
pub(crate) fn unfit_page(unfit: Unfit) -> Result<Response, Failure> {
    match unfit {
        Unfit::Told(message) => {
            Err(Failure::told(StatusCode::BAD_REQUEST, "This app cannot be let in", message))
        }
        Unfit::SentBack(url) => Ok(Redirect::to(&url).into_response()),
    }
}

/// Names and values of a form.
pub(crate) fn read(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}
