//! Signing in: with a passkey, or with name, password and one-time code.

use crate::account::{Account, AccountState};
use crate::accounts::{Accounts, folded};
use crate::passkey::{Answer, Ceremonies, Site};
use crate::password::PasswordHash;
use crate::throttle::{ADDRESSES, NAMES, Throttle, address_key};
use crate::{IdentityError, mistake};
use access::Actor;
use record::{Origin, Record, Session};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The door of a server: it remembers who failed lately, and which challenges it gave out.
#[derive(Debug)]
pub struct SignIn {
    names: Mutex<Throttle>,
    addresses: Mutex<Throttle>,
    ceremonies: Option<Ceremonies>,
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
    /// The door of the pages at a URL, which says where passkeys hold.
    pub fn new(url: &str) -> Self {
        Self {
            names: Mutex::new(Throttle::new(NAMES)),
            addresses: Mutex::new(Throttle::new(ADDRESSES)),
            ceremonies: Site::of_url(url).map(Ceremonies::new),
        }
    }

    /// Whether browsers have passkeys for these pages.
    pub fn has_passkeys(&self) -> bool {
        self.ceremonies.is_some()
    }

    /// The ceremonies of passkeys.
    pub fn ceremonies(&self) -> Result<&Ceremonies, IdentityError> {
        match &self.ceremonies {
            Some(ceremonies) => Ok(ceremonies),
            None => mistake("There are no passkeys at this address: it needs a name, and TLS."),
        }
    }

    /// Tries to sign in with name, password and one-time code.
    pub fn attempt(
        &self,
        record: &Arc<Record>,
        (name, password, code): (&str, &str, &str),
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let (name, now_ms, address) = (folded(name), record.now_ms(), address_key(&origin.address));
        if let Some(until) = self.begin(&name, &address, now_ms) {
            return Ok(SignedIn::NotBefore(until));
        }
        let session = record.session(Actor::unknown(), origin.clone());
        let account = Accounts::new(&session).named(&name)?;
        let account = account.filter(|account| account.state == AccountState::Active);
        let is_known = is_password(account.as_ref(), password);
        let Some(account) = account else {
            session.audit_refused_ceremony("sign-in with a name that nobody has")?;
            return Ok(SignedIn::Refused);
        };
        let session = record.session(account.actor(), origin);
        if !is_known || !use_code(&session, &account, code, now_ms)? {
            session.audit_refused_ceremony("sign-in with a wrong password or code")?;
            return Ok(SignedIn::Refused);
        }
        self.succeeded(&name, &address);
        Ok(SignedIn::As(account.actor()))
    }

    /// Tries to sign in with what a browser answered for a passkey.
    pub fn attempt_with_passkey(
        &self,
        record: &Arc<Record>,
        json: &str,
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let (now_ms, address) = (record.now_ms(), address_key(&origin.address));
        if let Some(until) = counted(&self.addresses, &address, now_ms) {
            return Ok(SignedIn::NotBefore(until));
        }
        let session = record.session(Actor::unknown(), origin.clone());
        let answer = Answer::read(json);
        let account = match &answer {
            Some(answer) => Accounts::new(&session).find(&answer.account)?,
            None => None,
        };
        let account = account.filter(|account| account.state == AccountState::Active);
        let (Some(answer), Some(mut account)) = (answer, account) else {
            session.audit_refused_ceremony("sign-in with a passkey that nobody has")?;
            return Ok(SignedIn::Refused);
        };
        let (session, before) = (record.session(account.actor(), origin), account.clone());
        if let Err(why) = self.ceremonies()?.check(&mut account, &answer, now_ms) {
            session.audit_refused_ceremony(&format!("sign-in with a passkey refused: {why}"))?;
            return Ok(SignedIn::Refused);
        }
        // Of two uses at once one is first, so that no counter is counted twice.
        match Accounts::new(&session).put(Some(&before), Some(&account), "signed in with a passkey") {
            Err(IdentityError::Mistake(_)) => return Ok(SignedIn::Refused),
            done => done?,
        }
        self.succeeded(&folded(&account.sign_in_name), &address);
        Ok(SignedIn::As(account.actor()))
    }

    /// Whether it is somebody who is signed in already, by their password alone: the session is the other factor
    /// (NIST SP 800-63B §4.2.3).
    pub fn attempt_again(
        &self,
        record: &Arc<Record>,
        (account, password): (&str, &str),
        origin: Origin,
    ) -> Result<SignedIn, IdentityError> {
        let session = record.session(Actor::unknown(), origin.clone());
        let account = Accounts::new(&session).find(account)?;
        let Some(account) = account.filter(|account| account.state == AccountState::Active) else {
            return Ok(SignedIn::Refused);
        };
        let (name, address) = (folded(&account.sign_in_name), address_key(&origin.address));
        if let Some(until) = self.begin(&name, &address, record.now_ms()) {
            return Ok(SignedIn::NotBefore(until));
        }
        if !is_password(Some(&account), password) {
            let session = record.session(account.actor(), origin);
            session.audit_refused_ceremony("a wrong password of somebody who is signed in")?;
            return Ok(SignedIn::Refused);
        }
        self.succeeded(&name, &address);
        Ok(SignedIn::As(account.actor()))
    }

    /// Counts an attempt that names nobody, such as a code, for its address, unless it comes too early.
    pub fn begin_unnamed(&self, address: &str, now_ms: i64) -> Option<i64> {
        counted(&self.addresses, &address_key(address), now_ms)
    }

    /// Counts an attempt, unless it comes too early.
    fn begin(&self, name: &str, address: &str, now_ms: i64) -> Option<i64> {
        counted(&self.addresses, address, now_ms).or_else(|| counted(&self.names, name, now_ms))
    }

    /// It was its person: their failures are forgotten, and one of their address's is no failure.
    fn succeeded(&self, name: &str, address: &str) {
        lock(&self.names).forget(name);
        lock(&self.addresses).uncount(address);
    }

    /// An attempt that named nobody was no failure.
    pub fn succeeded_unnamed(&self, address: &str) {
        lock(&self.addresses).uncount(&address_key(address));
    }
}

fn counted(throttle: &Mutex<Throttle>, key: &str, now_ms: i64) -> Option<i64> {
    let mut failures = lock(throttle);
    let until = failures.until(key, now_ms);
    if until.is_none() {
        failures.count(key, now_ms);
    }
    until
}

fn lock(throttle: &Mutex<Throttle>) -> MutexGuard<'_, Throttle> {
    throttle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether it is the account's password, at the same cost when there is none.
fn is_password(account: Option<&Account>, password: &str) -> bool {
    match account.and_then(|account| account.password.as_ref()) {
        Some(hash) => hash.is(password),
        None => {
            PasswordHash::pretend(password);
            false
        }
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
