//! My apps: which programs I let in, what they may, since when, and their end.

use crate::App;
use crate::failure::Failure;
use crate::page::{html, with_session};
use crate::shell::Shell;
use crate::{moment, patients, scope_words};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use identity::oauth::{Clients, Grant, Grants};
use record::Session;
use record::resource::instant;

#[derive(Template)]
#[template(path = "apps.html")]
struct AppsPage {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    app: String,
    patient: String,
    may: Vec<String>,
    since: String,
    used: String,
    is_lasting: bool,
}

pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    with_session(app, headers, |session| {
        let grants = Grants::new(session).mine()?;
        let rows = grants.iter().map(|grant| row(session, grant)).collect::<Result<_, _>>()?;
        html(&AppsPage { shell: Shell::of(Some(session)), rows })
    })
    .await
}

pub(crate) async fn end(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    with_session(app, headers, move |session| {
        Grants::new(session).end_mine(&id)?;
        Ok(Redirect::to("/apps").into_response())
    })
    .await
}

fn row(session: &Session, grant: &Grant) -> Result<Row, Failure> {
    let now_ms = session.record().now_ms();
    let client = Clients::new(session).find(&grant.client)?;
    // One that may not be seen has no name.
    let patient_name = |id: &str| {
        patients::shown(session, id).map_or_else(|_| "a patient".to_owned(), |banner| banner.full_name())
    };
    let scopes = grant.scope_list();
    let may = scopes.resources().map(|scope| {
        let what = scope.type_id().map_or("everything in the record", |one| scope_words::kind(one.name()));
        let only = scope_words::only(scope);
        let only = if only.is_empty() { only } else { format!(", only {only}") };
        format!("{} {what}{only}", scope_words::doing(scope))
    });
    Ok(Row {
        id: grant.id.clone(),
        app: client.map_or_else(|| "An app that is gone".to_owned(), |client| client.name),
        patient: grant.patient.as_deref().map_or_else(String::new, patient_name),
        may: may.collect(),
        since: moment::day(grant.made_ms),
        used: moment::ago(&instant(grant.used_ms).to_string(), now_ms),
        is_lasting: grant.is_lasting(),
    })
}
