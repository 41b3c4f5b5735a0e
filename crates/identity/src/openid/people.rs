//! Which account somebody has whom the provider knows.

use super::{OpenIdLink, Shown};
use crate::account::{Account, AccountState};
use crate::accounts::Accounts;
use crate::sign_in::SignedIn;
use crate::{IdentityError, Joining, OwnAccount, mistake};
use access::Actor;
use record::{Origin, Record};
use std::sync::Arc;

/// What is said to whom the provider knows as somebody who has an account already.
const TAKEN: &str =
    "Another account here is linked to that person. Sign in with it, or ask an administrator.";

impl Shown {
    fn link(&self) -> OpenIdLink {
        OpenIdLink::Known { issuer: self.issuer.clone(), subject: self.subject.clone() }
    }

    /// Whether an account is theirs.
    pub fn is(&self, account: &Account) -> bool {
        account.state == AccountState::Active && account.openid == Some(self.link())
    }
}

/// Signs somebody in whom the provider knows. An account that waits for their name is theirs from now on.
pub fn sign_in(record: &Arc<Record>, shown: &Shown, origin: Origin) -> Result<SignedIn, IdentityError> {
    let session = record.session(Actor::unknown(), origin.clone());
    let accounts = Accounts::new(&session);
    if let Some(account) = accounts.linked(&shown.link())? {
        return match account.state == AccountState::Active {
            true => Ok(SignedIn::As(account.actor())),
            false => refused(record, account.actor(), origin, "of an account that is not in use"),
        };
    }
    let awaited = match &shown.name {
        Some(name) => accounts.linked(&OpenIdLink::Awaited(name.clone()))?,
        None => None,
    };
    let Some(before) = awaited.filter(|account| account.state == AccountState::Invited) else {
        return refused(record, Actor::unknown(), origin, "of somebody who has no account");
    };
    let after = Account { state: AccountState::Active, openid: Some(shown.link()), ..before.clone() };
    let session = record.session(before.actor(), origin);
    let taken = Accounts::new(&session).put(Some(&before), Some(&after), "in use, by the identity provider");
    match taken {
        // Of two who come at once, and of two windows of one person, one is first.
        Err(IdentityError::Mistake(_)) => match accounts.linked(&shown.link())? {
            Some(account) => Ok(SignedIn::As(account.actor())),
            None => Ok(SignedIn::Refused),
        },
        done => done.map(|()| SignedIn::As(after.actor())),
    }
}

fn refused(
    record: &Arc<Record>,
    actor: Actor,
    origin: Origin,
    whose: &str,
) -> Result<SignedIn, IdentityError> {
    let session = record.session(actor, origin);
    session.audit_refused_ceremony(&format!("sign-in by the identity provider {whose}"))?;
    Ok(SignedIn::Refused)
}

impl Joining {
    /// Joins as whom the provider knows: the account is in use, and the invitation is used up.
    pub fn join_by_openid(&self, shown: &Shown) -> Result<Account, IdentityError> {
        if self.accounts().linked(&shown.link())?.is_some() {
            return mistake(TAKEN);
        }
        self.take_up(Account { openid: Some(shown.link()), ..self.account.clone() })
    }
}

impl OwnAccount<'_> {
    /// Is known by the provider from now on.
    pub fn link_openid(&self, shown: &Shown) -> Result<(), IdentityError> {
        let own = self.required()?;
        if self.accounts().linked(&shown.link())?.is_some_and(|other| other.id != own.id) {
            return mistake(TAKEN);
        }
        self.change("linked to the identity provider", |account| account.openid = Some(shown.link()))
    }

    /// Is not known by the provider any more, unless nothing would be left to sign in with.
    pub fn unlink_openid(&self) -> Result<(), IdentityError> {
        self.take_away("not linked to the identity provider any more", |account| account.openid = None)
    }
}
