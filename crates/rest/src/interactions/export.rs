//! What becomes of an export (FHIR Bulk Data Access 2.0): its status, its end, its files. They are for the one who asked.

use crate::answer::{Answer, Content, http_date};
use crate::bulk::{Exports, NDJSON, State, broken};
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
    let (exports, job) = find(call, session)?;
    match State::of(&job) {
        State::Waiting => Ok(Answer::empty(StatusCode::ACCEPTED)
            .with_header(PROGRESS, &exports.progress(&job))
            .with_header(header::RETRY_AFTER, RETRY_AFTER_S)),
        State::Failed(outcome) => {
            Ok(Answer { status: StatusCode::INTERNAL_SERVER_ERROR, ..Answer::resource(outcome) })
        }
        State::Done { moment_ms, files } => {
            let manifest = manifest(call, &job, moment_ms, &files).to_json().into_bytes();
            let content = Content::Native { media_type: "application/json".to_owned(), bytes: manifest };
            Ok(Answer { content, ..Answer::empty(StatusCode::OK) }
                .with_header(header::EXPIRES, &http_date(job.expires_ms)))
        }
    }
}

pub(super) fn delete(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let (exports, job) = find(call, session)?;
    exports.remove(session, &job, "an export is ended by whoever asked")?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

pub(super) fn file(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let (exports, job) = find(call, session)?;
    let type_id = call.place.only_type()?;
    let is_there = match State::of(&job) {
        State::Done { files, .. } => files.iter().any(|(name, _)| name == type_id.name()),
        State::Waiting | State::Failed(_) => false,
    };
    if !is_there {
        return Err(Failure::not_found("the export has no such file").mended_by("its manifest lists them"));
    }
    let file = File::open(exports.file(&job, type_id)).map_err(|error| broken(&error))?;
    let length = file.metadata().map_err(|error| broken(&error))?.len();
    session.audit_job(&job, &format!("{} handed out", type_id.name()))?;
    let content = Content::Stream { media_type: NDJSON.to_owned(), source: Box::new(file), length };
    Ok(Answer { content, ..Answer::empty(StatusCode::OK) })
}

fn find<'a>(call: &'a Call, session: &Session) -> Result<(&'a Exports, Job), Failure> {
    let id = call.place.id.as_deref().unwrap_or_default();
    let found = match &call.service.exports {
        Some(exports) => exports.find(session, id)?.map(|job| (exports, job)),
        None => None,
    };
    found.ok_or_else(|| {
        Failure::not_found("there is no such export of yours")
            .mended_by("it was removed, or its day is over, or another token asked for it; begin a new one")
    })
}

fn manifest(call: &Call, job: &Job, moment_ms: i64, files: &[(String, u64)]) -> Value {
    let request = job.details.get("request").cloned().unwrap_or_else(|| "".into());
    let file = |(name, count): &(String, u64)| {
        let url = format!("{}/_export/{}/{name}", call.service.base_url, job.id);
        fhir::object! { "type" => name.as_str(), "url" => url, "count" => Value::number(count.to_string()) }
    };
    fhir::object! {
        "transactionTime" => instant(moment_ms).to_string(),
        "request" => request,
        "requiresAccessToken" => true,
        "output" => Value::Array(files.iter().map(file).collect()),
        "error" => Value::Array(Vec::new()),
    }
}
