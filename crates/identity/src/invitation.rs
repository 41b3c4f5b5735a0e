//! Invitations: a link that one person uses once, to choose what they sign in with.

use crate::account::{Account, AccountState};
use crate::accounts::Accounts;
use crate::one_time_code::CodeSecret;
use crate::password::PasswordHash;
use crate::sign_in::SignIn;
use crate::{IdentityError, mistake};
use access::Actor;
use record::credential::hash;
use record::private_documents::DocumentChange;
use record::{Origin, Record, Session};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const SPACE: &str = "invitation";

/// How long an invitation holds, in milliseconds: a week.
const VALID_MS: i64 = 7 * 24 * 3_600_000;

/// What is kept of an invitation, under the hash of its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Invitation {
    account: String,
    expires_ms: i64,
    /// Shown to the person's app, and theirs when they join.
    code: CodeSecret,
}

/// Someone who follows their invitation.
pub struct Joining {
    session: Session,
    key: String,
    content: Vec<u8>,
    invitation: Invitation,
    /// The account that waits for them.
    pub account: Account,
}

/// What a person chooses.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// Their name, for others to read.
    pub name: &'a str,
    /// What they will type to sign in.
    pub sign_in_name: &'a str,
    /// What they will show.
    pub means: Means<'a>,
}

/// What a person will show to sign in.
#[derive(Clone, Debug)]
pub enum Means<'a> {
    /// A passkey.
    Passkey {
        /// What they call it.
        name: &'a str,
        /// What the browser answered.
        answer: &'a str,
    },
    /// A password, and codes of an app.
    Password {
        /// The password.
        password: &'a str,
        /// A one-time code of the app, to show that it has the secret.
        code: &'a str,
    },
}

/// Makes an invitation to an account that waits for its person; gives its secret, which is kept nowhere. For administrators.
pub fn invite(session: &Session, account: &Account) -> Result<String, IdentityError> {
    session.require_administrator()?;
    if account.state != AccountState::Invited {
        return mistake("This account has its person. Reset it first, to invite anew.");
    }
    let record = session.record();
    let mut secret = [0; 20];
    getrandom::fill(&mut secret).expect("the operating system gives randomness");
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let expires_ms = record.now_ms() + VALID_MS;
    let invitation = Invitation { account: account.id.clone(), expires_ms, code: CodeSecret::random() };
    let put = |key, before, after| DocumentChange { space: SPACE, key, before, after };
    // An account has one invitation at a time.
    let mut changes: Vec<_> = of_account(record, &account.id)?
        .into_iter()
        .map(|(key, content)| put(key, Some(content), None))
        .collect();
    changes.push(put(hash(&secret), None, Some(encode(&invitation))));
    match session.change_documents(changes, &format!("account {} is invited", account.id))? {
        true => Ok(secret),
        false => mistake("Somebody else invites this person at the moment. Try again."),
    }
}

impl Joining {
    /// Whom an invitation is for; `None` when it is unknown, used or over.
    pub fn begin(record: &Arc<Record>, secret: &str, origin: Origin) -> Result<Option<Self>, IdentityError> {
        let key = hash(secret);
        let Some(content) = record.private_document(SPACE, &key)? else { return Ok(None) };
        let Ok(invitation) = serde_json::from_slice::<Invitation>(&content) else { return Ok(None) };
        let session = record.session(guest(&invitation.account), origin.clone());
        let Some(account) = Accounts::new(&session).find(&invitation.account)? else { return Ok(None) };
        if invitation.expires_ms <= record.now_ms() || account.state != AccountState::Invited {
            return Ok(None);
        }
        let session = record.session(account.actor(), origin);
        Ok(Some(Self { session, key, content, invitation, account }))
    }

    /// What the person's app is to be shown.
    pub fn code(&self) -> &CodeSecret {
        &self.invitation.code
    }

    /// Begins to join with a passkey: what the browser is to be told.
    pub fn begin_passkey(
        &self,
        door: &SignIn,
        name: &str,
        sign_in_name: &str,
    ) -> Result<String, IdentityError> {
        let account = self.named(name, sign_in_name)?;
        if self.accounts().named(sign_in_name)?.is_some_and(|other| other.id != account.id) {
            return mistake("This sign-in name is taken. Choose another one.");
        }
        door.ceremonies()?.begin_addition(&account)
    }

    /// The account with the names that its person chose.
    fn named(&self, name: &str, sign_in_name: &str) -> Result<Account, IdentityError> {
        let (name, sign_in_name) = (name.trim(), sign_in_name.trim());
        if name.is_empty() || name.chars().count() > 100 {
            return mistake("Write your name as others know it.");
        }
        let is_plain = |letter: char| letter.is_alphanumeric() || "._-@+".contains(letter);
        if !(3..=60).contains(&sign_in_name.chars().count()) || !sign_in_name.chars().all(is_plain) {
            return mistake(
                "Take a sign-in name of 3 to 60 letters, digits, dots or hyphens, such as ida.ames.",
            );
        }
        let sign_in_name = sign_in_name.to_owned();
        Ok(Account { name: name.to_owned(), sign_in_name, ..self.account.clone() })
    }

    /// Joins: the account is in use, and the invitation is used up.
    pub fn join(&self, door: &SignIn, chosen: &Chosen<'_>) -> Result<Account, IdentityError> {
        let mut account = self.named(chosen.name, chosen.sign_in_name)?;
        let now_ms = self.session.record().now_ms();
        match chosen.means {
            Means::Passkey { name, answer } => {
                account.passkeys.push(door.ceremonies()?.add(&account, (name, answer), now_ms)?);
            }
            Means::Password { password, code } => {
                account.code = Some(self.invitation.code.shown_by(code, now_ms)?);
                account.password = Some(PasswordHash::of(password, &[&account.name, &account.sign_in_name])?);
            }
        }
        self.take_up(account)
    }

    pub(crate) fn accounts(&self) -> Accounts<'_> {
        Accounts::new(&self.session)
    }

    /// The account is in use as its person wants it, and the invitation is used up.
    pub(crate) fn take_up(&self, account: Account) -> Result<Account, IdentityError> {
        let account = Account { state: AccountState::Active, ..account };
        self.accounts().put(Some(&self.account), Some(&account), "in use")?;
        let used = DocumentChange::removal(SPACE, self.key.clone(), self.content.clone());
        // It leads nowhere any more: the account does not wait.
        self.session.change_documents(vec![used], "an invitation is used")?;
        Ok(account)
    }
}

fn of_account(record: &Record, id: &str) -> Result<Vec<(String, Vec<u8>)>, IdentityError> {
    let is_its = |content: &[u8]| {
        serde_json::from_slice::<Invitation>(content).is_ok_and(|invitation| invitation.account == id)
    };
    let all = record.private_documents(SPACE)?;
    Ok(all.into_iter().filter(|(_, content)| is_its(content)).collect())
}

/// Someone of whom nothing is known but the invitation.
fn guest(account: &str) -> Actor {
    Actor { id: account.to_owned(), ..Actor::default() }
}

fn encode(invitation: &Invitation) -> Vec<u8> {
    serde_json::to_vec(invitation).expect("an invitation is JSON")
}
