//! Keys of programs, fetched from the addresses that they registered (RFC 7517), and kept for minutes.

use crate::outgoing;
use crate::service::Service;
use access::Actor;
use flate2::read::GzDecoder;
use identity::oauth::key_set::{ALGORITHMS, KeySet};
use identity::oauth::{Clients, Proof, assertion};
use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long keys are taken for what they were, in milliseconds.
const FRESH_MS: i64 = 300_000;
/// How soon they are fetched again when a key is not among them, in milliseconds: programs change their keys.
const AGAIN_MS: i64 = 20_000;
/// Bytes of a set at most.
const SET_BYTES: usize = 256 << 10;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sets by their addresses, with the moment at which each was fetched.
#[derive(Default)]
pub(crate) struct ClientKeys(Mutex<HashMap<String, (KeySet, i64)>>);

impl ClientKeys {
    /// The keys of the program that an assertion names, when it registered an address for them; `None` when it did not, or when
    /// they cannot be fetched.
    pub async fn of(&self, service: &Arc<Service>, token: &str) -> Option<KeySet> {
        let (id, key_id) = (assertion::claimed_client(token)?, assertion::key_id(token)?);
        let record = Arc::clone(&service.record);
        let session = record.session(Actor::unknown(), record::Origin::default());
        let found = service.pool.run(move || Clients::new(&session).find(&id)).await;
        let Ok(Ok(Some(client))) = found else { return None };
        let Proof::KeysAt(url) = client.proof else { return None };
        let now_ms = service.record.now_ms();
        let known = self.lock().get(&url).cloned();
        if let Some((keys, fetched_ms)) = &known {
            let age_ms = now_ms - fetched_ms;
            if age_ms < AGAIN_MS || (age_ms < FRESH_MS && keys.has(&key_id)) {
                return Some(keys.clone());
            }
        }
        match fetch(service, &url).await {
            Ok(keys) => {
                self.lock().insert(url, (keys.clone(), now_ms));
                Some(keys)
            }
            Err(why) => {
                tracing::warn!(client = client.id, "the keys of an app cannot be fetched: {why}");
                known.filter(|(_, fetched_ms)| now_ms - fetched_ms < FRESH_MS).map(|(keys, _)| keys)
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (KeySet, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch(service: &Service, url: &str) -> Result<KeySet, String> {
    let targets = service.record.outgoing_targets();
    let endpoint = targets.endpoint(url)?;
    let mut bytes = Vec::new();
    outgoing::fetch(targets, &endpoint, TIMEOUT, |piece| {
        bytes.extend_from_slice(piece);
        if bytes.len() > SET_BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .await?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let read = GzDecoder::new(bytes.as_slice()).take(SET_BYTES as u64).read_to_end(&mut plain);
        read.map_err(|_| "the set is not gzip as it says")?;
        bytes = plain;
    }
    let set = serde_json::from_slice(&bytes).map_err(|_| "the set is not JSON")?;
    KeySet::parse(&set, &ALGORITHMS).map_err(|error| error.to_string())
}
