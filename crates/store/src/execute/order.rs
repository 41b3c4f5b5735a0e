//! Orders other than the index's: sort values of matches, and the best of them.

use super::cursor::Cursor;
use super::links::document_of;
pub(crate) use super::meaning::SortValue;
use crate::Hits;
use crate::error::StoreError;
use crate::snapshot::Position;
use crate::version::Version;
use fhir::schema::TypeId;
use search::query::Query;
use std::cmp::Ordering;

/// A match with what it is sorted by.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The values of the sort keys.
    pub values: Vec<Option<SortValue>>,
    /// The place in the order of the index: the last key of every order.
    pub position: Position,
    /// The match.
    pub version: Version,
}

/// Whether the order asked for is the index's own.
pub(super) fn is_by_recency(query: &Query, types: &[TypeId]) -> bool {
    match query.sort.as_slice() {
        [] => true,
        [first, ..] => {
            first.descending
                && query.sort.len() == 1
                && types.iter().all(|type_id| super::meaning::is_principal_date(*type_id, first.code))
        }
    }
}

/// A match with the values that a query sorts by.
pub(crate) fn found(
    query: &Query,
    position: Position,
    version: Version,
    ports: &dyn search::Ports,
) -> Result<Found, StoreError> {
    let mut values = Vec::with_capacity(query.sort.len());
    if !query.sort.is_empty() {
        let document = document_of(&version)?;
        for key in &query.sort {
            values.push(match (key.code, &document) {
                ("_lastUpdated", _) => Some(SortValue::Instant(version.updated_ms)),
                (_, None) => None,
                (code, Some(document)) => super::meaning::sort_value(document, code, key.descending, ports),
            });
        }
    }
    Ok(Found { values, position, version })
}

/// How two places lie in a query's order. What has no value comes last, whichever way the order goes.
fn compare(
    query: &Query,
    a: (&[Option<SortValue>], Position),
    b: (&[Option<SortValue>], Position),
) -> Ordering {
    let by_values = query.sort.iter().zip(a.0.iter().zip(b.0)).map(|(key, pair)| match pair {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) if key.descending => b.compare(a),
        (Some(a), Some(b)) => a.compare(b),
    });
    let decided = by_values.fold(Ordering::Equal, Ordering::then);
    decided.then_with(|| b.1.cmp(&a.1))
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
            compare(self.query, at, (&cursor.values, cursor.position)).is_gt()
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
        let query = self.query;
        self.kept.sort_unstable_by(|a, b| compare(query, (&a.values, a.position), (&b.values, b.position)));
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
