//! What stands for oneself: where one is signed in, since when, and the end of it; and when one showed last who one is.

use super::{Credential, CredentialKind, decode, hash};
use crate::error::Error;
use crate::private_documents::DocumentChange;
use crate::session::{Record, Session};

/// A credential that holds, as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Stands for it in forms; it is no secret, and opens nothing.
    pub key: String,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
    /// When it was known to be in use last.
    pub seen_ms: i64,
    /// The network address that it was made from; empty when that is not known.
    pub address: String,
    /// Whether it is the one of this secret.
    pub is_this: bool,
}

impl Record {
    /// When the person of a credential showed last who they are, in milliseconds since 1970; `None` when it does not hold.
    pub fn confirmed_ms(&self, kind: CredentialKind, secret: &str) -> Result<Option<i64>, Error> {
        let held = self.held(kind, &hash(secret))?;
        Ok(held.map(|credential| credential.confirmed_ms))
    }

    /// Until when a credential holds, in milliseconds since 1970; `None` when it does not.
    pub fn expires_ms(&self, kind: CredentialKind, secret: &str) -> Result<Option<i64>, Error> {
        let held = self.held(kind, &hash(secret))?;
        Ok(held.map(|credential| credential.expires_ms))
    }

    /// The credential of a name, while it holds.
    pub(super) fn held(&self, kind: CredentialKind, name: &str) -> Result<Option<Credential>, Error> {
        let stored = self.store.read_private(kind.space(), name)?;
        let now_ms = self.now_ms();
        Ok(stored.and_then(|content| decode(&content, now_ms)).filter(|one| one.expires_ms > now_ms))
    }

    /// All of an actor's credentials of a kind, with their keys and contents, also those that are over.
    pub(super) fn credentials_of(
        &self,
        kind: CredentialKind,
        actor_id: &str,
    ) -> Result<Vec<(String, Vec<u8>, Credential)>, Error> {
        let all = self.private_documents(kind.space())?.into_iter();
        let read = all.filter_map(|(key, content)| decode(&content, 0).map(|one| (key, content, one)));
        Ok(read.filter(|(_, _, credential)| credential.actor.id == actor_id).collect())
    }
}

impl Session {
    /// Writes down that the person of a credential showed just now who they are.
    pub fn confirm_credential(&self, kind: CredentialKind, secret: &str) -> Result<(), Error> {
        let now_ms = self.record.now_ms();
        self.record.change_standing(kind, hash(secret), "confirmed by its person", |credential| {
            credential.confirmed_ms = now_ms;
            credential.actor.id == self.actor.id
        })
    }

    /// One's own credentials of a kind that hold, the newest first. `secret` is the one that is used.
    pub fn own_credentials(&self, kind: CredentialKind, secret: &str) -> Result<Vec<Standing>, Error> {
        let (this, now_ms) = (hash(secret), self.record.now_ms());
        let all = self.record.credentials_of(kind, &self.actor.id)?.into_iter();
        let held = all.filter(|(_, _, credential)| credential.expires_ms > now_ms);
        let mut standing: Vec<_> = held
            .map(|(key, _, credential)| Standing {
                is_this: key == this,
                key,
                made_ms: credential.made_ms,
                seen_ms: credential.seen_ms,
                address: credential.address,
            })
            .collect();
        standing.sort_by_key(|one| std::cmp::Reverse((one.is_this, one.seen_ms)));
        Ok(standing)
    }

    /// Takes away what is left of credentials of a kind that are over, whosever they were.
    pub fn take_away_ended(&self, kind: CredentialKind) -> Result<(), Error> {
        let now_ms = self.record.now_ms();
        let all = self.record.private_documents(kind.space())?.into_iter();
        let ended = all.filter(|(_, content)| decode(content, 0).is_some_and(|one| one.expires_ms <= now_ms));
        let changes: Vec<_> =
            ended.map(|(key, content)| DocumentChange::removal(kind.space(), key, content)).collect();
        if !changes.is_empty() {
            // What another process takes away at this moment is left to it.
            self.change_documents(changes, &format!("{}s that are over taken away", kind.space()))?;
        }
        Ok(())
    }

    /// Ends those of one's own credentials of a kind that are chosen by their keys.
    pub fn end_own_credentials(
        &self,
        kind: CredentialKind,
        is_chosen: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let own = self.record.credentials_of(kind, &self.actor.id)?.into_iter();
        let chosen = own.filter(|(key, _, _)| is_chosen(key));
        let chosen: Vec<_> =
            chosen.map(|(key, content, _)| DocumentChange::removal(kind.space(), key, content)).collect();
        if chosen.is_empty() {
            return Ok(());
        }
        self.end(chosen, &format!("own {} ended", kind.space()))
    }

    /// Ends one's own credentials of a kind, except that of a secret.
    pub fn end_other_own_credentials(&self, kind: CredentialKind, secret: &str) -> Result<(), Error> {
        let this = hash(secret);
        self.end_own_credentials(kind, |key| key != this)
    }
}
