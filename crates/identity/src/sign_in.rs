//! Signing in with name, password and one-time code.

use crate::IdentityError;
use crate::account::{Account, AccountState};
use crate::accounts::{Accounts, folded};
use crate::password::PasswordHash;
use crate::throttle::Throttle;
use access::Actor;
use record::{Origin, Record, Session};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The door of a server: it remembers who failed lately.
#[derive(Debug, Default)]
pub struct SignIn {
    throttle: Mutex<Throttle>,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum SignedIn {
    /// It is this person.
    As(Actor),
    /// Name, password or code is wrong; which, and whether there is such a name, is not said.
    Refused,
    /// It was tried too often: not before this moment, in milliseconds since 1970.
    NotBefore(i64),
}

impl SignIn {
    /// Tries to sign in.
    pub fn attempt(
        &self,
        record: &Arc<Record>,
        (name, password, code): (&str, &str, &str),
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let (name, now_ms) = (folded(name), record.now_ms());
        if let Some(until) = self.begin(&name, now_ms) {
            return Ok(SignedIn::NotBefore(until));
        }
        let nobody = Actor { id: "unknown".to_owned(), ..Actor::default() };
        let session = record.session(nobody, origin.clone());
        let account = Accounts::new(&session).named(&name)?;
        let account = account.filter(|account| account.state == AccountState::Active);
        let hash = account.as_ref().and_then(|account| account.password.as_ref());
        let is_known = hash.map_or_else(
            || {
                PasswordHash::pretend(password);
                false
            },
            |hash| hash.is(password),
        );
        let Some(account) = account else {
            session.audit_refused_ceremony("sign-in with a name that nobody has")?;
            return Ok(SignedIn::Refused);
        };
        let session = record.session(account.actor(), origin);
        if !is_known || !use_code(&session, &account, code, now_ms)? {
            session.audit_refused_ceremony("sign-in with a wrong password or code")?;
            return Ok(SignedIn::Refused);
        }
        self.failures().forget(&name);
        Ok(SignedIn::As(account.actor()))
    }

    /// Counts an attempt, unless it comes too early.
    fn begin(&self, name: &str, now_ms: i64) -> Option<i64> {
        let mut failures = self.failures();
        let until = failures.until(name, now_ms);
        if until.is_none() {
            failures.count(name, now_ms);
        }
        until
    }

    fn failures(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Uses the code up. Of two who use it at once one is first.
fn use_code(session: &Session, account: &Account, code: &str, now_ms: i64) -> Result<bool, IdentityError> {
    let mut after = account.clone();
    let is_right = after.code.as_mut().is_some_and(|secret| secret.use_code(code, now_ms));
    if !is_right {
        return Ok(false);
    }
    match Accounts::new(session).put(Some(account), Some(&after), "signed in with") {
        Err(IdentityError::Mistake(_)) => Ok(false),
        done => done.map(|()| true),
    }
}
