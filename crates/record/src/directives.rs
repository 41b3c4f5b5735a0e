//! What patients keep from others, as their Consents say it now: read once, and anew when a Consent changed.

use crate::changed_since::changed_since;
use crate::error::Error;
use crate::session::Record;
use access::Directive;
use access::consent::PRIVACY;
use fhir::schema::{TypeId, schema};
use search::parse::{Handling, parse};
use std::sync::{Arc, Mutex, PoisonError};

/// Consents read in one step.
const STEP: &str = "500";

/// The directives as they were read lately.
#[derive(Default)]
pub(crate) struct Directives(Mutex<Kept>);

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
        let mut kept = self.directives.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut cursor: Option<String> = None;
        loop {
            let mut asked = vec![("status", "active"), ("scope", PRIVACY), ("_count", STEP)];
            asked.extend(cursor.as_deref().map(|cursor| ("_cursor", cursor)));
            let asked: Vec<_> =
                asked.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let limits = self.limits();
            let request = parse(Some(consent()), None, &asked, Handling::Strict, &*self.ports, &limits)?;
            let hits = self.store.search(&request.query, &*self.ports)?;
            let documents = hits.matches.into_iter().filter_map(|found| self.resource(found).document());
            all.extend(documents.flat_map(|document| Directive::read(&document)));
            cursor = hits.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}

fn consent() -> TypeId {
    schema().resource_named("Consent").expect("the release defines it")
}
