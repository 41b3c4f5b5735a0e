//! The grants of all programs: found, changed, ended.

use super::grant::Grant;
use super::refuse;
use crate::{IdentityError, mistake};
use record::credential::CredentialKind;
use record::private_documents::DocumentChange;
use record::{Record, Session};

const SPACE: &str = "oauth-grant";

/// The grants, for a session.
pub struct Grants<'a> {
    session: &'a Session,
}

/// A grant as it was read.
pub(crate) struct Read {
    pub grant: Grant,
    content: Vec<u8>,
}

impl<'a> Grants<'a> {
    /// The grants, with what is done on them audited as the session's.
    pub fn new(session: &'a Session) -> Self {
        Self { session }
    }

    fn record(&self) -> &Record {
        self.session.record()
    }

    /// The grants of the session's actor that programs took and that still hold, the newest first.
    pub fn mine(&self) -> Result<Vec<Grant>, IdentityError> {
        let (me, now_ms) = (&self.session.actor().id, self.record().now_ms());
        let mut mine: Vec<_> = self.all()?.into_iter().map(|read| read.grant).collect();
        mine.retain(|grant| grant.holder.id == *me && grant.is_taken() && grant.is_live(now_ms));
        mine.sort_by_key(|grant| std::cmp::Reverse(grant.made_ms));
        Ok(mine)
    }

    /// Ends a grant of the session's actor. Takes effect at once; in other processes on the database after 30 seconds at most.
    pub fn end_mine(&self, id: &str) -> Result<(), IdentityError> {
        match self.read(id)? {
            Some(read) if read.grant.holder.id == self.session.actor().id => self.end(id),
            _ => mistake("This app has no access any more."),
        }
    }

    /// Ends all grants of a program.
    pub(crate) fn end_of_client(&self, client: &str) -> Result<(), IdentityError> {
        self.end_where(|grant| grant.client == client)
    }

    /// Ends all grants of an account. For administrators.
    pub fn end_of_account(&self, account: &str) -> Result<(), IdentityError> {
        self.session.require_administrator()?;
        self.end_where(|grant| grant.holder.id == account)
    }

    fn end_where(&self, is_meant: impl Fn(&Grant) -> bool) -> Result<(), IdentityError> {
        let all = self.all()?;
        all.iter().filter(|read| is_meant(&read.grant)).try_for_each(|read| self.end(&read.grant.id))
    }

    /// Ends a grant and all that hangs on it.
    pub(crate) fn end(&self, id: &str) -> Result<(), IdentityError> {
        while let Some(read) = self.read(id)? {
            let what = format!("grant {id} of app {} is ended", read.grant.client);
            if self.take_away(read, &what)? {
                break;
            }
        }
        Ok(())
    }

    /// Takes away a grant that was read, with its tokens. False when it was changed meanwhile.
    fn take_away(&self, read: Read, what: &str) -> Result<bool, IdentityError> {
        let names: Vec<_> = read.grant.tokens.iter().map(|token| token.name.clone()).collect();
        let gone = vec![DocumentChange::removal(SPACE, read.grant.id, read.content)];
        Ok(self.session.end_credentials(CredentialKind::BearerToken, &names, gone, what)?)
    }

    /// Ends one access token.
    pub(crate) fn end_token(&self, id: &str, name: &str) -> Result<(), IdentityError> {
        while let Some(read) = self.read(id)? {
            let mut after = read.grant.clone();
            after.tokens.retain(|token| token.name != name);
            let changed = vec![change(id, Some(read.content), Some(encode(&after)))];
            let what = format!("a token of grant {id} is revoked");
            if self.session.end_credentials(
                CredentialKind::BearerToken,
                &[name.to_owned()],
                changed,
                &what,
            )? {
                break;
            }
        }
        Ok(())
    }

    /// Forgets grants of which nothing can be used any more.
    pub(crate) fn forget_dead(&self) -> Result<(), IdentityError> {
        let now_ms = self.record().now_ms();
        let dead: Vec<_> = self.all()?.into_iter().filter(|read| !read.grant.is_live(now_ms)).collect();
        for read in dead {
            let what = format!("grant {} is over", read.grant.id);
            // One that came to life at this moment stays.
            self.take_away(read, &what)?;
        }
        Ok(())
    }

    /// A grant as it is now.
    pub(crate) fn read(&self, id: &str) -> Result<Option<Read>, IdentityError> {
        let content = self.record().private_document(SPACE, id)?;
        Ok(content.and_then(|content| Some(Read { grant: decode(&content)?, content })))
    }

    /// Puts a grant in place of what was read, together with other changes. False when it was changed meanwhile.
    pub(crate) fn put(
        &self,
        before: Option<Read>,
        after: &Grant,
        mut others: Vec<DocumentChange>,
        what: &str,
    ) -> Result<bool, IdentityError> {
        let ended = expired_tokens(after, self.record().now_ms());
        let mut after = after.clone();
        after.tokens.retain(|token| !ended.contains(&token.name));
        others.push(change(&after.id, before.map(|read| read.content), Some(encode(&after))));
        Ok(self.session.end_credentials(CredentialKind::BearerToken, &ended, others, what)?)
    }

    fn all(&self) -> Result<Vec<Read>, IdentityError> {
        let documents = self.record().private_documents(SPACE)?;
        Ok(documents
            .into_iter()
            .filter_map(|(_, content)| Some(Read { grant: decode(&content)?, content }))
            .collect())
    }
}

/// The id of the grant that a secret hangs on, and what stands behind it.
pub(crate) fn split(secret: &str) -> Option<(&str, &str)> {
    secret.split_once('.').filter(|(id, rest)| !id.is_empty() && !rest.is_empty())
}

/// A refusal of a code or token: which of many reasons is not told.
pub(crate) fn invalid<T>() -> Result<T, IdentityError> {
    refuse("invalid_grant", "it is unknown, used, over or revoked, or was not given to this client")
}

fn expired_tokens(grant: &Grant, now_ms: i64) -> Vec<String> {
    grant.tokens.iter().filter(|token| token.expires_ms <= now_ms).map(|token| token.name.clone()).collect()
}

fn change(id: &str, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> DocumentChange {
    DocumentChange { space: SPACE, key: id.to_owned(), before, after }
}

fn encode(grant: &Grant) -> Vec<u8> {
    serde_json::to_vec(grant).expect("a grant is JSON")
}

fn decode(content: &[u8]) -> Option<Grant> {
    serde_json::from_slice(content).ok()
}
