//! The only way to the data: authorise, validate, apply write rules, index, commit, audit, notify.
//!
//! An edge asks a [`Record`] for a [`Session`] of an actor, and everything it reads or writes comes through that
//! session. Nothing here knows HTTP or HTML.

mod body;

pub mod audit;
pub mod bundle;
mod changed_since;
pub mod condition;
pub mod consequence;
pub mod content;
pub mod credential;
mod directives;
pub mod emergency;
pub mod error;
pub mod feed;
mod hidden;
pub mod import;
mod include;
pub mod job;
mod labelled;
mod leave;
pub mod linked_types;
pub mod links;
mod names;
pub mod outgoing;
mod own_profiles;
mod parameters;
pub mod patch;
pub mod policy_tables;
pub mod ports;
pub mod private_documents;
mod references;
mod relations;
pub mod resource;
pub mod session;
mod session_ports;
mod stored;
pub mod subscription;
pub mod write;
pub mod write_rule;

pub use audit::{Origin, is_written_by_the_server};
pub use error::Error;
pub use resource::Resource;
pub use session::{Record, Session};
pub use session_ports::SessionPorts;
pub use store::{Expect, HistoryPage, HistoryScope, ResourceKey, StoreError};
