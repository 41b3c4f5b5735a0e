//! Batch and transaction (R4 http §3.1.0.11): a Bundle of requests.

use super::history;
use super::written::{said, status};
use crate::answer::{Answer, etag};
use crate::bundle_writer::{BundleEntry, BundleWriter};
use crate::call::Call;
use crate::failure::Failure;
use crate::operation_outcome::{Issue, operation_outcome};
use crate::prefer::Return;
use crate::search_bundle::search_bundle;
use crate::subset::Subset;
use axum::http::StatusCode;
use fhir::{Document, Object, Value};
use record::bundle::Answer as EntryAnswer;
use record::resource::instant;
use record::write::Written;
use record::{Resource, Session};

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let bundle = call.body.resource()?;
    if bundle.resource_type().as_deref() != Some("Bundle") {
        return Err(Failure::bad_request("only a Bundle is sent to the base").mended_by(
            "send a Bundle of type batch or transaction, or another resource to the URL of its type",
        ));
    }
    match bundle.root().get_str("type").as_deref() {
        Some("transaction") => {
            let answers = session.transaction(&bundle)?;
            write(call, "transaction-response", answers.into_iter().map(Ok))
        }
        Some("batch") => {
            let answers = session.batch(&bundle);
            write(call, "batch-response", answers.into_iter().map(|answer| answer.map_err(Failure::from)))
        }
        _ => Err(Failure::bad_request("a Bundle of this type is not processed")
            .mended_by(
                "set Bundle.type to batch or transaction; to store the Bundle itself send it to /Bundle",
            )
            .at("Bundle.type")),
    }
}

fn write(
    call: &Call,
    kind: &str,
    answers: impl Iterator<Item = Result<EntryAnswer, Failure>>,
) -> Result<Answer, Failure> {
    let timestamp = instant(call.service.record.now_ms()).to_string();
    let mut bundle = BundleWriter::new(kind, &timestamp, None, &[]);
    for answer in answers {
        match answer.and_then(|answer| push(&mut bundle, call, answer)) {
            Ok(()) => {}
            Err(failure) => push_failure(&mut bundle, &failure)?,
        }
    }
    Ok(Answer::resource(bundle.finish()))
}

fn push(bundle: &mut BundleWriter, call: &Call, answer: EntryAnswer) -> Result<(), Failure> {
    match answer {
        EntryAnswer::Written(written) => push_written(bundle, call, &written)?,
        EntryAnswer::Resource(resource) => push_resource(bundle, call, &resource),
        EntryAnswer::Found(request, found) => {
            let url = match request.query.types.as_slice() {
                [type_id] => format!("{}/{}", call.service.base_url, type_id.name()),
                _ => call.service.base_url.clone(),
            };
            push_bundle(bundle, &search_bundle(call, &url, &request, &found)?);
        }
        EntryAnswer::History(versions) => {
            let timestamp = instant(call.service.record.now_ms()).to_string();
            let mut inner = BundleWriter::new("history", &timestamp, None, &[]);
            for version in &versions {
                history::push(&mut inner, call, version, &Subset::Whole)?;
            }
            push_bundle(bundle, &inner.finish());
        }
        EntryAnswer::Failed(error) => return Err(Failure::from(error)),
    }
    Ok(())
}

/// `200 OK` and its like.
fn status_text(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()).trim_end().to_owned()
}

fn push_written(bundle: &mut BundleWriter, call: &Call, written: &Written) -> Result<(), Failure> {
    let mut response = Object::new();
    response.set("status", status_text(status(written.effect)));
    if let Some(key) = written.key.as_ref().filter(|_| written.version > 0) {
        response.set("location", format!("{}/_history/{}", call.full_url(key), written.version));
        response.set("etag", etag(written.version));
        response.set("lastModified", instant(written.updated_ms).to_string());
    }
    if call.prefer.returns == Return::OperationOutcome {
        let outcome = operation_outcome(&[Issue::information(said(written.effect))]);
        let outcome = Document::parse(outcome).map_err(|_| Failure::internal())?;
        response.set("outcome", Value::from(&outcome));
    }
    let is_returned = call.prefer.returns == Return::Representation;
    let resource = written.resource.as_ref().filter(|_| is_returned).map(Resource::to_json);
    let full_url = written.key.as_ref().filter(|_| written.resource.is_some()).map(|key| call.full_url(key));
    bundle.push(&BundleEntry {
        full_url: full_url.as_deref().unwrap_or_default(),
        resource: resource.as_deref().unwrap_or_default(),
        response: Some(response.into()),
        ..BundleEntry::default()
    });
    Ok(())
}

fn push_resource(bundle: &mut BundleWriter, call: &Call, resource: &Resource) {
    let response = fhir::object! {
        "status" => status_text(StatusCode::OK),
        "etag" => etag(resource.version()),
        "lastModified" => instant(resource.updated_ms()).to_string(),
    };
    bundle.push(&BundleEntry {
        full_url: &call.full_url(resource.key()),
        resource: &resource.to_json(),
        response: Some(response),
        ..BundleEntry::default()
    });
}

fn push_bundle(bundle: &mut BundleWriter, inner: &str) {
    let response = fhir::object! { "status" => status_text(StatusCode::OK) };
    bundle.push(&BundleEntry { resource: inner, response: Some(response), ..BundleEntry::default() });
}

fn push_failure(bundle: &mut BundleWriter, failure: &Failure) -> Result<(), Failure> {
    let outcome = Document::parse(failure.to_json()).map_err(|_| Failure::internal())?;
    let response =
        fhir::object! { "status" => status_text(failure.status), "outcome" => Value::from(&outcome) };
    bundle.push(&BundleEntry { response: Some(response), ..BundleEntry::default() });
    Ok(())
}
