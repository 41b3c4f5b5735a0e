//! How the server writes into a Subscription what became of it.

use super::standing::Standing;
use super::terms::with_status;
use super::{Status, audit};
use crate::error::Error;
use crate::session::Record;
use crate::write::put;
use store::{Batch, Change, Expect, StoreError};
use validation::Validated;

impl Record {
    /// Gives a Subscription a status, and says why when it is in error. False when it was changed meanwhile: then what
    /// became of its former version is of no interest.
    pub fn settle_subscription(
        &self,
        standing: &Standing,
        status: Status,
        error: Option<&str>,
    ) -> Result<bool, Error> {
        let Some(current) = self.store.read(&standing.key)? else { return Ok(false) };
        let Some(document) = current.document()?.filter(|_| current.version == standing.version) else {
            return Ok(false);
        };
        let settled = with_status(document, status, error);
        let validated = Validated::new(settled, &*self.ports, &self.validation).map_err(Error::Invalid)?;
        let batch = Batch {
            time_ms: self.now_ms(),
            changes: vec![Change {
                key: standing.key.clone(),
                expect: Expect::Version(standing.version),
                action: put(&validated),
            }],
            audit: audit::row(self, &format!("{} is {}", standing.key, status.code())),
            ..Batch::default()
        };
        match self.store.commit(batch) {
            Ok(_) => Ok(true),
            Err(StoreError::VersionConflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
