//! What the server itself asks of the record, whoever may see it: to decide who may, and what a write is held against.

use crate::error::Error;
use crate::session::Record;
use fhir::schema::TypeId;
use search::parse::{Handling, parse};
use store::{Hits, Version};

/// Resources found in one step.
const STEP: &str = "500";

impl Record {
    /// A page of the current resources of a type that a search finds.
    pub(crate) fn stored(&self, type_id: TypeId, asked: &[(&str, &str)]) -> Result<Hits, Error> {
        let asked: Vec<_> =
            asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = parse(Some(type_id), None, &asked, Handling::Strict, &*self.ports, &self.limits())?;
        Ok(self.store.search(&request.query, &*self.ports)?)
    }

    /// All of them.
    pub(crate) fn all_stored(
        &self,
        type_id: TypeId,
        asked: &[(&str, &str)],
        mut take: impl FnMut(Version),
    ) -> Result<(), Error> {
        let mut cursor: Option<String> = None;
        loop {
            let next = cursor.as_deref().map(|cursor| ("_cursor", cursor));
            let page: Vec<_> = asked.iter().copied().chain([("_count", STEP)]).chain(next).collect();
            let hits = self.stored(type_id, &page)?;
            hits.matches.into_iter().for_each(&mut take);
            match hits.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }
}
