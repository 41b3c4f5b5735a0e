//! What a person changes on their own account. Each change asks for a recent sign-in first; that is for the caller to see to.

use crate::account::{Account, AccountState};
use crate::accounts::Accounts;
use crate::one_time_code::CodeSecret;
use crate::password::PasswordHash;
use crate::sign_in::SignIn;
use crate::{IdentityError, mistake};
use record::Session;

/// The account of who is signed in.
pub struct OwnAccount<'a> {
    session: &'a Session,
}

impl<'a> OwnAccount<'a> {
    /// The account, with what is done on it audited as its person's.
    pub fn new(session: &'a Session) -> Self {
        Self { session }
    }

    /// As it is now; `None` for who came in by a printed code.
    pub fn read(&self) -> Result<Option<Account>, IdentityError> {
        let account = self.accounts().find(&self.session.actor().id)?;
        Ok(account.filter(|account| account.state == AccountState::Active))
    }

    pub(crate) fn accounts(&self) -> Accounts<'a> {
        Accounts::new(self.session)
    }

    pub(crate) fn required(&self) -> Result<Account, IdentityError> {
        match self.read()? {
            Some(account) => Ok(account),
            None => mistake("You came in by a printed code, which is nobody's account."),
        }
    }

    /// Begins to add a passkey: what the browser is to be told.
    pub fn begin_passkey(&self, door: &SignIn) -> Result<String, IdentityError> {
        door.ceremonies()?.begin_addition(&self.required()?)
    }

    /// Adds the passkey that the browser made.
    pub fn add_passkey(&self, door: &SignIn, name: &str, answer: &str) -> Result<(), IdentityError> {
        let account = self.required()?;
        let passkey = door.ceremonies()?.add(&account, (name, answer), self.session.record().now_ms())?;
        self.change("given a passkey", |account| account.passkeys.push(passkey.clone()))
    }

    /// Takes a passkey away, unless nothing would be left to sign in with.
    pub fn remove_passkey(&self, key: &str) -> Result<(), IdentityError> {
        self.take_away("without a passkey", |account| account.passkeys.retain(|one| one.key() != key))
    }

    /// Takes away something to sign in with, unless nothing would be left.
    pub(crate) fn take_away(&self, what: &str, take: impl Fn(&mut Account)) -> Result<(), IdentityError> {
        let without = |account: &Account| {
            let mut left = account.clone();
            take(&mut left);
            left
        };
        if without(&self.required()?).ways_in() == 0 {
            return mistake(
                "This is all that you sign in with. Add a passkey, or a password and a phone, first.",
            );
        }
        self.change(what, |account| {
            // Asked again: another one may have been taken away meanwhile.
            let left = without(account);
            if left.ways_in() > 0 {
                *account = left;
            }
        })
    }

    /// Takes another password.
    pub fn change_password(&self, password: &str) -> Result<(), IdentityError> {
        let account = self.required()?;
        let hash = PasswordHash::of(password, &[&account.name, &account.sign_in_name])?;
        self.change("given another password", |account| account.password = Some(hash.clone()))
    }

    /// Takes another app of one-time codes, which has the secret and shows it by a code.
    pub fn change_phone(&self, secret: &str, code: &str) -> Result<(), IdentityError> {
        let Some(secret) = CodeSecret::of_text(secret) else {
            return mistake("Begin anew, with a new picture.");
        };
        let secret = secret.shown_by(code, self.session.record().now_ms())?;
        self.change("given another app of codes", |account| account.code = Some(secret.clone()))
    }

    pub(crate) fn change(&self, what: &str, change: impl Fn(&mut Account)) -> Result<(), IdentityError> {
        let id = &self.session.actor().id;
        self.accounts().change(id, what, change).map(|_| ())
    }
}
