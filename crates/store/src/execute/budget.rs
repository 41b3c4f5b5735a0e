//! How much a search may look at: every query is bounded in documents, index rows and time.

use super::limits::SearchLimits;
use crate::error::StoreError;
use std::cell::Cell;
use std::time::Instant;

/// What is left of it.
pub(super) struct Budget {
    documents: Cell<usize>,
    rows: Cell<usize>,
    deadline: Instant,
    limits: SearchLimits,
}

impl Budget {
    /// The whole budget.
    pub fn new(limits: &SearchLimits) -> Self {
        Self {
            documents: Cell::new(limits.documents),
            rows: Cell::new(limits.rows),
            deadline: Instant::now() + limits.longest,
            limits: *limits,
        }
    }

    /// A budget of few documents, for an estimate.
    pub fn of_estimate(limits: &SearchLimits) -> Self {
        Self::new(&SearchLimits { documents: limits.estimate_documents, ..*limits })
    }

    /// What it began with.
    pub fn limits(&self) -> &SearchLimits {
        &self.limits
    }

    /// Rows that may still be looked at.
    pub fn rows_left(&self) -> usize {
        self.rows.get()
    }

    /// Notes what was looked at; an error when that was too much.
    pub fn spend(&self, documents: usize, rows: usize) -> Result<(), StoreError> {
        let left = self.documents.get().checked_sub(documents);
        let rows_left = self.rows.get().checked_sub(rows);
        let (Some(documents), Some(rows)) = (left, rows_left) else { return Err(too_costly()) };
        if Instant::now() > self.deadline {
            return Err(too_costly());
        }
        self.documents.set(documents);
        self.rows.set(rows);
        Ok(())
    }
}

/// The refusal, with what to do about it.
fn too_costly() -> StoreError {
    StoreError::TooCostly {
        advice:
            "name a patient, a shorter range of dates or a more selective value, or leave out the order and \
                 the total"
                .into(),
    }
}
