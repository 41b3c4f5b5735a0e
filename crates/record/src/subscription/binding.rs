//! Leave to be told over a connection that carries no token of its own, such as a browser's websocket
//! (Backport: `$get-ws-binding-token`).

use crate::credential::{actor_object, hash, read_actor};
use crate::error::Error;
use crate::session::{Record, Session};
use access::Actor;
use fhir::Document;

const SPACE: &str = "subscription-binding";

/// How long a token can be used, in milliseconds.
const VALID_MS: i64 = 60_000;

/// Leave to be told of some subscriptions.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Who asked for it.
    pub actor: Actor,
    /// The ids of the subscriptions.
    pub ids: Vec<String>,
    /// Until when it can be used, in milliseconds since 1970.
    pub expires_ms: i64,
}

impl Session {
    /// Makes a token for subscriptions, and gives it with the moment until which it can be used. It is kept nowhere.
    pub fn issue_binding(&self, ids: &[String]) -> Result<(String, i64), Error> {
        let token = (self.record.new_secret)();
        let expires_ms = self.record.now_ms() + VALID_MS;
        let content = fhir::object! {
            "actor" => actor_object(&self.actor), "ids" => ids.to_vec(), "expires_ms" => expires_ms,
        };
        let content = Some(content.to_json().into_bytes());
        let what = format!("a token is made to be told of {}", ids.join(", "));
        self.change_private(SPACE, hash(&token), content, &what)?;
        Ok((token, expires_ms))
    }
}

impl Record {
    /// Uses a token up; `None` when it is unknown, used or expired. Those that have expired are forgotten.
    pub fn use_binding(&self, token: &str) -> Result<Option<Binding>, Error> {
        let name = hash(token);
        let mut used = None;
        for (key, content) in self.store.list_private(SPACE)? {
            let binding = decode(&content);
            let is_over = binding.as_ref().is_none_or(|binding| binding.expires_ms <= self.now_ms());
            if key != name && !is_over {
                continue;
            }
            let document = |content| (SPACE.to_owned(), key.clone(), content);
            let batch = self.private_batch(
                "a token of subscriptions is used",
                document(Some(content)),
                vec![document(None)],
            );
            match self.store.commit(batch) {
                Ok(_) if key == name && !is_over => used = binding,
                Ok(_) | Err(store::StoreError::ConditionConflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(used)
    }
}

fn decode(content: &[u8]) -> Option<Binding> {
    let document = Document::parse(content).ok()?;
    let root = document.root();
    Some(Binding {
        actor: read_actor(root.get("actor")?)?,
        ids: root.each_of("ids").filter_map(|id| Some(id.as_str()?.into_owned())).collect(),
        expires_ms: root.get("expires_ms")?.as_number()?.parse().ok()?,
    })
}
