//! How much a search may look at: every query is bounded in documents, index rows and time.

use crate::error::StoreError;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Documents that a search may read and match.
const DOCUMENTS: usize = 200_000;

/// Index rows that a search may look at.
const ROWS: usize = 5_000_000;

/// How long a search may take.
const LONGEST: Duration = Duration::from_secs(30);

/// What is left of it.
pub(super) struct Budget {
    documents: Cell<usize>,
    rows: Cell<usize>,
    deadline: Instant,
}

impl Budget {
    /// The whole budget.
    pub fn new() -> Self {
        Self::of_documents(DOCUMENTS)
    }

    /// A budget of fewer documents.
    pub fn of_documents(documents: usize) -> Self {
        Self { documents: Cell::new(documents), rows: Cell::new(ROWS), deadline: Instant::now() + LONGEST }
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
