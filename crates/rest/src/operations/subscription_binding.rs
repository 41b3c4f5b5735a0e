//! `Subscription/$get-ws-binding-token` (Subscriptions R5 Backport 1.1.0): leave to follow by a websocket that carries no
//! token of its own.

use super::{Parameter, parameter, parameters};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::subscription::own;
use record::resource::instant;
use record::subscription::Channel;
use record::{ResourceKey, Session};

pub(super) const PARAMETERS: &[Parameter] =
    &[parameter("id", "id", "the ids of the subscriptions, when the path names none")];

pub(super) fn run(call: &Call, session: &Session, inputs: &Inputs) -> Result<Answer, Failure> {
    let ids: Vec<String> = match &call.place.id {
        Some(id) => vec![id.clone()],
        None => inputs.texts("id").map(str::to_owned).collect(),
    };
    if ids.is_empty() {
        return Err(Failure::missing("id", "name the subscriptions to follow"));
    }
    for id in &ids {
        let key: ResourceKey = record::bundle::key(call.place.only_type()?, id)?;
        if own(session, &key)?.is_none_or(|standing| standing.terms.channel != Channel::Websocket) {
            return Err(Failure::not_found(format!("{key} is none of yours that is told over a websocket"))
                .mended_by(
                    "name subscriptions of your own whose channel is websocket and that are not off",
                ));
        }
    }
    let (token, expires_ms) = session.issue_binding(&ids)?;
    let text = |name: &str, value: &str| fhir::object! { "name" => name, "valueString" => value };
    let mut answer = vec![
        text("token", &token),
        fhir::object! { "name" => "expiration", "valueDateTime" => instant(expires_ms).to_string() },
    ];
    answer.extend(ids.iter().map(|id| text("subscription", id)));
    let url = call.service.socket_url();
    answer.push(fhir::object! { "name" => "websocket-url", "valueUrl" => url });
    Ok(parameters(answer))
}
