//! Orders other than the index's: sort values of matches, and the best of them.

use super::cursor::Cursor;
use crate::Hits;
use crate::error::StoreError;
use crate::snapshot::Position;
use crate::version::Version;
use search::access::principal_date;
use search::query::{Query, SortKey};
use search::sort::{SortValue, sort_value};
use std::cmp::Ordering;

/// A match with what it is sorted by.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The values of the sort keys.
    pub values: Vec<SortValue>,
    /// The place in the order of the index: the last key of every order.
    pub position: Position,
    /// The match.
    pub version: Version,
}

/// The keys whose values a query's order needs. None for the index's own order: the principal date of the types
/// searched, descending, is that order, in which a resource without the date stands at the time it was written.
pub(crate) fn values_of(query: &Query) -> &[SortKey] {
    match query.sort.as_slice() {
        [only]
            if only.descending
                && !query.types.is_empty()
                && query.types.iter().all(|type_id| principal_date(*type_id) == Some(only.code)) =>
        {
            &[]
        }
        keys => keys,
    }
}

/// A match with the values that a query sorts by.
pub(crate) fn found(
    query: &Query,
    position: Position,
    version: Version,
    ports: &dyn search::Ports,
) -> Result<Found, StoreError> {
    let keys = values_of(query);
    let mut values = Vec::with_capacity(keys.len());
    if !keys.is_empty()
        && let Some(document) = version.document()?
    {
        let value = |key: &SortKey| sort_value(document, *key, Some(version.updated_ms), ports);
        values.extend(keys.iter().map(value));
    }
    Ok(Found { values, position, version })
}

/// How two places lie in an order: by the values, then last in the order of the index first.
fn compare(a: (&[SortValue], Position), b: (&[SortValue], Position)) -> Ordering {
    a.0.cmp(b.0).then_with(|| b.1.cmp(&a.1))
}

/// The first matches of an order behind a cursor, kept while all matches go by.
pub(crate) struct Best<'a> {
    query: &'a Query,
    cursor: Option<&'a Cursor>,
    kept: Vec<Found>,
}

impl<'a> Best<'a> {
    /// Nothing yet.
    pub fn new(query: &'a Query, cursor: Option<&'a Cursor>) -> Self {
        Self { query, cursor, kept: Vec::new() }
    }

    /// Takes a match, in any order.
    pub fn take(&mut self, found: Found) {
        let is_behind = self.cursor.is_none_or(|cursor| {
            let at = (found.values.as_slice(), found.position);
            compare(at, (&cursor.values, cursor.position)).is_gt()
        });
        if is_behind {
            self.kept.push(found);
            let wanted = self.query.count.saturating_add(1);
            if self.kept.len() >= wanted.saturating_mul(4).max(1_024) {
                self.shorten(wanted);
            }
        }
    }

    fn shorten(&mut self, length: usize) {
        self.kept.sort_unstable_by(|a, b| compare((&a.values, a.position), (&b.values, b.position)));
        self.kept.truncate(length);
    }

    /// The page.
    pub fn hits(mut self) -> Hits {
        self.shorten(self.query.count.saturating_add(1));
        let more = self.kept.len() > self.query.count;
        self.kept.truncate(self.query.count);
        let last = self.kept.last().filter(|_| more);
        let next = last
            .map(|found| Cursor { values: found.values.clone(), position: found.position }.write(self.query));
        Hits { matches: self.kept.into_iter().map(|found| found.version).collect(), next, total: None }
    }
}

/// The answer to a query whose matches are all at hand.
pub(crate) fn answer(query: &Query, matches: Vec<Found>) -> Result<Hits, StoreError> {
    let total = matches.len() as u64;
    let cursor = query.cursor.as_deref().map(|text| Cursor::read(text, query)).transpose()?;
    let mut best = Best::new(query, cursor.as_ref());
    for found in matches {
        best.take(found);
    }
    let hits = if query.count == 0 { Hits::default() } else { best.hits() };
    Ok(Hits { total: Some(total), ..hits })
}
