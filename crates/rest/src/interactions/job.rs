//! What becomes of an export or import: its status, its end, its files. They are for the one who asked.

use crate::answer::{Answer, Content, http_date};
use crate::bulk::{Jobs, Listed, NDJSON, State, broken};
use crate::call::Call;
use crate::failure::Failure;
use axum::http::{HeaderName, StatusCode, header};
use fhir::Value;
use record::Session;
use record::job::Job;
use record::resource::instant;
use std::fs::File;

const PROGRESS: HeaderName = HeaderName::from_static("x-progress");

/// Seconds after which it is worth to ask again.
const RETRY_AFTER_S: &str = "1";

pub(super) fn status(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let (jobs, job) = find(call, session)?;
    match State::of(&job) {
        State::Waiting => Ok(Answer::empty(StatusCode::ACCEPTED)
            .with_header(PROGRESS, &jobs.progress(&job))
            .with_header(header::RETRY_AFTER, RETRY_AFTER_S)),
        State::Failed(outcome) => {
            Ok(Answer { status: StatusCode::INTERNAL_SERVER_ERROR, ..Answer::resource(outcome) })
        }
        State::Done { moment_ms, output, error, deleted } => {
            let listed = |all: &[Listed]| {
                Value::Array(all.iter().map(|listed| manifest_line(call, &job, listed)).collect())
            };
            let mut manifest = fhir::Object::new();
            manifest.set("transactionTime", instant(moment_ms).to_string());
            manifest.set("request", job.details.get("request").cloned().unwrap_or_default());
            manifest.set("requiresAccessToken", true);
            manifest.set("output", listed(&output));
            if !deleted.is_empty() {
                manifest.set("deleted", listed(&deleted));
            }
            manifest.set("error", listed(&error));
            let bytes = Value::from(manifest).to_json().into_bytes();
            let content = Content::Native { media_type: "application/json".to_owned(), bytes };
            Ok(Answer { content, ..Answer::empty(StatusCode::OK) }
                .with_header(header::EXPIRES, &http_date(job.expires_ms)))
        }
    }
}

pub(super) fn delete(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let (jobs, job) = find(call, session)?;
    jobs.remove(session, &job, "it is ended by whoever asked")?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

pub(super) fn file(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let (jobs, job) = find(call, session)?;
    let name = call.place.file.as_deref().unwrap_or_default();
    if !State::of(&job).has_file(name) {
        return Err(Failure::not_found("there is no such file").mended_by("the manifest lists them"));
    }
    let file = File::open(jobs.file(&job, name)).map_err(|error| broken(&error))?;
    let length = file.metadata().map_err(|error| broken(&error))?.len();
    session.audit_job(&job, &format!("{name} handed out"))?;
    let content = Content::Stream { media_type: NDJSON.to_owned(), source: Box::new(file), length };
    Ok(Answer { content, ..Answer::empty(StatusCode::OK) })
}

fn find<'a>(call: &'a Call, session: &Session) -> Result<(&'a Jobs, Job), Failure> {
    let id = call.place.id.as_deref().unwrap_or_default();
    let found = match &call.service.jobs {
        Some(jobs) => jobs.find(session, id)?.map(|job| (jobs, job)),
        None => None,
    };
    found.ok_or_else(|| {
        Failure::not_found("there is no such export or import of yours")
            .mended_by("it was removed, or its day is over, or another token asked for it; begin a new one")
    })
}

fn manifest_line(call: &Call, job: &Job, listed: &Listed) -> Value {
    let mut line = fhir::Object::new();
    line.set("type", listed.type_name.as_str());
    if !listed.input_url.is_empty() {
        line.set("inputUrl", listed.input_url.as_str());
    }
    if !listed.file.is_empty() {
        line.set("url", format!("{}/_job/{}/{}", call.service.base_url, job.id, listed.file));
    }
    line.set("count", Value::number(listed.count.to_string()));
    line.into()
}
