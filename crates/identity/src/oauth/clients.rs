//! The programs that an administrator has made known.

use super::client::{Client, ClientState, Proof};
use super::grants::Grants;
use super::new_secret;
use crate::{IdentityError, mistake};
use fhir::reference::is_id;
use fhir::schema::schema;
use record::credential::hash;
use record::private_documents::DocumentChange;
use record::{Record, Session};

const SPACE: &str = "oauth-client";

/// The programs, for a session.
pub struct Clients<'a> {
    session: &'a Session,
}

impl<'a> Clients<'a> {
    /// The programs, with what is done on them audited as the session's.
    pub fn new(session: &'a Session) -> Self {
        Self { session }
    }

    fn record(&self) -> &Record {
        self.session.record()
    }

    /// All of them, by name.
    pub fn all(&self) -> Result<Vec<Client>, IdentityError> {
        let documents = self.record().private_documents(SPACE)?;
        let mut clients: Vec<_> = documents.iter().filter_map(|(_, content)| decode(content)).collect();
        clients.sort_by_key(|client: &Client| (client.name.to_lowercase(), client.id.clone()));
        Ok(clients)
    }

    /// Those that are opened from a chart.
    pub fn launched_from_charts(&self) -> Result<Vec<Client>, IdentityError> {
        let may = |client: &Client| client.state == ClientState::Active && client.launch_uri.is_some();
        Ok(self.all()?.into_iter().filter(may).collect())
    }

    /// The program of an id.
    pub fn find(&self, id: &str) -> Result<Option<Client>, IdentityError> {
        Ok(self.record().private_document(SPACE, id)?.as_deref().and_then(decode))
    }

    /// Makes a program known: its id and time are given here. For administrators.
    pub fn add(&self, described: Client) -> Result<Client, IdentityError> {
        self.session.require_administrator()?;
        self.put_new(described)
    }

    pub(crate) fn put_new(&self, described: Client) -> Result<Client, IdentityError> {
        described.check()?;
        if described.role.as_ref().is_some_and(|role| !self.record().roles().contains(role)) {
            return mistake(format!("Choose a role: {}.", self.record().roles().join(", ")));
        }
        self.check_organization(&described)?;
        let client = Client {
            id: self.record().new_id(),
            state: ClientState::Active,
            made_ms: self.record().now_ms(),
            ..described
        };
        match self.put(None, Some(&client), "registered")? {
            true => Ok(client),
            false => mistake("The app could not be registered. Try again."),
        }
    }

    /// Refuses an organization that is not in the record.
    fn check_organization(&self, client: &Client) -> Result<(), IdentityError> {
        let Some(reference) = &client.organization else { return Ok(()) };
        let is_known = match reference.strip_prefix("Organization/").filter(|id| is_id(id)) {
            Some(id) => {
                let type_id = schema().resource_named("Organization").expect("the release defines it");
                !self.session.find(type_id, &[("_id", id)])?.matches.is_empty()
            }
            None => false,
        };
        match is_known {
            true => Ok(()),
            false => mistake(format!(
                "There is no {reference} in the record: whose app it is, such as Organization/1."
            )),
        }
    }

    /// Changes a program. How it shows that it is itself is not changed here. For administrators.
    pub fn change(&self, id: &str, change: impl Fn(&mut Client)) -> Result<Client, IdentityError> {
        self.session.require_administrator()?;
        loop {
            let Some(before) = self.find(id)? else { return mistake("There is no such app any more.") };
            let mut after = before.clone();
            change(&mut after);
            after.check()?;
            self.check_organization(&after)?;
            if self.put(Some(&before), Some(&after), after.state.word())? {
                return Ok(after);
            }
        }
    }

    /// Suspends a program: all that it had ends. For administrators.
    pub fn suspend(&self, id: &str) -> Result<Client, IdentityError> {
        let client = self.change(id, |client| client.state = ClientState::Suspended)?;
        Grants::new(self.session).end_of_client(id)?;
        Ok(client)
    }

    /// Lets a suspended program be used again; it begins with nothing. For administrators.
    pub fn resume(&self, id: &str) -> Result<Client, IdentityError> {
        self.change(id, |client| client.state = ClientState::Active)
    }

    /// A new secret in place of the old one; it is kept nowhere. For administrators.
    pub fn renew_secret(&self, id: &str) -> Result<(Client, String), IdentityError> {
        if !matches!(self.find(id)?, Some(Client { proof: Proof::Secret(_), .. })) {
            return mistake("This app has no secret.");
        }
        let (secret, proof) = secret_proof();
        let client = self.change(id, |client| client.proof = proof.clone())?;
        Ok((client, secret))
    }

    fn put(
        &self,
        before: Option<&Client>,
        after: Option<&Client>,
        what: &str,
    ) -> Result<bool, IdentityError> {
        let Some(client) = after.or(before) else { return Ok(true) };
        let change = DocumentChange {
            space: SPACE,
            key: client.id.clone(),
            before: before.map(encode),
            after: after.map(encode),
        };
        Ok(self.session.change_documents(vec![change], &format!("app {} is {what}", client.id))?)
    }
}

/// A secret for a program, and how it is kept.
pub fn secret_proof() -> (String, Proof) {
    let secret = new_secret();
    let proof = Proof::Secret(hash(&secret));
    (secret, proof)
}

fn encode(client: &Client) -> Vec<u8> {
    serde_json::to_vec(client).expect("a client is JSON")
}

fn decode(content: &[u8]) -> Option<Client> {
    serde_json::from_slice(content).ok()
}
