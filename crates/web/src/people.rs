//! The people of the practice who sign in: invited, in use, closed. For administrators.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::recent_sign_in::with_recent_sign_in;
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use clinic::person::{self, Person};
use identity::openid::OpenIdLink;
use identity::{Account, Accounts, IdentityError, NewAccount, invitation};
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
    /// What was searched for, to choose whom the account is for, and who was found.
    find: String,
    found: Vec<Person>,
    roles: Vec<String>,
    /// What people call the identity provider; empty: there is none.
    openid_label: String,
    people: Vec<Row>,
}

/// An account, and who it is for.
struct Row {
    account: Account,
    person: Option<Person>,
}

/// What the address says.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    find: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct InviteForm {
    #[serde(default)]
    name: String,
    role: String,
    /// Their name at the identity provider; empty: they are invited by a link.
    #[serde(default)]
    openid_name: String,
    /// Who they are in the record; empty for who is in no resource.
    #[serde(default)]
    person: String,
}

/// Where one goes on after a recent sign-in: whoever finds a page that was left open invites nobody.
const PATH: &str = "/people";

/// What a change of the accounts gives: a name and the link that invites them; an empty one for who needs none.
type Done = Result<Option<(String, String)>, IdentityError>;

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let label = app.openid_label();
    with_session(app, headers, move |session| page(session, label, Ok(None), asked)).await
}

pub(crate) async fn invite(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<InviteForm>,
) -> Response {
    let label = app.openid_label();
    with_recent_sign_in(app, headers, PATH, move |session| {
        let person = Some(form.person.as_str()).filter(|person| !person.is_empty());
        let name = match person {
            // Nobody types a name twice.
            Some(person) if form.name.trim().is_empty() => name_of(session, person)?,
            _ => form.name,
        };
        let openid_name =
            Some(form.openid_name.as_str()).filter(|name| !label.is_empty() && !name.is_empty());
        let new = NewAccount { name: &name, role: &form.role, person, openid_name };
        let added = Accounts::new(session).add(&new).and_then(|one| match one.openid {
            Some(_) => Ok((one.name, String::new())),
            None => link_for(session, one),
        });
        page(session, label, added.map(Some), Asked::default())
    })
    .await
}

pub(crate) async fn reset(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let label = app.openid_label();
    with_recent_sign_in(app, headers, PATH, move |session| {
        let invited = Accounts::new(session).reset(&id).and_then(|one| link_for(session, one));
        page(session, label, invited.map(Some), Asked::default())
    })
    .await
}

pub(crate) async fn close(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let label = app.openid_label();
    with_recent_sign_in(app, headers, PATH, move |session| {
        page(session, label, Accounts::new(session).close(&id).map(|()| None), Asked::default())
    })
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

fn name_of(session: &Session, person: &str) -> Result<String, Failure> {
    let mut named = person::named(session, [person].into_iter())?;
    Ok(named.remove(person).map(|person| person.name).unwrap_or_default())
}

fn page(session: &Session, openid_label: String, done: Done, asked: Asked) -> Result<Response, Failure> {
    let (status, problem, invitation) = match done {
        Ok(invitation) => (StatusCode::OK, String::new(), invitation),
        Err(IdentityError::Mistake(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem, None),
        Err(error) => return Err(error.into()),
    };
    let (invited, link) = invitation.unwrap_or_default();
    let accounts = Accounts::new(session).list().map_err(Failure::from)?;
    let persons = accounts.iter().filter_map(|account| account.person.as_deref());
    let mut named = person::named(session, persons)?;
    let row = |account: Account| {
        let person = account.person.as_ref().and_then(|reference| named.remove(reference));
        Row { account, person }
    };
    let page = PeoplePage {
        found: person::find(session, &asked.find)?,
        find: asked.find,
        shell: Shell::of(Some(session)),
        problem,
        invited,
        link,
        roles: session.record().roles(),
        openid_label,
        people: accounts.into_iter().map(row).collect(),
    };
    Ok((status, html(&page)?).into_response())
}
