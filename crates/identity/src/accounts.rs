//! The accounts of a practice, as an administrator sees to them.

use crate::account::{Account, AccountKind, AccountState};
use crate::account_index::{self, Entry};
use crate::oauth::Grants;
use crate::openid::OpenIdLink;
use crate::{IdentityError, mistake};
use access::Person;
use record::private_documents::DocumentChange;
use record::{Record, Session};

/// Accounts by id.
const SPACE: &str = "account";

/// Accounts that are for the record of one patient: by kind, their only role, and the type of who they are.
const OF_PATIENTS: [(AccountKind, &str, &str); 2] =
    [(AccountKind::Patient, "patient", "Patient"), (AccountKind::Proxy, "proxy", "RelatedPerson")];

/// An account that is to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewAccount<'a> {
    /// Its person's name.
    pub name: &'a str,
    /// Its role.
    pub role: &'a str,
    /// Who they are in the record, as a reference such as `Practitioner/1`; `None` for who is in no resource.
    pub person: Option<&'a str>,
    /// Their name at the identity provider, by which they come in without an invitation.
    pub openid_name: Option<&'a str>,
}

/// The accounts, for a session.
pub struct Accounts<'a> {
    session: &'a Session,
}

impl<'a> Accounts<'a> {
    /// The accounts, with what is done on them audited as the session's.
    pub fn new(session: &'a Session) -> Self {
        Self { session }
    }

    fn record(&self) -> &Record {
        self.session.record()
    }

