//! The interactions of the API, one file each; [`INTERACTIONS`] is the table that everything else is made from.

mod batch;
mod capabilities;
mod create;
mod delete;
mod description;
mod history;
mod job;
mod native;
mod patch;
mod read;
mod search;
mod update;
mod vread;
pub(crate) mod written;

use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::operations;
use crate::route::Place;
use crate::service::Service;
use crate::subscription::{socket, stream};
use axum::extract::Request;
use axum::response::Response;
use record::Session;
use std::pin::Pin;
use std::sync::Arc;

/// A row of the table.
pub(crate) struct Interaction {
    /// The HTTP method. `HEAD` and `OPTIONS` follow from the others.
    pub method: &'static str,
    /// The path behind the base, with `{placeholders}`.
    pub path: &'static str,
    /// What the standard calls it (`http://hl7.org/fhir/restful-interaction`), or our own name.
    pub name: &'static str,
    /// At which level of the CapabilityStatement it is listed.
    pub level: Level,
    /// What the actor must be allowed to do; `None`: depends on the content, or nothing is needed.
    pub access: Option<access::Interaction>,
    /// The request headers that it honours besides those of every interaction.
    pub headers: &'static [&'static str],
    /// The URL parameters that it honours besides those of the presentation.
    pub parameters: &'static [&'static str],
    /// True when the URL's parameters name the resource.
    pub is_conditional: bool,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Does it.
    pub run: Run,
}

/// At which level of the CapabilityStatement an interaction is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The whole system.
    System,
    /// Every type.
    Type,
    /// Nowhere: it is no interaction of the standard's list.
    Unlisted,
}

/// How an interaction is run.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// For everyone, without a token: nothing of the record is in the answer.
    Open(fn(&Call) -> Result<Answer, Failure>),
    /// At once: it takes microseconds.
    Inline(fn(&Call, &Session) -> Result<Answer, Failure>),
    /// In the pool.
    Pooled(fn(&Call, &Session) -> Result<Answer, Failure>),
    /// By a connection that stays open, on which it sees to itself who asks.
    Followed(Follow),
}

/// Answers by a connection that stays open.
pub(crate) type Follow = fn(Arc<Service>, Place, Request) -> Followed;

/// Its answer, as it begins.
pub(crate) type Followed = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send>>;

const BASE: Interaction = Interaction {
    method: "GET",
    path: "/",
    name: "",
    level: Level::Unlisted,
    access: None,
    headers: &[],
    parameters: &[],
    is_conditional: false,
    summary: "",
    run: Run::Open(capabilities::run),
};

const READ: Option<access::Interaction> = Some(access::Interaction::Read);
const SEARCH: Option<access::Interaction> = Some(access::Interaction::Search);
const HISTORY_PARAMETERS: &[&str] = &["_since", "_at", "_before", "_count", "_cursor"];

/// The interaction that gives a file of an export or import.
pub(crate) const JOB_FILE: &str = "job-file";

