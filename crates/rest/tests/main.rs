//! Tests of the REST API: requests through the router, over a record in memory.

#[path = "main/audit_log.rs"]
mod audit_log;
#[path = "main/authentication.rs"]
mod authentication;
#[path = "main/binaries.rs"]
mod binaries;
#[path = "main/bundles.rs"]
mod bundles;
#[path = "main/conditional.rs"]
mod conditional;
#[path = "main/description.rs"]
mod description;
#[path = "main/digests.rs"]
mod digests;
#[path = "main/exports.rs"]
mod exports;
#[path = "main/faults.rs"]
mod faults;
#[path = "main/formats.rs"]
mod formats;
#[path = "main/history.rs"]
mod history;
#[path = "main/imports.rs"]
mod imports;
#[path = "main/operations.rs"]
mod operations;
#[path = "main/practice.rs"]
mod practice;
#[path = "main/random_requests.rs"]
mod random_requests;
#[path = "main/refusals.rs"]
mod refusals;
#[path = "main/resources.rs"]
mod resources;
#[path = "main/searches.rs"]
mod searches;
#[path = "main/standard_examples.rs"]
mod standard_examples;
#[path = "main/subscriptions.rs"]
mod subscriptions;
#[path = "main/terminology_operations.rs"]
mod terminology_operations;
#[path = "main/who_sees.rs"]
mod who_sees;
