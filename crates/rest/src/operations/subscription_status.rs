//! `Subscription/$status` (Subscriptions R5 Backport 1.1.0): how subscriptions stand.

use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::bundle_writer::{BundleEntry, BundleWriter};
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::subscription::{Kind, status};
use record::resource::instant;
use record::{Resource, Session};

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter("id", "id", "the ids of the subscriptions; all that the caller may read when absent"),
    parameter("status", "code", "only subscriptions of these statuses"),
];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let found = match &call.place.id {
        Some(_) => vec![session.read(&call.place.key()?)?],
        None => search(call, session, inputs)?,
    };
    let service = &call.service;
    let now = instant(service.record.now_ms()).to_string();
    let mut bundle = BundleWriter::new("searchset", &now, Some(found.len() as u64), &[]);
    for subscription in found {
        let id = &subscription.key().id;
        let document = subscription.document().ok_or_else(Failure::internal)?;
        let code = document.root().get_str("status").unwrap_or_default();
        let standing = service.record.standing(id)?;
        let topic = standing.as_ref().and_then(|standing| standing.terms.topic.as_deref());
        let events = standing.as_ref().map_or(0, |standing| standing.events);
        bundle.push(&BundleEntry {
            full_url: &format!("urn:uuid:{}", service.record.new_id()),
            resource: &status(service, Kind::QueryStatus, id, (topic, &code), events).to_json(),
            mode: "match",
            ..BundleEntry::default()
        });
    }
    Ok(Answer::resource(bundle.finish()))
}

/// Subscriptions by their ids and statuses.
fn search(call: &Call, session: &Session, inputs: &Inputs) -> Result<Vec<Resource>, Failure> {
    let listed =
        |name: &str| inputs.texts(name).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(",");
    let named = [("_id", listed("id")), ("status", listed("status"))];
    let asked = named.iter().filter(|(_, values)| !values.is_empty());
    let mut pairs: Vec<(&str, &str)> = asked.map(|(name, values)| (*name, values.as_str())).collect();
    pairs.push(("_count", "1000"));
    Ok(session.find(call.place.only_type()?, &pairs)?.matches)
}
