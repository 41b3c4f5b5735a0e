//! What a form about a patient carries, so that it cannot reach another one's chart: the patient, the visit and the account
//! that it was made for, signed. A form whose address and context differ is refused, and nothing is written.

use crate::failure::Failure;
use access::Actor;
use axum::http::StatusCode;
use record::private_documents::DocumentChange;
use record::{Error, Origin, Record, Session};
use std::sync::Arc;

const SPACE: &str = "form-key";
const CURRENT: &str = "current";

/// The context of a form.
pub(crate) struct PatientContext;

impl PatientContext {
    /// The context of forms about a patient, and a visit (empty: none), for whoever asks.
    pub(crate) fn of(session: &Session, patient: &str, visit: &str) -> Result<String, Failure> {
        let key = key(session.record())?;
        let mut hasher = blake3::Hasher::new_keyed(&key);
        for part in [session.actor().id.as_str(), patient, visit] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Ok(hasher.finalize().to_hex()[..32].to_owned())
    }

    /// Refuses a form that was not made for this patient, visit and account.
    pub(crate) fn check(session: &Session, patient: &str, visit: &str, context: &str) -> Result<(), Failure> {
        let right = Self::of(session, patient, visit)?;
        // By their hashes, whose comparison takes the same time wherever they differ.
        match blake3::hash(right.as_bytes()) == blake3::hash(context.as_bytes()) {
            true => Ok(()),
            false => Err(Failure::told(
                StatusCode::CONFLICT,
                "Another chart",
                "You were about to write to another chart than the one that this form was opened in. Nothing was written. \
                 Open the patient again and look whose name stands at the top.",
            )),
        }
    }
}

/// The key that contexts are signed with: made once, so that a form that was open while the server was started again holds.
fn key(record: &Arc<Record>) -> Result<[u8; 32], Error> {
    if let Some(kept) = record.private_document(SPACE, CURRENT)? {
        return Ok(blake3::derive_key("Chiron 2026-11 context of forms", &kept));
    }
    let made = record.new_secret().into_bytes();
    let actor = Actor { id: "chiron".to_owned(), name: "Chiron".to_owned(), ..Actor::default() };
    let session = record.session(actor, Origin { address: String::new(), way: "page" });
    let put = DocumentChange { space: SPACE, key: CURRENT.to_owned(), before: None, after: Some(made) };
    // Another process may have been first: then its key is the one.
    session.change_documents(vec![put], "a key for the contexts of forms is made")?;
    key(record)
}
