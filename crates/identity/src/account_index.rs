//! The ids of accounts by what must be one account's alone: its sign-in name, and what it is at the identity provider. Each is a
//! private document of its own, so that of two who take one at the same moment one is refused.

use crate::account::{Account, AccountState};
use crate::accounts::folded;
use crate::openid::OpenIdLink;
use record::credential::hash;
use record::private_documents::DocumentChange;

/// The space and the key of an entry.
pub(crate) type Entry = (&'static str, String);

/// The entry of a sign-in name.
pub(crate) fn by_name(sign_in_name: &str) -> Entry {
    ("account-name", folded(sign_in_name))
}

/// The entry of what somebody is at the identity provider.
pub(crate) fn by_link(link: &OpenIdLink) -> Entry {
    match link {
        OpenIdLink::Awaited(name) => ("account-openid-name", name.clone()),
        OpenIdLink::Known { issuer, subject } => ("account-openid", hash(&format!("{issuer}\n{subject}"))),
    }
}

/// What changes in the index with an account.
pub(crate) fn changes(before: Option<&Account>, after: Option<&Account>) -> Vec<DocumentChange> {
    let entries = |account: Option<&Account>| account.map(entries).unwrap_or_default();
    let (old, new) = (entries(before), entries(after));
    let id = after.or(before).map(|account| account.id.clone().into_bytes());
    let gone = old.iter().filter(|entry| !new.contains(entry)).cloned();
    let gone = gone.map(|(space, key)| DocumentChange { space, key, before: id.clone(), after: None });
    let come = new.iter().filter(|entry| !old.contains(entry)).cloned();
    let come = come.map(|(space, key)| DocumentChange { space, key, before: None, after: id.clone() });
    gone.chain(come).collect()
}

/// The entries of an account. A closed one keeps its name; who it was at the provider may come back with a new one.
fn entries(account: &Account) -> Vec<Entry> {
    let name = Some(by_name(&account.sign_in_name)).filter(|(_, name)| !name.is_empty());
    let link = account.openid.as_ref().filter(|_| account.state != AccountState::Closed).map(by_link);
    name.into_iter().chain(link).collect()
}
