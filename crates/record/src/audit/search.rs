//! Searches of the audit log: rows are walked newest first, and what may fit is shown to the matcher as an AuditEvent, so
//! that every parameter means here what it means elsewhere.

use super::DISORDER_MS;
use super::event::{audit_event, version_of};
use super::log::{LoggedRow, Place, Progress, Walk, row_at};
use crate::error::Error;
use crate::session::Session;
use search::prefix::Prefix;
use search::query::{Clause, Query, SortKey, Test, Total};
use search::value::ValueTest;
use search::value::reference::ReferenceTest;
use search::value::token::TokenTest;
use search::{SearchError, SearchErrorKind};
use store::{Hits, ResourceKey, StoreError, Version};

/// Rows that are shown to the matcher for a page.
const MATCHED_MAX: usize = 50_000;
/// Rows that are passed by for a page because of their time, or what they do not name.
const PASSED_MAX: usize = 2_000_000;

/// An AuditEvent by its id.
pub(crate) fn find(session: &Session, key: &ResourceKey) -> Result<Option<Version>, Error> {
    let Some(place) = Place::of_id(&key.id) else { return Ok(None) };
    let row = row_at(&*session.record.store, place)?;
    Ok(row.and_then(|row| version_of(&row, session.record.base_url())))
}

/// Whether a query asks for the audit log. Searches of several types leave it out.
pub(crate) fn is_asked(query: &Query) -> bool {
    query.types == [audit_event()]
}

/// The AuditEvents that match, newest first.
pub(crate) fn search(session: &Session, query: &Query) -> Result<Hits, Error> {
    refuse_order(query)?;
    query.clauses.iter().try_for_each(refuse_reverse)?;
    let sought = Sought::new(session, query);
    if let Some(ids) = ids_of(query) {
        return sought.of_ids(&ids);
    }
    let mut hits = match query.count {
        0 => Hits::default(),
        count => {
            let from = query.cursor.as_deref().map_or(Ok(Progress::START), Progress::of_text)?;
            sought.page(from, count)?
        }
    };
    let is_all = query.count > 0 && query.cursor.is_none() && hits.next.is_none();
    hits.total = match query.total {
        _ if is_all => Some(hits.matches.len() as u64),
        Total::None => None,
        Total::Estimate => sought.total()?,
        Total::Accurate => Some(sought.total()?.ok_or_else(too_costly)?),
    };
    Ok(hits)
}

fn too_costly() -> StoreError {
    StoreError::TooCostly {
        advice: "name a span of time, such as date=ge2025-01-01&date=lt2025-02-01, or a patient".to_owned(),
    }
}

fn refuse_order(query: &Query) -> Result<(), Error> {
    let is_newest_first =
        |key: &SortKey| key.descending && (key.code == "date" || key.code == "_lastUpdated");
    match query.sort.iter().find(|key| !is_newest_first(key)) {
        Some(_) => {
            Err(unsupported("_sort", "the audit log is read newest first: leave it out, or use -date"))
        }
        None => Ok(()),
    }
}

fn refuse_reverse(clause: &Clause) -> Result<(), Error> {
    match clause {
        Clause::All(clauses) | Clause::Any(clauses) => clauses.iter().try_for_each(refuse_reverse),
        Clause::Not(clause) => refuse_reverse(clause),
        Clause::Has { .. } => {
            Err(unsupported("_has", "what refers to AuditEvents is not searched; leave it out"))
        }
        _ => Ok(()),
    }
}

fn unsupported(parameter: &str, problem: &str) -> Error {
    Error::Search(SearchError {
        kind: SearchErrorKind::Unsupported,
        parameter: parameter.to_owned(),
        problem: problem.to_owned(),
    })
}

/// What is looked for, with what can be told of a row before it is read as an AuditEvent.
struct Sought<'a> {
    session: &'a Session,
    query: &'a Query,
    /// First millisecond that may match.
    low_ms: i64,
    /// The millisecond behind the last.
    high_ms: i64,
    /// Of each of these, one must stand in the row.
    needles: Vec<Vec<&'a str>>,
}

impl<'a> Sought<'a> {
    fn new(session: &'a Session, query: &'a Query) -> Self {
        let (mut low_ms, mut high_ms) = (i64::MIN, i64::MAX);
        let mut needles = Vec::new();
        for clause in &query.clauses {
            let Clause::Parameter(criterion) = clause else { continue };
            let Test::AnyOf(tests) = &criterion.test else { continue };
            if let ("date" | "_lastUpdated", [test]) = (criterion.code, tests.as_slice()) {
                let (low, high) = span_of(test);
                low_ms = low_ms.max(low);
                high_ms = high_ms.min(high);
            }
            if NAMED_IN_ROWS.contains(&criterion.code) {
                needles.extend(tests.iter().map(needle).collect::<Option<Vec<_>>>());
            }
        }
        Self { session, query, low_ms, high_ms, needles }
    }

