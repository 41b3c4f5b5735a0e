//! Emergency access: breaking the glass of a record that is closed to who asks (45 CFR 170.315(d)(6)), and looking through what
//! was broken, for those who answer for privacy.

use crate::App;
use crate::failure::Failure;
use crate::moment;
use crate::page::{html, with_session};
use crate::recent_sign_in::with_recent_sign_in;
use crate::shell::Shell;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use record::emergency::Emergency;
use record::{Error, Session};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "emergency.html")]
struct EmergencyPage {
    shell: Shell,
    problem: String,
    form: EmergencyForm,
}

/// Whose record, and why. The patient by id from a page that was closed, or as somebody at a bedside knows them.
#[derive(Deserialize, Default)]
pub(crate) struct EmergencyForm {
    #[serde(default)]
    patient: String,
    #[serde(default)]
    family: String,
    #[serde(default)]
    given: String,
    #[serde(default)]
    birth_date: String,
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "emergencies.html")]
struct EmergenciesPage {
    shell: Shell,
    problem: String,
    open: Vec<Emergency>,
    reviewed: Vec<Emergency>,
    now_ms: i64,
}

/// What was found of one.
#[derive(Deserialize)]
pub(crate) struct ReviewForm {
    #[serde(default)]
    finding: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Query(form): Query<EmergencyForm>,
) -> Response {
    with_session(app, headers, move |session| page(session, StatusCode::OK, String::new(), form)).await
}

pub(crate) async fn break_glass(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<EmergencyForm>,
) -> Response {
    with_recent_sign_in(app, headers, "/emergency", move |session| match opened(session, &form) {
        Ok(emergency) => Ok(Redirect::to(&format!("/p/{}", emergency.patient)).into_response()),
        Err(Error::NotFound(_)) => {
            let problem =
                "Nobody is on file who is called this and was born on this day. Look at the spelling.";
            page(session, StatusCode::NOT_FOUND, problem.to_owned(), form)
        }
        Err(Error::Request { message, .. }) => page(session, StatusCode::UNPROCESSABLE_ENTITY, message, form),
        Err(error) => Err(error.into()),
    })
    .await
}

fn opened(session: &Session, form: &EmergencyForm) -> Result<Emergency, Error> {
    let patient = match form.patient.as_str() {
        "" => session.identify_in_emergency(&form.family, &form.given, &form.birth_date)?,
        id => id.to_owned(),
    };
    session.break_glass(&patient, &form.reason)
}

fn page(
    session: &Session,
    status: StatusCode,
    problem: String,
    form: EmergencyForm,
) -> Result<Response, Failure> {
    if !session.record().may_break_glass(session.actor()) {
        return Err(Failure::not_found("Your roles have no emergency access. Ask a clinician."));
    }
    let page = EmergencyPage { shell: Shell::of(Some(session)), problem, form };
    Ok((status, html(&page)?).into_response())
}

pub(crate) async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    with_session(app, headers, |session| list_page(session, StatusCode::OK, String::new())).await
}

pub(crate) async fn review(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(form): Form<ReviewForm>,
) -> Response {
    with_session(app, headers, move |session| match session.review_emergency(&id, &form.finding) {
        Ok(()) => Ok(Redirect::to("/privacy/emergencies").into_response()),
        Err(Error::Request { message, .. }) => list_page(session, StatusCode::UNPROCESSABLE_ENTITY, message),
        Err(error) => Err(error.into()),
    })
    .await
}

fn list_page(session: &Session, status: StatusCode, problem: String) -> Result<Response, Failure> {
    let (open, reviewed) = session.emergencies()?.into_iter().partition(|one| one.reviewed.is_none());
    let (shell, now_ms) = (Shell::of(Some(session)), session.record().now_ms());
    Ok((status, html(&EmergenciesPage { shell, problem, open, reviewed, now_ms })?).into_response())
}

impl EmergenciesPage {
    fn when(ms: &i64) -> String {
        moment::day_and_time(*ms)
    }

    /// Who looked at what of the patient from its beginning on, until it ended or now.
    fn looked_at(one: &Emergency) -> String {
        format!("/audit?patient={}&who={}", one.patient, one.actor_id)
    }

    fn is_running(&self, one: &Emergency) -> bool {
        self.now_ms < one.ends_ms
    }
}