/// Every interaction. Where two paths fit a request, the first one with the method counts.
pub(crate) const INTERACTIONS: &[Interaction] = &[
    Interaction {
        path: "/metadata",
        name: "capabilities",
        parameters: &["mode"],
        summary: "What the server can do, as a CapabilityStatement or TerminologyCapabilities.",
        run: Run::Open(capabilities::run),
        ..BASE
    },
    Interaction {
        path: "/openapi.json",
        name: "openapi",
        summary: "This API as an OpenAPI document.",
        run: Run::Open(description::run),
        ..BASE
    },
    Interaction {
        name: "search-system",
        level: Level::System,
        access: SEARCH,
        summary: "Searches resources of several types, named by _type.",
        run: Run::Pooled(search::run),
        ..BASE
    },
    Interaction {
        method: "POST",
        path: "/_search",
        name: "search-system",
        level: Level::System,
        access: SEARCH,
        summary: "Searches resources of several types, with the parameters in a form.",
        run: Run::Pooled(search::run),
        ..BASE
    },
    Interaction {
        method: "POST",
        name: "transaction",
        level: Level::System,
        summary: "Does all entries of a transaction Bundle or none, or each entry of a batch Bundle by itself.",
        headers: &["Prefer"],
        run: Run::Pooled(batch::run),
        ..BASE
    },
    Interaction {
        path: "/_history",
        name: "history-system",
        level: Level::System,
        access: READ,
        parameters: HISTORY_PARAMETERS,
        summary: "Versions of all resources, newest first.",
        run: Run::Pooled(history::run),
        ..BASE
    },
    Interaction {
        path: "/{type}",
        name: "search-type",
        level: Level::Type,
        access: SEARCH,
        summary: "Searches resources of a type.",
        run: Run::Pooled(search::run),
        ..BASE
    },
    Interaction {
        method: "POST",
        path: "/{type}/_search",
        name: "search-type",
        level: Level::Type,
        access: SEARCH,
        summary: "Searches resources of a type, with the parameters in a form.",
        run: Run::Pooled(search::run),
        ..BASE
    },
    Interaction {
        method: "POST",
        path: "/{type}",
        name: "create",
        level: Level::Type,
        access: Some(access::Interaction::Create),
        headers: &["If-None-Exist", "Prefer"],
        summary: "Makes a resource; with If-None-Exist only when none matches.",
        run: Run::Pooled(create::run),
        ..BASE
    },
    Interaction {
        method: "PUT",
        path: "/{type}",
        name: "update",
        level: Level::Type,
        access: Some(access::Interaction::Update),
        headers: &["If-Match", "Prefer"],
        is_conditional: true,
        summary: "Replaces the one resource that matches, or makes it.",
        run: Run::Pooled(update::run),
        ..BASE
    },
    Interaction {
        method: "PATCH",
        path: "/{type}",
        name: "patch",
        level: Level::Type,
        access: Some(access::Interaction::Update),
        headers: &["If-Match", "Prefer"],
        is_conditional: true,
        summary: "Changes parts of the one resource that matches.",
        run: Run::Pooled(patch::run),
        ..BASE
    },
    Interaction {
        method: "DELETE",
        path: "/{type}",
        name: "delete",
        level: Level::Type,
        access: Some(access::Interaction::Delete),
        headers: &["If-Match", "Prefer"],
        is_conditional: true,
        summary: "Deletes the one resource that matches.",
        run: Run::Pooled(delete::run),
        ..BASE
    },
    Interaction {
        path: "/{type}/_history",
        name: "history-type",
        level: Level::Type,
        access: READ,
        parameters: HISTORY_PARAMETERS,
        summary: "Versions of all resources of a type, newest first.",
        run: Run::Pooled(history::run),
        ..BASE
    },
    Interaction {
        path: "/{type}/{id}",
        name: "read",
        level: Level::Type,
        access: READ,
        headers: &["If-None-Match", "If-Modified-Since", "Range", "If-Range"],
        summary: "Reads a resource.",
        run: Run::Inline(read::run),
        ..BASE
    },
    Interaction {
        method: "PUT",
        path: "/{type}/{id}",
        name: "update",
        level: Level::Type,
        access: Some(access::Interaction::Update),
        headers: &["If-Match", "If-None-Match", "Prefer"],
        summary: "Replaces a resource, or makes it with this id.",
        run: Run::Pooled(update::run),
        ..BASE
    },
    Interaction {
        method: "PATCH",
        path: "/{type}/{id}",
        name: "patch",
        level: Level::Type,
        access: Some(access::Interaction::Update),
        headers: &["If-Match", "Prefer"],
        summary: "Changes parts of a resource, by JSON Patch or FHIRPath Patch.",
        run: Run::Pooled(patch::run),
        ..BASE
    },
    Interaction {
        method: "DELETE",
        path: "/{type}/{id}",
        name: "delete",
        level: Level::Type,
        access: Some(access::Interaction::Delete),
        headers: &["If-Match", "Prefer"],
        summary: "Deletes a resource; its history stays.",
        run: Run::Pooled(delete::run),
        ..BASE
    },
    Interaction {
        path: "/{type}/{id}/_history",
        name: "history-instance",
        level: Level::Type,
        access: READ,
        parameters: HISTORY_PARAMETERS,
        summary: "Versions of a resource, newest first.",
        run: Run::Pooled(history::run),
        ..BASE
    },
    Interaction {
        path: "/{type}/{id}/_history/{version}",
        name: "vread",
        level: Level::Type,
        access: READ,
        headers: &["If-None-Match", "If-Modified-Since"],
        summary: "Reads a version of a resource.",
        run: Run::Pooled(vread::run),
        ..BASE
    },
    Interaction {
        path: "/{type}/{id}/{member}",
        name: "search-compartment",
        access: SEARCH,
        summary: "Searches resources of a type (or *) that belong to a patient, encounter, practitioner …",
        run: Run::Pooled(search::run),
        ..BASE
    },
    Interaction {
        method: "POST",
        path: "/{type}/{id}/{member}/_search",
        name: "search-compartment",
        access: SEARCH,
        summary: "Searches a compartment, with the parameters in a form.",
        run: Run::Pooled(search::run),
        ..BASE
    },
    Interaction {
        path: "/_job/{id}",
        name: "job-status",
        summary: "How far an export or import is, or what came of it.",
        run: Run::Pooled(job::status),
        ..BASE
    },
    Interaction {
        method: "DELETE",
        path: "/_job/{id}",
        name: "job-delete",
        summary: "Ends an export or import, and removes its files.",
        run: Run::Pooled(job::delete),
        ..BASE
    },
    Interaction {
        path: "/_job/{id}/{file}",
        name: JOB_FILE,
        summary: "A file of an export or import, as NDJSON: resources of a type, or what failed.",
        run: Run::Pooled(job::file),
        ..BASE
    },
    Interaction {
        path: "/_socket",
        name: "subscription-socket",
        summary: "Subscriptions over a websocket: 'bind ID' or 'bind-with-token TOKEN', then notifications.",
        run: Run::Followed(socket::follow),
        ..BASE
    },
    Interaction {
        path: "/Subscription/{id}/_stream",
        name: "subscription-stream",
        headers: &["Last-Event-ID"],
        summary: "A subscription's notifications as server-sent events, also those behind Last-Event-ID.",
        run: Run::Followed(stream::follow),
        ..BASE
    },
    Interaction { path: "/{operation}", name: "operation", run: Run::Pooled(operations::run), ..BASE },
    Interaction {
        method: "POST",
        path: "/{operation}",
        name: "operation",
        run: Run::Pooled(operations::run),
        ..BASE
    },
    Interaction { path: "/{type}/{operation}", name: "operation", run: Run::Pooled(operations::run), ..BASE },
    Interaction {
        method: "POST",
        path: "/{type}/{operation}",
        name: "operation",
        run: Run::Pooled(operations::run),
        ..BASE
    },
    Interaction {
        path: "/{type}/{id}/{operation}",
        name: "operation",
        run: Run::Pooled(operations::run),
        ..BASE
    },
    Interaction {
        method: "POST",
        path: "/{type}/{id}/{operation}",
        name: "operation",
        run: Run::Pooled(operations::run),
        ..BASE
    },
];
