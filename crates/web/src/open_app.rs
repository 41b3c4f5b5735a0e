//! Open an app from a patient's chart (SMART EHR launch): it is told where the record is, and gets a handle for what is open.

use crate::App;
use crate::authorize::OnwardPage;
use crate::failure::Failure;
use crate::page::{html, type_named, with_session};
use crate::shell::Shell;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use identity::oauth::address::with_parameters;
use identity::oauth::{ClientState, Clients, Endpoints, launch};
use record::Session;

pub(crate) async fn open(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, client)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| {
        let type_id = type_named("Patient")?;
        session.read(&record::bundle::key(type_id, &patient)?)?;
        let client =
            Clients::new(session).find(&client)?.filter(|client| client.state == ClientState::Active);
        let Some((client, url)) = client.and_then(|client| Some((client.clone(), client.launch_uri?))) else {
            return Err(Failure::not_found("This app is not opened from charts."));
        };
        let encounter = encounter(session, &patient)?;
        let handle = launch::begin(session, &client, &patient, encounter.as_deref())?;
        let endpoints = Endpoints::of(session.record());
        let to = with_parameters(&url, &[("iss", &endpoints.fhir), ("launch", &handle)]);
        html(&OnwardPage { shell: Shell::of(Some(session)), title: format!("Opening {}", client.name), to })
    })
    .await
}

/// The visit that the patient is at.
fn encounter(session: &Session, patient: &str) -> Result<Option<String>, Failure> {
    let type_id = type_named("Encounter")?;
    let parameters = [("patient", patient), ("status", "in-progress"), ("_sort", "-date"), ("_count", "1")];
    match session.find(type_id, &parameters) {
        Ok(found) => Ok(found.matches.first().map(|one| one.key().id.to_string())),
        // Who may not see visits opens apps all the same.
        Err(record::Error::Denied(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
