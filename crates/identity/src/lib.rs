//! Who people are: accounts, passkeys, passwords, one-time codes, invitations, sign-in; and what programs they let in.
//!
//! Accounts are private documents of the record. What an account may do is for `access` to say, by its roles; what it is
//! called in the audit log is its id, which never changes.

pub mod account;
mod account_index;
pub mod accounts;
pub mod audit_anchor;
mod idle;
pub mod invitation;
pub mod oauth;
pub mod one_time_code;
pub mod openid;
pub mod own_account;
pub mod pace;
pub mod passkey;
pub mod password;
pub mod sign_in;
mod throttle;

pub use account::{Account, AccountKind, AccountState};
pub use accounts::{Accounts, NewAccount};
pub use idle::IdleTimes;
pub use invitation::Joining;
pub use own_account::OwnAccount;
pub use pace::Pace;
pub use sign_in::{SignIn, SignedIn};

use record::Error;

/// Why something cannot be done with an account.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The user's mistake, in words for them.
    #[error("{0}")]
    Mistake(String),
    /// A program's mistake, as it is told to the program.
    #[error("{0}")]
    Refused(#[from] oauth::Refusal),
    /// The record refuses or fails.
    #[error("{0}")]
    Record(#[from] Error),
}

/// A mistake of the user's.
pub(crate) fn mistake<T>(what: impl Into<String>) -> Result<T, IdentityError> {
    Err(IdentityError::Mistake(what.into()))
}
