//! Subscriptions: programs that are told what changes (R4 subscription; Subscriptions R5 Backport 1.1.0 for R4).
//!
//! What a Subscription asks for is read into [`Terms`] when it is written, and refused when it cannot be served. The
//! [`Notifier`] follows the feed and writes down, numbered, what each subscriber is to be told, narrowed by the rights
//! of whoever wrote the Subscription. Edges deliver what is written down.

mod audit;
mod binding;
mod event;
mod kept;
mod notifier;
mod settle;
mod standing;
mod terms;
mod topic;
mod trigger;

pub use binding::Binding;
pub use event::{Event, Happening};
pub use kept::{Claim, Delivered};
pub use notifier::Notifier;
pub use standing::{Standing, Standings};
pub use terms::{Channel, PayloadContent, Status, Terms, subscription_type};
pub use topic::topic_urls;

pub(crate) use kept::{SUBSCRIPTION_SPACE, registration};
pub(crate) use terms::as_requested;
