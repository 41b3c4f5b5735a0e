//! Requests to the identity provider of the practice, for who signs in by it.

use crate::outgoing::{self, Message};
use axum::http::Method;
use identity::openid::{Ask, Told, Transport};
use record::outgoing::Targets;
use std::time::Duration;

/// How long the provider may take for each answer: somebody waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer at most: metadata, keys and tokens have a few thousand.
const BYTES_MAX: usize = 256 << 10;

/// Sends requests to a provider that is among the targets, or on the public network by TLS.
pub fn transport(targets: Targets) -> Transport {
    Box::new(move |ask| {
        let targets = targets.clone();
        Box::pin(async move { send(&targets, ask).await })
    })
}

async fn send(targets: &Targets, ask: Ask) -> Result<Told, String> {
    let endpoint = targets.endpoint(&ask.url)?;
    let message = Message {
        method: if ask.form.is_some() { Method::POST } else { Method::GET },
        path: endpoint.path.clone(),
        media_type: ask.form.is_some().then(|| "application/x-www-form-urlencoded".to_owned()),
        body: ask.form.unwrap_or_default().into_bytes(),
    };
    let bounds = (TIMEOUT, BYTES_MAX);
    let (status, body) = outgoing::ask_whole(targets, &endpoint, &ask.headers, message, bounds).await?;
    Ok(Told { status: status.as_u16(), body })
}