    fn of_ids(&self, ids: &[&str]) -> Result<Hits, Error> {
        let mut found = Hits::default();
        for place in ids.iter().filter_map(|id| Place::of_id(id)) {
            if let Some(row) = row_at(&*self.session.record.store, place)? {
                found.matches.extend(self.matching(&row));
            }
        }
        found.matches.sort_by_key(|version| std::cmp::Reverse(version.updated_ms));
        found.total = Some(found.matches.len() as u64);
        found.matches.truncate(self.query.count);
        Ok(found)
    }

    /// A page. Where the budget ends before the page is full, the page ends there; a page of nothing is too costly.
    fn page(&self, from: Progress, count: usize) -> Result<Hits, Error> {
        let mut matches = Vec::new();
        let mut last = from;
        let ended = self.walk(from, |version, progress| {
            if matches.len() < count {
                matches.push(version);
                last = progress;
                return true;
            }
            false
        })?;
        let next = match ended {
            Ended::AtTheEnd => None,
            Ended::ByTaker => Some(last),
            Ended::OutOfBudget(_) if matches.is_empty() => return Err(too_costly().into()),
            Ended::OutOfBudget(progress) => Some(progress),
        };
        Ok(Hits { matches, next: next.map(Progress::to_text), total: None })
    }

    /// How many match; `None` when that is too much to count.
    fn total(&self) -> Result<Option<u64>, Error> {
        let mut total = 0;
        let ended = self.walk(Progress::START, |_, _| {
            total += 1;
            true
        })?;
        Ok(matches!(ended, Ended::AtTheEnd).then_some(total))
    }

    /// Gives matches, newest first, with how far the walk has come, until the taker wants no more.
    fn walk(&self, from: Progress, mut take: impl FnMut(Version, Progress) -> bool) -> Result<Ended, Error> {
        let mut walk = Walk::new(&*self.session.record.store, from);
        let (mut passed, mut matched) = (0, 0);
        loop {
            if passed >= PASSED_MAX || matched >= MATCHED_MAX {
                return Ok(Ended::OutOfBudget(walk.progress));
            }
            let Some(row) = walk.next()? else { return Ok(Ended::AtTheEnd) };
            if row.time_ms < self.low_ms.saturating_sub(DISORDER_MS) {
                return Ok(Ended::AtTheEnd);
            }
            if !self.may_match(&row) {
                passed += 1;
                continue;
            }
            matched += 1;
            if let Some(version) = self.matching(&row)
                && !take(version, walk.progress)
            {
                return Ok(Ended::ByTaker);
            }
        }
    }

    fn may_match(&self, row: &LoggedRow) -> bool {
        let stands_in = |needle: &&str| {
            row.text.contains(*needle) || row.changes.iter().any(|(key, _)| *key.id == **needle)
        };
        (self.low_ms..self.high_ms).contains(&row.time_ms)
            && self.needles.iter().all(|needles| needles.iter().any(stands_in))
    }

    fn matching(&self, row: &LoggedRow) -> Option<Version> {
        let version = version_of(row, self.session.record.base_url())?;
        let document = self.session.record.resource(version.clone()).document()?;
        let holds = |clause: &Clause| self.session.record.clause_holds(clause, &document);
        self.query.clauses.iter().all(holds).then_some(version)
    }
}

/// Why a walk ended.
enum Ended {
    AtTheEnd,
    ByTaker,
    OutOfBudget(Progress),
}

/// Parameters whose values stand in the rows as they are.
const NAMED_IN_ROWS: [&str; 4] = ["entity", "patient", "agent", "altid"];

/// What must stand in a row for a test to hold; `None` when nothing need.
fn needle(test: &ValueTest) -> Option<&str> {
    let text = match test {
        ValueTest::Reference(ReferenceTest::Local { id, .. }) => id,
        ValueTest::Token(TokenTest::Code { code: Some(code), .. }) => code,
        _ => return None,
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte));
    is_plain.then_some(text)
}

/// The times that may meet a test on a date.
fn span_of(test: &ValueTest) -> (i64, i64) {
    let ValueTest::Date(test) = test else { return (i64::MIN, i64::MAX) };
    match test.prefix {
        Prefix::Equal => (test.low_ms, test.high_ms),
        Prefix::Greater | Prefix::GreaterOrEqual | Prefix::StartsAfter => (test.low_ms, i64::MAX),
        Prefix::Less | Prefix::LessOrEqual | Prefix::EndsBefore => (i64::MIN, test.high_ms),
        Prefix::NotEqual | Prefix::Approximate => (i64::MIN, i64::MAX),
    }
}

/// The ids that a query names.
fn ids_of(query: &Query) -> Option<Vec<&str>> {
    query.clauses.iter().find_map(|clause| {
        let Clause::Parameter(criterion) = clause else { return None };
        let Test::AnyOf(tests) = &criterion.test else { return None };
        if criterion.code != "_id" {
            return None;
        }
        let is_code =
            |test: &ValueTest| matches!(test, ValueTest::Token(TokenTest::Code { code: Some(_), .. }));
        tests.iter().all(is_code).then(|| tests.iter().filter_map(needle).collect())
    })
}
