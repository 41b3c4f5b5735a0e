//! Promises: that each result is looked at by somebody (LR09), and each order kept track of until it is fulfilled (OR05, X10).
//!
//! A promise is a Task with an owner and a time by which it is due. It is made of what is in the record, behind the commits,
//! whatever way a result or an order came; so none depends on a page, a message or a program that somebody forgot. Its id is made
//! of what it is about, so there is one for each.

mod order;
mod owner;
mod result;
pub mod results_stay;
mod task;

pub use order::OrdersAreKeptTrackOf;
pub use owner::PromisesHaveOwners;
pub use result::ResultsAreReviewed;
pub(crate) use task::{FULFILMENT, REVIEW, REVIEWED};
pub use task::{due_ms, is_open, reviewed_version};

use crate::chart::concept;
use fhir::Node;
use fhir::date_time::DateTime;
use record::ResourceKey;

/// The moment that a date or time begins with, in milliseconds since 1970; `None` when there is none, or it is not understood.
/// What names no offset is taken as of UTC: a day more or less does not matter to who asks.
pub(crate) fn moment_ms(node: Option<Node<'_>>) -> Option<i64> {
    let text = node?.as_str()?;
    DateTime::parse(&text).ok().map(|moment| moment.range_ms(0).0)
}

/// When something happened, or was told of.
pub(crate) fn happened_ms(root: Node<'_>) -> Option<i64> {
    const PATHS: [&[&str]; 5] = [
        &["issued"],
        &["effectiveDateTime"],
        &["effectiveInstant"],
        &["effectivePeriod", "end"],
        &["effectivePeriod", "start"],
    ];
    PATHS.iter().find_map(|path| moment_ms(root.at_path(path)))
}

/// Whether one of the categories has one of these codes.
fn has_category(root: Node<'_>, codes: &[&str]) -> bool {
    root.each_of("category").any(|category| {
        let mut codings = category.each_of("coding");
        codings.any(|coding| coding.get_str("code").is_some_and(|code| codes.contains(&&*code)))
    })
}

/// The codes of a concept, each with its system.
fn codings(concept: Option<Node<'_>>) -> Vec<(String, String)> {
    let all = concept.into_iter().flat_map(|one| one.each_of("coding").collect::<Vec<_>>());
    let text = |coding: Node<'_>, name: &str| coding.get_str(name).unwrap_or_default().into_owned();
    all.map(|coding| (text(coding, "system"), text(coding, "code")))
        .filter(|(_, code)| !code.is_empty())
        .collect()
}

/// What a result or an order is of, in words.
pub(crate) fn words(root: Node<'_>) -> String {
    concept::text(root.get("code")).unwrap_or_else(|| "Not named".to_owned())
}

/// The patient's part of `Patient/1`.
pub(crate) fn patient_id(root: Node<'_>) -> Option<String> {
    let subject =
        ["subject", "patient", "for"].iter().find_map(|name| root.get(name)?.get_str("reference"))?;
    subject.strip_prefix("Patient/").map(str::to_owned)
}

/// References of an element that lead to resources of this server, of a type.
fn local_keys(
    root: Node<'_>,
    element: &str,
    type_name: &str,
    local: &dyn Fn(&str) -> Option<ResourceKey>,
) -> Vec<ResourceKey> {
    let references = root.each_of(element).filter_map(|one| Some(one.get_str("reference")?.into_owned()));
    references
        .filter_map(|reference| local(&reference))
        .filter(|key| key.type_id.name() == type_name)
        .collect()
}
