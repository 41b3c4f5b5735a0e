//! What patients keep from others, as their Consents say it now: read once, and anew when a Consent changed.

use crate::changed_since::changed_since;
use crate::error::Error;
use crate::session::Record;
use access::Directive;
use access::consent::PRIVACY;
use fhir::schema::{TypeId, schema};
use std::sync::{Arc, PoisonError, RwLock};

/// The directives as they were read lately.
#[derive(Default)]
pub(crate) struct Directives(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    /// The newest commit that was looked at; `None`: nothing was read yet.
    cursor: Option<u64>,
    all: Arc<Vec<Directive>>,
}

impl Record {
    /// What patients keep from others. A commit that was acknowledged before is in it.
    pub(crate) fn directives(&self) -> Result<Arc<Vec<Directive>>, Error> {
        let newest = self.store.newest_sequence()?;
        {
            // Asked at every read: those who only look do not wait for each other.
            let kept = self.directives.0.read().unwrap_or_else(PoisonError::into_inner);
            if kept.cursor.is_some_and(|cursor| cursor >= newest) {
                return Ok(Arc::clone(&kept.all));
            }
        }
        let mut kept = self.directives.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_current = match kept.cursor {
            Some(cursor) if cursor >= newest => return Ok(Arc::clone(&kept.all)),
            Some(cursor) => !changed_since(&*self.store, consent(), cursor, newest)?,
            None => false,
        };
        if !is_current {
            kept.all = Arc::new(self.read_directives()?);
        }
        kept.cursor = Some(newest);
        Ok(Arc::clone(&kept.all))
    }

    fn read_directives(&self) -> Result<Vec<Directive>, Error> {
        let mut all = Vec::new();
        self.all_stored(consent(), &[("status", "active"), ("scope", PRIVACY)], |found| {
            let document = self.resource(found).document();
            all.extend(document.iter().flat_map(|consent| Directive::read(consent, self.base_url())));
        })?;
        Ok(all)
    }
}

fn consent() -> TypeId {
    schema().resource_named("Consent").expect("the release defines it")
}
