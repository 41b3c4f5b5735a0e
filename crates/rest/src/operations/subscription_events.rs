//! `Subscription/[id]/$events` (Subscriptions R5 Backport 1.1.0): events that a subscriber missed.

use super::{Parameter, parameter};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::subscription::{Kind, Notice, own};
use record::Session;
use record::subscription::PayloadContent;

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter(
        "eventsSinceNumber",
        "string",
        "the number of the first event; the first that is kept when absent",
    ),
    parameter("eventsUntilNumber", "string", "the number of the last event"),
    parameter("content", "code", "empty, id-only or full-resource; as the subscription says when absent"),
];

/// Events in an answer.
const EVENTS_MAX: usize = 1_000;

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let key = call.place.key()?;
    let standing = own(session, &key)?.ok_or_else(|| {
        Failure::not_found(format!("there are no events of {key} for you"))
            .mended_by("they are for whoever wrote the Subscription, unless it is off")
    })?;
    let content = match inputs.text("content") {
        None => standing.terms.content,
        Some(code) => PayloadContent::of_code(code)
            .ok_or_else(|| Failure::parameter("content", "write empty, id-only or full-resource"))?,
    };
    let from = inputs.number("eventsSinceNumber")?.unwrap_or(1);
    let until = inputs.number("eventsUntilNumber")?.unwrap_or(usize::MAX);
    let count = until.saturating_sub(from).saturating_add(1).min(EVENTS_MAX);
    let mut events = session.record().events_of(&key.id, from as u64, count)?;
    events.retain(|event| event.number <= until as u64);
    let notice = Notice { kind: Kind::QueryEvent, standing: &standing, content, events: &events };
    Ok(Answer::resource(notice.to_json(&call.service, session)?))
}
