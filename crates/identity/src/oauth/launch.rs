//! An app that is opened from a chart: a handle that stands for what is open (SMART App Launch 2.2, EHR Launch).

use super::client::Client;
use super::new_secret;
use crate::{IdentityError, mistake};
use record::credential::hash;
use record::private_documents::DocumentChange;
use record::{Record, Session};
use serde::{Deserialize, Serialize};

const SPACE: &str = "oauth-launch";

/// How long a handle holds, in milliseconds: the app opens at once, but its person may have to sign in.
const VALID_MS: i64 = 10 * 60_000;

/// What is open where an app is opened from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    client: String,
    account: String,
    /// The id of the patient.
    pub patient: String,
    /// The id of the encounter.
    pub encounter: Option<String>,
    expires_ms: i64,
}

/// A handle that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it stands for.
    pub launch: Launch,
    key: String,
    content: Vec<u8>,
}

/// Makes a handle for an app, and gives it; it is kept nowhere.
pub fn begin(
    session: &Session,
    client: &Client,
    patient: &str,
    encounter: Option<&str>,
) -> Result<String, IdentityError> {
    let record = session.record();
    let handle = new_secret();
    let launch = Launch {
        client: client.id.clone(),
        account: session.actor().id.clone(),
        patient: patient.to_owned(),
        encounter: encounter.map(str::to_owned),
        expires_ms: record.now_ms() + VALID_MS,
    };
    let after = serde_json::to_vec(&launch).expect("a launch is JSON");
    let begun = DocumentChange { space: SPACE, key: hash(&handle), before: None, after: Some(after) };
    if !session.change_documents(vec![begun], &format!("app {} is opened from a chart", client.id))? {
        return mistake("The app could not be opened. Try again.");
    }
    forget_old(session)?;
    Ok(handle)
}

/// What a handle stands for; `None` when it is unknown, used, over or another app's.
pub(crate) fn find(record: &Record, client: &Client, handle: &str) -> Result<Option<Found>, IdentityError> {
    let key = hash(handle);
    let Some(content) = record.private_document(SPACE, &key)? else { return Ok(None) };
    let Ok(launch) = serde_json::from_slice::<Launch>(&content) else { return Ok(None) };
    let holds = launch.client == client.id && launch.expires_ms > record.now_ms();
    Ok(holds.then_some(Found { launch, key, content }))
}

impl Found {
    /// Whether it was this person who opened the app.
    pub fn is_of(&self, session: &Session) -> bool {
        self.launch.account == session.actor().id
    }

    /// Uses it up.
    pub(crate) fn used(&self) -> DocumentChange {
        DocumentChange::removal(SPACE, self.key.clone(), self.content.clone())
    }
}

fn forget_old(session: &Session) -> Result<(), IdentityError> {
    let now_ms = session.record().now_ms();
    let is_over = |content: &[u8]| {
        serde_json::from_slice::<Launch>(content).is_ok_and(|launch| launch.expires_ms <= now_ms)
    };
    let old = session.record().private_documents(SPACE)?.into_iter().filter(|(_, content)| is_over(content));
    let old: Vec<_> = old.map(|(key, content)| DocumentChange::removal(SPACE, key, content)).collect();
    if !old.is_empty() {
        // One that is used at this moment is gone all the same.
        session.change_documents(old, "handles of opened apps are over")?;
    }
    Ok(())
}
