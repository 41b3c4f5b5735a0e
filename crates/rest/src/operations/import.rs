//! `$import` (the proposal for bulk import by manifest): resources from files that were sent to Binaries before, or that
//! other servers have. Its answer says where the outcome will be.

use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::bulk::{ImportOrder, Place};
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use axum::http::StatusCode;
use fhir::schema::schema;
use record::Session;

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("inputFormat", "string", "application/fhir+ndjson, which is the only one"),
    parameter("inputSource", "uri", "where the data is from"),
    parameter(
        "input",
        "Element",
        "a file: its type, and its url, https or a Binary of this server; may be repeated",
    ),
    parameter("storageDetail", "Element", "its type, https, and contentEncoding, which may be gzip"),
];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let jobs = super::in_background(call, "import")?;
    let request = format!("{}/$import", call.service.base_url);
    let order = ImportOrder::read(request, inputs, |url| place(call, session, url))?;
    for source in &order.sources {
        session.check_put(source.type_id)?;
    }
    let job =
        jobs.begin(session, order.to_value(), &format!("an import of {} is asked for", order.input_source))?;
    Ok(super::accepted(call, &job))
}

/// Where a file is: a Binary that the actor may read, or what may be fetched.
fn place(call: &Call, session: &Session, url: &str) -> Result<Place, Failure> {
    let base = &call.service.base_url;
    let own = url.strip_prefix(base).map_or(url, |rest| rest.trim_start_matches('/'));
    let Some(id) = own.strip_prefix("Binary/") else {
        let targets = session.record().outgoing_targets();
        return match targets.endpoint(url) {
            Ok(_) => Ok(Place::Elsewhere),
            Err(how) => {
                Err(Failure::new(StatusCode::BAD_REQUEST, "value", "the url of an input leads nowhere")
                    .mended_by(how)
                    .at("http.input"))
            }
        };
    };
    let type_id = schema().resource_named("Binary").ok_or_else(Failure::internal)?;
    let binary = session.read(&record::bundle::key(type_id, id)?)?;
    match session.content(&binary)? {
        Some(_) => Ok(Place::Binary { id: id.to_owned(), version: binary.version() }),
        None => Err(Failure::parameter("input", format!("Binary/{id} has no content; send the file to it"))),
    }
}
