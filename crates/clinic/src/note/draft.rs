//! What is written of a note and not signed yet: a private document of who writes it, one for each of their visits.
//!
//! A draft outlives a session, a browser and the server. Two windows of the same person do not write over each other: what
//! the second one sends is kept beside the first, and the person chooses.

use fhir::{Document, object};
use record::private_documents::DocumentChange;
use record::{Error, Session};

const SPACE: &str = "note-draft";

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The id of the patient.
    pub patient: String,
    /// The id of the Encounter.
    pub visit: String,
    /// What is written.
    pub text: String,
    /// What another window sent without having seen that; empty: nothing.
    pub other: String,
    /// Counts up with each change; 0: nothing is kept yet.
    pub revision: u32,
    /// When it was changed, in milliseconds since 1970.
    pub saved_ms: i64,
    /// When its signature holds, in milliseconds since 1970; `None`: it is not being signed.
    pub signed_at_ms: Option<i64>,
    /// Why the record refused it when it was signed; empty: it did not.
    pub refused: String,
    /// As it is kept.
    kept: Option<Vec<u8>>,
}

/// What became of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is the draft.
    Kept,
    /// Another window wrote meanwhile: it is kept beside.
    Beside,
}

/// What to do with two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Go on with the draft.
    Draft,
    /// Go on with the other.
    Other,
}

fn key(session: &Session, visit: &str) -> String {
    format!("{}/{visit}", session.actor().id)
}

impl Draft {
    /// The draft of whoever asks for a visit; an empty one when nothing was written yet.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn of(session: &Session, patient: &str, visit: &str) -> Result<Self, Error> {
        let kept = session.record().private_document(SPACE, &key(session, visit))?;
        let read = kept.and_then(Self::read).filter(|draft| draft.patient == patient);
        Ok(read.unwrap_or_else(|| Self {
            patient: patient.to_owned(),
            visit: visit.to_owned(),
            text: String::new(),
            other: String::new(),
            revision: 0,
            saved_ms: 0,
            signed_at_ms: None,
            refused: String::new(),
            kept: None,
        }))
    }

    /// All drafts of whoever asks, the one that was changed last first.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn all(session: &Session) -> Result<Vec<Self>, Error> {
        let own = format!("{}/", session.actor().id);
        let kept = session.record().private_documents(SPACE)?.into_iter();
        let mut drafts: Vec<_> =
            kept.filter(|(key, _)| key.starts_with(&own)).filter_map(|(_, kept)| Self::read(kept)).collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.saved_ms));
        Ok(drafts)
    }

    fn read(kept: Vec<u8>) -> Option<Self> {
        let document = Document::parse(kept.clone()).ok()?;
        let root = document.root();
        let text = |name: &str| root.get_str(name).map(std::borrow::Cow::into_owned);
        let number = |name: &str| text(name)?.parse::<i64>().ok();
        Some(Self {
            patient: text("patient")?,
            visit: text("visit")?,
            text: text("text")?,
            other: text("other").unwrap_or_default(),
            revision: number("revision").and_then(|revision| u32::try_from(revision).ok())?,
            saved_ms: number("saved")?,
            signed_at_ms: number("signed-at"),
            refused: text("refused").unwrap_or_default(),
            kept: Some(kept),
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut kept = object! {
            "patient" => self.patient.as_str(),
            "visit" => self.visit.as_str(),
            "text" => self.text.as_str(),
            "other" => self.other.as_str(),
            "refused" => self.refused.as_str(),
            "revision" => self.revision.to_string(),
            "saved" => self.saved_ms.to_string(),
        };
        if let (Some(at), Some(kept)) = (self.signed_at_ms, kept.as_object_mut()) {
            kept.set("signed-at", at.to_string());
        }
        kept.to_json().into_bytes()
    }

    /// Keeps what a window sent that had seen a revision.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub fn save(
        session: &Session,
        (patient, visit): (&str, &str),
        text: &str,
        seen: u32,
    ) -> Result<(Self, Saved), Error> {
        loop {
            let mut draft = Self::of(session, patient, visit)?;
            if draft.text == text {
                return Ok((draft, Saved::Kept));
            }
            let saved = if draft.revision == seen { Saved::Kept } else { Saved::Beside };
            match saved {
                Saved::Kept => text.clone_into(&mut draft.text),
                Saved::Beside => text.clone_into(&mut draft.other),
            }
            // Who writes on does not mean to sign what was there.
            draft.signed_at_ms = None;
            draft.refused.clear();
            if let Some(draft) = draft.put(session, "a draft of a note is saved")? {
                return Ok((draft, saved));
            }
        }
    }

    /// Goes on with one of two texts. `None` when the draft was changed meanwhile.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn choose(mut self, session: &Session, choice: Choice) -> Result<Option<Self>, Error> {
        let other = std::mem::take(&mut self.other);
        if choice == Choice::Other {
            self.text = other;
        }
        self.put(session, "one of two drafts of a note is chosen")
    }

    /// Says when its signature is to hold, or that it is not to be signed. `None` when the draft was changed meanwhile.
    pub(super) fn sign_at(mut self, session: &Session, at_ms: Option<i64>) -> Result<Option<Self>, Error> {
        self.signed_at_ms = at_ms;
        let what = if at_ms.is_some() { "a note is about to be signed" } else { "a signature is taken back" };
        self.put(session, what)
    }

    /// Keeps why it could not be signed, for its author. `None` when the draft was changed meanwhile.
    pub(super) fn refuse(mut self, session: &Session, why: String) -> Result<Option<Self>, Error> {
        self.signed_at_ms = None;
        self.refused = why;
        self.put(session, "a note is not signed, for the record refused it")
    }

    /// Puts it in the place of what was read. `None` when that was changed meanwhile.
    fn put(mut self, session: &Session, what: &str) -> Result<Option<Self>, Error> {
        self.revision += 1;
        self.saved_ms = session.record().now_ms();
        let after = self.to_bytes();
        let change = DocumentChange {
            space: SPACE,
            key: key(session, &self.visit),
            before: self.kept.replace(after.clone()),
            after: Some(after),
        };
        let is_done = session.change_documents_about(Some(&self.patient), vec![change], what)?;
        Ok(is_done.then_some(self))
    }

    /// The change that takes it away; nothing when nothing is kept.
    pub(super) fn removal(&self, session: &Session) -> Option<DocumentChange> {
        let kept = self.kept.clone()?;
        Some(DocumentChange::removal(SPACE, key(session, &self.visit), kept))
    }
}
