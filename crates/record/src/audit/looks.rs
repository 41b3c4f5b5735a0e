//! Who looked at a patient's record, for the patient: names and times, nothing of what was asked.

use super::entry::{Entry, Extent};
use super::{AuditOutcome, Touched, audit_event};
use crate::error::Error;
use crate::session::Session;
use access::{Interaction, Relations};

/// What is no look at a record: anchors, and what stands in an accounting of its own.
const NO_LOOKS: [&str; 2] = [super::ANCHOR, super::DISCLOSED];

impl Session {
    /// The patients whom this actor is, or whose proxy they are.
    pub fn represented(&self) -> Vec<String> {
        self.relations().represented().to_vec()
    }

    /// Who did what with a patient's record in a span of time (milliseconds since 1970), newest first, without what the
    /// patient did themselves: for the patient, who stands for them, and those who see the audit log. Stops after `most`.
    pub fn looks(
        &self,
        patient_id: &str,
        span: &std::ops::Range<i64>,
        most: usize,
    ) -> Result<(Vec<Entry>, Extent), Error> {
        self.authorise_own_audit(patient_id)?;
        let mut found = Vec::new();
        let extent = self.audit_entries(span, patient_id, |entry| {
            let is_look = entry.is_done && !NO_LOOKS.contains(&entry.done.as_str());
            let is_own = entry.is_by_patient() && entry.app.is_empty();
            if is_look && !is_own && entry.is_about(patient_id) {
                found.push(entry);
            }
            found.len() < most
        })?;
        self.audit_report(patient_id, "who looked at the record")?;
        Ok((found, extent))
    }

    /// Lets through the patient, who stands for them, and those who see the audit log.
    pub(super) fn authorise_own_audit(&self, patient_id: &str) -> Result<(), Error> {
        let is_own = self.actor.scopes.is_none() && self.represented().iter().any(|id| id == patient_id);
        match is_own {
            true => Ok(()),
            false => self.authorise(Interaction::Search, audit_event()).map(|_| ()),
        }
    }

    /// Writes down that a report of the audit was looked at. It is no look at the chart: it would fill what it tells of.
    pub(super) fn audit_report(&self, patient_id: &str, what: &str) -> Result<(), Error> {
        let what = format!("{what}: {patient_id}");
        self.audit(Interaction::Operate, &Touched::default(), &what, AuditOutcome::Done)
    }
}
