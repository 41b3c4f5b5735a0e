//! Create (R4 http §3.1.0.8), and conditional create (§3.1.0.8.1).

use super::written;
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use axum::http::HeaderName;
use record::Session;
use record::bundle::check_type;
use record::write::{WriteAction, WriteRequest};

const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");

pub(super) fn run(call: &Call, session: &Session) -> Result<Answer, Failure> {
    let type_id = call.place.only_type()?;
    let document = match &call.received {
        Some(received) => received.binary(None),
        None => call.body.resource()?,
    };
    check_type(document.root(), type_id)?;
    let unless = match call.headers.get(IF_NONE_EXIST) {
        Some(value) => {
            let text = value.to_str().map_err(|_| Failure::bad_request("If-None-Exist is no text"))?;
            let parameters = text.rsplit_once('?').map_or(text, |(_, parameters)| parameters);
            Some(session.condition(type_id, parameters)?)
        }
        None => None,
    };
    let action = WriteAction::Create { type_id, resource: document.root(), unless };
    written::answer(call, session.write(WriteRequest { action, full_url: None })?)
}
