//! Who may do what: pure decisions over roles, scopes and policies.
//!
//! A decision is made before anything is read. For searches the policy *narrows the query*; nothing is filtered
//! afterwards. A [`Grant`] can be made only here, and `record` opens its doors only to a grant.

pub mod actor;
mod condition;
pub mod consent;
pub mod denial;
pub mod effective;
pub mod grant;
pub mod interaction;
mod permission;
pub mod policy;
mod record_of;
pub mod relations;
pub mod restriction;
pub mod scope;
mod unlabelled;

pub use actor::{Actor, Person};
pub use consent::Directive;
pub use denial::{Denial, DenialCause};
pub use grant::Grant;
pub use interaction::{Interaction, Interactions};
pub use policy::{Policy, Tables};
pub use relations::{Asker, Bearers, Labelled, NoRelations, Relations};
pub use scope::{Scope, ScopeError};
