//! The people of the practice who sign in: invited, in use, closed. For administrators.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use identity::{Account, Accounts, IdentityError, invitation};
use record::Session;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: Shell,
    problem: String,
    /// Whom a link was made for, and the link; empty when none was.
    invited: String,
    link: String,
    roles: Vec<String>,
    people: Vec<Account>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct InviteForm {
    name: String,
    role: String,
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    with_session(app, headers, |session| page(session, Ok(None))).await
}

pub(crate) async fn invite(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<InviteForm>,
) -> Response {
    with_session(app, headers, move |session| {
        let invited =
            Accounts::new(session).add(&form.name, vec![form.role]).and_then(|one| link_for(session, one));
        page(session, invited.map(Some))
    })
    .await
}

pub(crate) async fn reset(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    with_session(app, headers, move |session| {
        let invited = Accounts::new(session).reset(&id).and_then(|one| link_for(session, one));
        page(session, invited.map(Some))
    })
    .await
}

pub(crate) async fn close(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    with_session(app, headers, move |session| page(session, Accounts::new(session).close(&id).map(|()| None)))
        .await
}

/// The name of someone, and the link that invites them.
fn link_for(session: &Session, account: Account) -> Result<(String, String), IdentityError> {
    let secret = invitation::invite(session, &account)?;
    Ok((account.name, join_url(session.record().base_url(), &secret)))
}

/// Where an invitation leads; `base_url` is that of the FHIR API.
pub fn join_url(base_url: &str, secret: &str) -> String {
    format!("{}/join/{secret}", base_url.trim_end_matches("/fhir"))
}

fn page(
    session: &Session,
    done: Result<Option<(String, String)>, IdentityError>,
) -> Result<Response, Failure> {
    let (status, problem, invitation) = match done {
        Ok(invitation) => (StatusCode::OK, String::new(), invitation),
        Err(IdentityError::Mistake(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem, None),
        Err(error) => return Err(error.into()),
    };
    let (invited, link) = invitation.unwrap_or_default();
    let page = PeoplePage {
        shell: Shell::of(Some(session)),
        problem,
        invited,
        link,
        roles: session.record().roles(),
        people: Accounts::new(session).list().map_err(Failure::from)?,
    };
    Ok((status, html(&page)?).into_response())
}
