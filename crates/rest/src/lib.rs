//! The FHIR REST API (R4 http): resources, searches, bundles and operations under `/fhir`; and what programs ask for beside
//! it: tokens, and where what is.
//!
//! [`interactions::INTERACTIONS`] and [`operations::OPERATIONS`] are the tables from which routing, the
//! CapabilityStatement and the OpenAPI document are made. A request is read into a [`call::Call`]; the row's function
//! turns it into an [`answer::Answer`] or a [`failure::Failure`] by way of a `record::Session`, and nothing else.

mod answer;
mod authentication;
mod body;
mod bulk;
mod bundle_writer;
mod call;
mod capability_statement;
mod cors;
mod digest;
mod failure;
mod format;
pub mod identity_provider;
mod inputs;
mod interactions;
mod oauth;
mod openapi;
mod operation_outcome;
mod operations;
mod outgoing;
mod outline;
mod parameters;
mod pool;
mod prefer;
mod presentation;
mod range;
mod route;
mod search_bundle;
mod serve;
mod service;
mod settings;
mod streamed;
mod subscription;
mod subset;
mod terminology_capabilities;
mod upload;

pub use authentication::Authenticated;
pub use outline::{InteractionOutline, OperationOutline, interaction_outline, operation_outline};
pub use settings::Settings;

use axum::Router;
use record::Record;
use std::sync::Arc;

/// Where the API is on the server.
pub const BASE_PATH: &str = "/fhir";

/// The API over a record, to be merged into the server's router. What runs in its background ends with it.
pub fn router(record: Arc<Record>, settings: Settings) -> Router {
    let service = Arc::new(service::Service::new(record, settings));
    bulk::start(&service);
    subscription::start(&service);
    serve::router(Arc::clone(&service)).merge(oauth::router(service))
}
