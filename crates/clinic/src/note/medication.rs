//! Medications of a note: one that is ordered, one that goes on, one that ends.

use crate::note::command::Entry;
use crate::sig::{self, Sig};

/// A medication that is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescription {
    /// Which, and how it is taken.
    pub sig: Sig,
    /// What was rewritten in it, or should be looked at.
    pub notices: Vec<String>,
}

/// A medication of the patient that goes on as it is, by a new order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Words of its name.
    pub words: String,
}

/// A medication of the patient that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Words of its name.
    pub words: String,
    /// Why; empty when that is not said.
    pub reason: String,
}

/// Reads a prescription. Nothing in it is guessed: what is not understood, and a dose without its unit, are told.
pub(super) fn prescription(text: &str) -> Result<Entry, String> {
    let reading = sig::parse(text);
    if let Some(unread) = reading.unread.first() {
        let sig::Unread { position, text, remedy } = unread;
        return Err(format!("'{text}' at character {position} is not understood: {remedy}"));
    }
    let sig = reading.sig;
    if sig.drug.is_empty() {
        return Err(
            "write the drug and how it is taken, such as /rx amoxicillin 500 mg tid 10d #30 r0".to_owned()
        );
    }
    if let Some(dose) = sig.dose.filter(|dose| dose.unit().is_none()) {
        return Err(format!("write the unit of {dose}, such as {dose} mg or {dose} tablets"));
    }
    if sig.frequency.is_none() && sig.as_needed.is_none() {
        return Err(format!("write how often {} is taken, such as daily, bid or q6h prn pain", sig.drug));
    }
    let notices = reading.notices.into_iter().map(|notice| notice.text).collect();
    Ok(Entry::Prescription(Box::new(Prescription { sig, notices })))
}

/// Reads which medication goes on.
pub(super) fn renewal(text: &str) -> Result<Entry, String> {
    match text {
        "" => Err("write which medication goes on, such as /renew lisinopril".to_owned()),
        words => Ok(Entry::Renewal(Renewal { words: words.to_owned() })),
    }
}

/// Reads which medication ends, and why.
pub(super) fn stop(text: &str) -> Result<Entry, String> {
    let (words, reason) = text.split_once(';').unwrap_or((text, ""));
    match words.trim() {
        "" => Err("write which medication ends, such as /stop lisinopril; cough".to_owned()),
        words => Ok(Entry::Stop(Stop { words: words.to_owned(), reason: reason.trim().to_owned() })),
    }
}
