//! A note or document by itself, ready to read and to print.

use crate::App;
use crate::chart::AllergyLine;
use crate::failure::Failure;
use crate::page::{html, type_named, with_session};
use crate::patient_context::PatientContext;
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::chart::banner::Banner;
use clinic::chart::document::DocumentItem;
use clinic::chart::{addenda, document, identity};
use clinic::note::signing;
use record::{Error, Session};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    shell: Shell,
    banner: Banner,
    allergies: AllergyLine,
    document: DocumentItem,
    /// What was added to it since.
    addenda: Vec<DocumentItem>,
    /// The SHA-256 of a signed text; empty when it is not signed.
    hash: String,
    /// Whether the reader may add to it.
    may_add: bool,
    /// What its form carries.
    context: String,
    /// What was wrong with the last try; empty: nothing.
    problem: String,
}

/// What is added.
#[derive(Deserialize)]
pub(crate) struct AddForm {
    #[serde(default)]
    context: String,
    #[serde(default)]
    text: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, id)): Path<(String, String)>,
) -> Response {
    with_session(app, headers, move |session| page(session, &patient, &id, StatusCode::OK, String::new()))
        .await
}

fn page(
    session: &Session,
    patient: &str,
    id: &str,
    status: StatusCode,
    problem: String,
) -> Result<Response, Failure> {
    let shell = Shell::following(session, Some(patient))?;
    let (banner, allergies) = identity(session, patient, session.record().now_ms())?;
    let document = document(session, patient, id)?;
    let text = document.text.as_deref().filter(|_| document.is_signed);
    let page = DocumentPage {
        shell,
        banner,
        allergies: AllergyLine::of(&allergies),
        addenda: addenda(session, patient, id)?,
        hash: text.map(|text| hex(&Sha256::digest(text))).unwrap_or_default(),
        may_add: text.is_some() && session.may_create(type_named("DocumentReference")?),
        context: PatientContext::of(session, patient, id)?,
        document,
        problem,
    };
    Ok((status, html(&page)?).into_response())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Path((patient, id)): Path<(String, String)>,
    Form(form): Form<AddForm>,
) -> Response {
    with_session(app, headers, move |session| {
        PatientContext::check(session, &patient, &id, &form.context)?;
        match signing::add(session, &patient, &id, &form.text.replace("\r\n", "\n")) {
            Ok(()) => Ok(Redirect::to(&format!("/p/{patient}/documents/{id}")).into_response()),
            Err(Error::Request { message, .. }) => {
                page(session, &patient, &id, StatusCode::UNPROCESSABLE_ENTITY, message)
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}
