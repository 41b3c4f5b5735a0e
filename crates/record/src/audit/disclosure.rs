//! Accounting of disclosures (45 CFR 164.528, 45 CFR 170.315(d)(11)): what of a patient's record was given to whom outside, for
//! what, and by whom. What left by the API, by notifications and by commands is in the audit log anyhow; what left by paper,
//! telephone or fax is written there by hand. Nothing of it can be changed afterwards.

use super::entry::{Entry, Extent};
use super::{AuditOutcome, DISCLOSED, Touched, audit_event, patient};
use crate::error::Error;
use crate::session::Session;
use access::Interaction;
use fhir::date_time::{Date, Precision};
use fhir::{Node, Object, Value};
use store::{Batch, ResourceKey};

/// For what a record is given to others: codes of HL7 v3 ActReason, and what people call them.
pub const PURPOSES: [(&str, &str); 9] = [
    ("TREAT", "treatment"),
    ("ETREAT", "emergency treatment"),
    ("HPAYMT", "payment"),
    ("HOPERAT", "healthcare operations"),
    ("PUBHLTH", "public health"),
    ("HLEGAL", "legal"),
    ("HRESCH", "research"),
    ("PATRQT", "the patient asked for it"),
    ("FAMRQT", "the family asked for it"),
];

/// How far back an accounting goes (45 CFR 164.528(a)(1)), in milliseconds.
pub const ACCOUNTED_MS: i64 = 6 * 366 * 24 * 3_600_000;

/// Letters that a recipient or a description has at most.
const LETTERS_MAX: usize = 500;

/// What was given to somebody by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// To whom.
    pub recipient: String,
    /// What.
    pub what: String,
    /// For what: a code of [`PURPOSES`].
    pub purpose: &'static str,
    /// On which day.
    pub day: Date,
}

impl Disclosure {
    /// Reads what somebody wrote into a form.
    ///
    /// # Errors
    /// Names the field, and how to mend it.
    pub fn parse(recipient: &str, what: &str, purpose: &str, day: &str) -> Result<Self, Error> {
        let text = |name: &str, text: &str, how: &str| match text.trim() {
            "" => Err(Error::request(name, how)),
            long if long.chars().count() > LETTERS_MAX => {
                Err(Error::request(name, format!("write it in at most {LETTERS_MAX} letters")))
            }
            text => Ok(text.to_owned()),
        };
        Ok(Self {
            recipient: text("recipient", recipient, "say to whom it was given")?,
            what: text("what", what, "say what was given, such as lab results of March 2026")?,
            purpose: purpose_of(purpose).ok_or_else(|| Error::request("purpose", "choose for what"))?,
            day: Date::parse(day)
                .ok()
                .filter(|day| day.precision() == Precision::Day)
                .ok_or_else(|| Error::request("day", "write the whole day, such as 2026-01-31"))?,
        })
    }

    fn to_value(&self) -> Value {
        let mut object = Object::new();
        object.set("to", self.recipient.as_str());
        object.set("what", self.what.as_str());
        object.set("for", self.purpose);
        object.set("day", self.day.to_string());
        object.into()
    }

    pub(super) fn of(node: Node<'_>) -> Option<Self> {
        Some(Self {
            recipient: node.get_str("to")?.into_owned(),
            what: node.get_str("what")?.into_owned(),
            purpose: purpose_of(&node.get_str("for")?)?,
            day: Date::parse(&node.get_str("day")?).ok()?,
        })
    }

    /// What the purpose is called.
    pub fn purpose_words(&self) -> &'static str {
        PURPOSES.iter().find(|(code, _)| *code == self.purpose).map_or("", |(_, words)| words)
    }
}

fn purpose_of(code: &str) -> Option<&'static str> {
    PURPOSES.iter().map(|(known, _)| *known).find(|known| *known == code)
}

/// Ways by which a record leaves the practice: the API, notifications, and commands of the data folder's owner.
const WAYS_OUT: [&str; 3] = ["rest", "subscription", "command"];
/// What takes a record out by these ways: reads, searches and exports.
const TAKES_OUT: [&str; 3] = ["R", "S", "E"];

fn is_disclosure(entry: &Entry) -> bool {
    let is_taken = !entry.is_write && TAKES_OUT.contains(&entry.done.as_str());
    let took = is_taken && WAYS_OUT.contains(&entry.way.as_str());
    entry.is_done && !entry.is_by_patient() && (entry.disclosed.is_some() || took)
}

impl Session {
    /// Writes down that something of a patient's record was given to somebody outside. It cannot be changed afterwards.
    pub fn disclose(&self, patient_id: &str, disclosure: &Disclosure) -> Result<(), Error> {
        self.authorise(Interaction::Create, audit_event())?;
        let key = ResourceKey::new(patient(), patient_id);
        let shown = self.read(&key)?;
        let now_ms = self.record.now_ms();
        if disclosure.day.first_day() > now_ms.div_euclid(24 * 3_600_000) + 1 {
            return Err(Error::request("day", "the day is still to come: write it down when it was given"));
        }
        let mut touched = Touched::default();
        touched.patients.insert(shown.key().id.to_string());
        let row =
            self.row_with(DISCLOSED, &touched, AuditOutcome::Done, ("disclosed", disclosure.to_value()));
        self.record.store.commit(Batch { time_ms: now_ms, audit: row, ..Batch::default() })?;
        Ok(())
    }

    /// True when this actor may write down what was given to others.
    pub fn may_disclose(&self) -> bool {
        self.leave(Interaction::Create, audit_event()).is_ok()
    }

    /// What of a patient's record was given to others in the last six years, newest first: for those who see the audit log,
    /// and for the patient and who stands for them. Stops after `most`.
    pub fn disclosures(&self, patient_id: &str, most: usize) -> Result<(Vec<Entry>, Extent), Error> {
        self.authorise_own_audit(patient_id)?;
        let mut found = Vec::new();
        let now_ms = self.record.now_ms();
        let span = now_ms - ACCOUNTED_MS..i64::MAX;
        let extent = self.audit_entries(&span, patient_id, |entry| {
            if is_disclosure(&entry) && entry.is_about(patient_id) {
                found.push(entry);
            }
            found.len() < most
        })?;
        self.audit_report(patient_id, "accounting of disclosures")?;
        Ok((found, extent))
    }
}
