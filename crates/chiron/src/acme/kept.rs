//! What outlives the server: the account at the authority and the certificate, private documents of the store, so that
//! their keys are sealed as everything is (docs/design/encryption.md).

use super::issued::Issued;
use super::settings::Settings;
use crate::practice::Practice;
use access::Actor;
use anyhow::{Context, Result, bail};
use instant_acme::AccountCredentials;
use record::private_documents::DocumentChange;
use record::{Origin, Record};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Weak};

/// Accounts, by the directory of their authority.
const ACCOUNTS: &str = "acme-account";

/// The one certificate.
const CERTIFICATES: &str = "acme-certificate";

/// The key of the one certificate.
const CURRENT: &str = "current";

/// The place that it is kept in.
pub struct Kept {
    practice: Weak<Practice>,
}

/// An account at an authority.
#[derive(Serialize, Deserialize)]
pub struct KeptAccount {
    /// The mail address that the authority knows.
    pub contact: Option<String>,
    /// Its name there, and its private key.
    pub credentials: AccountCredentials,
}

impl Kept {
    /// What a practice keeps. The practice is not held open by it.
    pub fn of(practice: &Arc<Practice>) -> Self {
        Self { practice: Arc::downgrade(practice) }
    }

    /// The certificate; `None` when there is none yet.
    pub fn certificate(&self) -> Result<Option<Issued>> {
        self.read(CERTIFICATES, CURRENT)
    }

    /// Keeps a certificate in place of the one before.
    pub fn put_certificate(&self, issued: &Issued) -> Result<()> {
        let what = format!("a certificate for {} came from {}", issued.hosts.join(", "), issued.directory);
        self.write(CERTIFICATES, CURRENT, Some(issued), &what)
    }

    /// The account at the authority; `None` when there is none yet.
    pub fn account(&self, settings: &Settings) -> Result<Option<KeptAccount>> {
        self.read(ACCOUNTS, &settings.directory)
    }

    /// Keeps an account.
    pub fn put_account(&self, settings: &Settings, account: &KeptAccount) -> Result<()> {
        let what = format!("an account for certificates at {} is kept", settings.directory);
        self.write(ACCOUNTS, &settings.directory, Some(account), &what)
    }

    /// Forgets an account that the authority does not know any more.
    pub fn forget_account(&self, settings: &Settings) -> Result<()> {
        let what =
            format!("the account for certificates at {} is not known there any more", settings.directory);
        self.write(ACCOUNTS, &settings.directory, None::<&KeptAccount>, &what)
    }

    fn record(&self) -> Result<Arc<Record>> {
        let practice = self.practice.upgrade().context("the server ends")?;
        Ok(Arc::clone(&practice.record))
    }

    fn read<T: DeserializeOwned>(&self, space: &'static str, key: &str) -> Result<Option<T>> {
        let Some(bytes) = self.record()?.private_document(space, key)? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&bytes).with_context(|| format!("reading the {space} that is kept"))?))
    }

    fn write(
        &self,
        space: &'static str,
        key: &str,
        value: Option<&impl Serialize>,
        what: &str,
    ) -> Result<()> {
        let record = self.record()?;
        let before = record.private_document(space, key)?;
        let after = value.map(serde_json::to_vec).transpose()?;
        let actor = Actor { id: "chiron".to_owned(), name: "Chiron".to_owned(), ..Actor::default() };
        let session = record.session(actor, Origin { address: String::new(), way: "certificates" });
        let change = DocumentChange { space, key: key.to_owned(), before, after };
        match session.change_documents(vec![change], what)? {
            true => Ok(()),
            false => bail!("another server on the same database wrote its {space} at the same moment"),
        }
    }
}
