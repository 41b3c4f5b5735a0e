//! Who may do what: pure decisions over roles, scopes and policies.
//!
//! A decision is made before anything is read. For searches the policy *narrows the query*; nothing is filtered
//! afterwards. A [`Grant`] can be made only here, and `record` opens its doors only to a grant.

pub mod actor;
pub mod interaction;
pub mod policy;
pub mod scope;

pub use actor::{Actor, Person};
pub use interaction::{Interaction, Interactions};
pub use policy::{Denial, Grant, Policy};
pub use scope::{Scope, ScopeError};