    /// All of them, by name. For administrators.
    pub fn list(&self) -> Result<Vec<Account>, IdentityError> {
        self.session.require_administrator()?;
        let documents = self.record().private_documents(SPACE)?;
        let mut accounts: Vec<_> = documents.iter().filter_map(|(_, content)| decode(content)).collect();
        accounts.sort_by_key(|account: &Account| (account.name.to_lowercase(), account.id.clone()));
        Ok(accounts)
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> Result<bool, IdentityError> {
        Ok(self.record().private_documents(SPACE)?.is_empty())
    }

    /// The account of an id.
    pub fn find(&self, id: &str) -> Result<Option<Account>, IdentityError> {
        Ok(self.record().private_document(SPACE, id)?.as_deref().and_then(decode))
    }

    /// The account of a sign-in name, whatever its case.
    pub fn named(&self, sign_in_name: &str) -> Result<Option<Account>, IdentityError> {
        self.indexed(account_index::by_name(sign_in_name))
    }

    /// The account that is this at the identity provider.
    pub fn linked(&self, link: &OpenIdLink) -> Result<Option<Account>, IdentityError> {
        self.indexed(account_index::by_link(link))
    }

    fn indexed(&self, (space, key): Entry) -> Result<Option<Account>, IdentityError> {
        let id = self.record().private_document(space, &key)?;
        match id.map(String::from_utf8) {
            Some(Ok(id)) => self.find(&id),
            _ => Ok(None),
        }
    }

    /// Makes an account that waits for its person. For administrators.
    pub fn add(&self, new: &NewAccount<'_>) -> Result<Account, IdentityError> {
        self.session.require_administrator()?;
        let (name, roles) = (new.name.trim(), self.record().roles());
        if name.is_empty() || name.chars().count() > 100 {
            return mistake("Write the person's name, in at most 100 characters.");
        }
        if !roles.iter().any(|role| role == new.role) {
            return mistake(format!("Choose a role: {}.", roles.join(", ")));
        }
        let account = Account {
            id: self.record().new_id(),
            name: name.to_owned(),
            sign_in_name: String::new(),
            roles: vec![new.role.to_owned()],
            state: AccountState::Invited,
            password: None,
            code: None,
            passkeys: Vec::new(),
            openid: new.openid_name.map(folded).filter(|name| !name.is_empty()).map(OpenIdLink::Awaited),
            person: new.person.map(str::to_owned),
            made_ms: self.record().now_ms(),
        };
        self.check_person(&account)?;
        self.put(None, Some(&account), "made")?;
        Ok(account)
    }

    /// Refuses a person who is not in the record, has an account, or is nobody for such a role.
    fn check_person(&self, account: &Account) -> Result<(), IdentityError> {
        for (kind, own_role, type_name) in OF_PATIENTS {
            let is_kind = account.kind() == kind;
            if is_kind && account.roles.iter().any(|role| role != own_role) {
                return mistake(format!("A {type_name} has the role '{own_role}' and no other."));
            }
            if !is_kind && account.roles.iter().any(|role| role == own_role) {
                return mistake(format!(
                    "The role '{own_role}' is for a {type_name}: choose whom it is for."
                ));
            }
        }
        let Some(reference) = &account.person else { return Ok(()) };
        let Some(person) = Person::parse(reference) else {
            return mistake(format!("An account is for one of {}.", Person::types().join(", ")));
        };
        if self.session.find(person.type_id(), &[("_id", person.id())])?.matches.is_empty() {
            return mistake(format!("There is no {reference} in the record."));
        }
        let has_it =
            |other: &Account| other.state != AccountState::Closed && other.person.as_ref() == Some(reference);
        match self.list()?.into_iter().find(has_it) {
            Some(other) => mistake(format!("{} has that person's account already.", other.name)),
            None => Ok(()),
        }
    }

    /// Closes an account: whoever is signed in with it is not any more. For administrators, and not for the last one: another
    /// must still be an administrator in the moment in which this one is closed, so that two who close each other are not both.
    pub fn close(&self, id: &str) -> Result<(), IdentityError> {
        loop {
            let accounts = self.list()?;
            let Some(before) = accounts.iter().find(|account| account.id == id) else {
                return mistake("There is no such account any more.");
            };
            let stays = |account: &&Account| account.id != id && is_administrator(account);
            let staying = accounts.iter().find(stays).filter(|_| is_administrator(before));
            if is_administrator(before) && staying.is_none() {
                return mistake("This is the last administrator. Invite another one first.");
            }
            let after = Account { state: AccountState::Closed, ..before.clone() };
            match self.put_beside(staying, Some(before), Some(&after), "closed") {
                Err(IdentityError::Mistake(_)) if self.list()? != accounts => {}
                done => break done?,
            }
        }
        Grants::new(self.session).end_of_account(id)?;
        Ok(self.session.revoke_all(id)?)
    }

    /// Takes passkeys, password and one-time codes from an account, so that its person joins anew. For administrators.
    pub fn reset(&self, id: &str) -> Result<Account, IdentityError> {
        self.session.require_administrator()?;
        let account = self.change(id, "waits for its person anew", |account| {
            account.state = AccountState::Invited;
            account.password = None;
            account.code = None;
            account.passkeys.clear();
            account.openid = None;
        })?;
        Grants::new(self.session).end_of_account(id)?;
        self.session.revoke_all(id)?;
        Ok(account)
    }

    /// Changes an account as it is now; gives what it became.
    pub(crate) fn change(
        &self,
        id: &str,
        what: &str,
        change: impl Fn(&mut Account),
    ) -> Result<Account, IdentityError> {
        loop {
            let Some(before) = self.find(id)? else { return mistake("There is no such account any more.") };
            let mut after = before.clone();
            change(&mut after);
            match self.put(Some(&before), Some(&after), what) {
                Err(IdentityError::Mistake(_)) if self.find(id)?.as_ref() != Some(&before) => {}
                done => return done.map(|()| after),
            }
        }
    }

    /// Puts an account in place of what it was; its sign-in name is its own.
    pub(crate) fn put(
        &self,
        before: Option<&Account>,
        after: Option<&Account>,
        what: &str,
    ) -> Result<(), IdentityError> {
        self.put_beside(None, before, after, what)
    }

    /// Puts an account in place of what it was, if another is still as it was read.
    fn put_beside(
        &self,
        staying: Option<&Account>,
        before: Option<&Account>,
        after: Option<&Account>,
        what: &str,
    ) -> Result<(), IdentityError> {
        let Some(account) = after.or(before) else { return Ok(()) };
        let change = |key: &str, before: Option<&Account>, after: Option<&Account>| DocumentChange {
            space: SPACE,
            key: key.to_owned(),
            before: before.map(encode),
            after: after.map(encode),
        };
        let mut changes = vec![change(&account.id, before, after)];
        changes.extend(staying.map(|one| change(&one.id, Some(one), Some(one))));
        changes.extend(account_index::changes(before, after));
        match self.session.change_documents(changes, &format!("account {} is {what}", account.id))? {
            true => Ok(()),
            false => mistake(
                "This name is taken, or the account was changed meanwhile. Try again, with another name.",
            ),
        }
    }
}

/// Whether somebody can sign in and see to the accounts with it.
fn is_administrator(account: &Account) -> bool {
    account.state == AccountState::Active && account.roles.iter().any(|role| role == "administrator")
}

/// A sign-in name as it is compared.
pub(crate) fn folded(sign_in_name: &str) -> String {
    sign_in_name.trim().to_lowercase()
}

fn encode(account: &Account) -> Vec<u8> {
    serde_json::to_vec(account).expect("an account is JSON")
}

fn decode(content: &[u8]) -> Option<Account> {
    serde_json::from_slice(content).ok()
}
