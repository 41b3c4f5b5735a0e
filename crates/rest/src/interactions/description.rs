//! The API as an OpenAPI document, made from the tables.

use crate::answer::{Answer, Content};
use crate::call::Call;
use crate::failure::Failure;
use crate::openapi::openapi;
use axum::http::StatusCode;

pub(super) fn run(call: &Call) -> Result<Answer, Failure> {
    let text = call.service.described("openapi", openapi);
    let content =
        Content::Native { media_type: "application/json".to_owned(), bytes: text.as_bytes().to_vec() };
    Ok(Answer { status: StatusCode::OK, headers: Vec::new(), content })
}
