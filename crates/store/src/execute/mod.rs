//! A search carried out over a [`Snapshot`]: the index gives candidates, the matcher decides, every step is
//! bounded.

mod budget;
mod cursor;
mod limits;
mod links;
mod order;
mod plan;
mod referrers;
mod stream;

pub use limits::SearchLimits;
pub(crate) use links::{Links, Source};
pub(crate) use order::{answer, found};

use crate::Hits;
use crate::error::StoreError;
use crate::snapshot::{Position, Snapshot, Stored};
use crate::version::{ResourceKey, Version};
use budget::Budget;
use cursor::Cursor;
use fhir::schema::{TypeId, schema};
use plan::Planner;
use referrers::KnownReferrers;
use search::query::{Clause, Query, Total};
use search::rows::Home;
use std::collections::HashSet;
use stream::Stream;

/// The matches of a query.
pub(crate) fn search(
    snapshot: &dyn Snapshot,
    query: &Query,
    ports: &dyn search::Ports,
    limits: &SearchLimits,
) -> Result<Hits, StoreError> {
    let search = Search::new(snapshot, query, ports, limits)?;
    let cursor = query.cursor.as_deref().map(|text| Cursor::read(text, query)).transpose()?;
    let mut hits = match query.count {
        0 => Hits::default(),
        _ if order::values_of(query).is_empty() => search.by_recency(cursor.as_ref())?,
        _ => search.sorted(cursor.as_ref())?,
    };
    let is_all = query.count > 0 && query.cursor.is_none() && hits.next.is_none();
    hits.total = match query.total {
        _ if is_all => Some(hits.matches.len() as u64),
        Total::None => None,
        Total::Accurate => Some(search.total(Budget::new(limits))?),
        Total::Estimate => match search.total(Budget::of_estimate(limits)) {
            Err(StoreError::TooCostly { .. }) => None,
            total => Some(total?),
        },
    };
    Ok(hits)
}

/// The first matches of each of several queries, at most two: enough to tell none, one and several. What they begin with
/// is asked for together.
pub(crate) fn first_two_of_each(
    snapshot: &dyn Snapshot,
    queries: &[&Query],
    ports: &dyn search::Ports,
    limits: &SearchLimits,
) -> Result<Vec<Vec<ResourceKey>>, StoreError> {
    let of_two = |query: &&Query| Query { count: 2, cursor: None, ..(*query).clone() };
    let queries: Vec<Query> = queries.iter().map(of_two).collect();
    let searches: Vec<Search> =
        queries.iter().map(|query| Search::new(snapshot, query, ports, limits)).collect::<Result<_, _>>()?;
    let budgets: Vec<Budget> = queries.iter().map(|_| Budget::new(limits)).collect();
    let links: Vec<_> = searches.iter().map(|search| Links::new(search.snapshot_source(), ports)).collect();
    let mut streams: Vec<Vec<Stream>> = Vec::with_capacity(searches.len());
    for (search, (budget, links)) in searches.iter().zip(budgets.iter().zip(&links)) {
        streams.push(search.streams(None, budget, links)?);
    }
    stream::begin(snapshot, &mut streams.iter_mut().flatten().collect::<Vec<_>>())?;
    let first_two = |streams: &mut Vec<Stream>| {
        let mut found = Vec::new();
        while found.len() < 2 {
            let Some(stored) = next_of(streams)? else { break };
            found.push(stored.version.key);
        }
        Ok(found)
    };
    streams.iter_mut().map(first_two).collect()
}

/// Whether the answer to a query may depend on resources of some types.
pub(crate) fn looks_at(query: &Query, types: &HashSet<TypeId>) -> bool {
    let is_one = |type_id: &TypeId| types.contains(type_id);
    let is_own = query.types.is_empty() || query.types.iter().any(is_one);
    !types.is_empty() && (is_own || query.clauses.iter().any(|clause| leads_to(clause, types)))
}

fn leads_to(clause: &Clause, types: &HashSet<TypeId>) -> bool {
    clause.has(&|one| match one {
        Clause::Chain { targets, .. } => {
            targets.is_empty() || targets.iter().any(|target| types.contains(target))
        }
        Clause::Has { source, .. } => types.contains(source),
        _ => false,
    })
}

/// The types that a query looks at, without those that have no documents.
fn types_of(snapshot: &dyn Snapshot, query: &Query) -> Result<Vec<TypeId>, StoreError> {
    let mut types = if query.types.is_empty() { schema().resources().collect() } else { query.types.clone() };
    types.sort_unstable();
    types.dedup();
    let mut present = Vec::new();
    for type_id in types {
        if snapshot.count(type_id)? > 0 {
            present.push(type_id);
        }
    }
    Ok(present)
}

struct Search<'a> {
    snapshot: &'a dyn Snapshot,
    query: &'a Query,
    ports: &'a dyn search::Ports,
    limits: &'a SearchLimits,
    types: Vec<TypeId>,
    referrers: KnownReferrers,
}

impl<'a> Search<'a> {
    fn new(
        snapshot: &'a dyn Snapshot,
        query: &'a Query,
        ports: &'a dyn search::Ports,
        limits: &'a SearchLimits,
    ) -> Result<Self, StoreError> {
        let types = types_of(snapshot, query)?;
        Ok(Self { snapshot, query, ports, limits, types, referrers: KnownReferrers::default() })
    }

    /// In the order of the index: the streams of the types are merged, and left as soon as the page is full.
    fn by_recency(&self, cursor: Option<&Cursor>) -> Result<Hits, StoreError> {
        let budget = Budget::new(self.limits);
        let links = Links::new(self.snapshot_source(), self.ports);
        let mut streams = self.streams(cursor.map(|cursor| cursor.position), &budget, &links)?;
        stream::begin(self.snapshot, &mut streams.iter_mut().collect::<Vec<_>>())?;
        let mut matches: Vec<(Position, Version)> = Vec::new();
        while matches.len() <= self.query.count {
            let Some(stored) = next_of(&mut streams)? else { break };
            matches.push((stored.position, stored.version));
        }
        let more = matches.len() > self.query.count;
        matches.truncate(self.query.count);
        let last = matches.last().filter(|_| more);
        let next =
            last.map(|(position, _)| Cursor { values: Vec::new(), position: *position }.write(self.query));
        Ok(Hits { matches: matches.into_iter().map(|(_, version)| version).collect(), next, total: None })
    }

    /// In another order: all matches are looked at, the best are kept.
    fn sorted(&self, cursor: Option<&Cursor>) -> Result<Hits, StoreError> {
        let budget = Budget::new(self.limits);
        let links = Links::new(self.snapshot_source(), self.ports);
        let mut best = order::Best::new(self.query, cursor);
        for stream in &mut self.streams(None, &budget, &links)? {
            while let Some(stored) = stream.next()? {
                best.take(found(self.query, stored.position, stored.version, self.ports)?);
            }
        }
        Ok(best.hits())
    }

    fn total(&self, budget: Budget) -> Result<u64, StoreError> {
        let mut total = 0;
        if self.query.clauses.is_empty() {
            for type_id in &self.types {
                total += self.snapshot.count(*type_id)?;
            }
            return Ok(total);
        }
        let links = Links::new(self.snapshot_source(), self.ports);
        for stream in &mut self.streams(None, &budget, &links)? {
            while stream.next()?.is_some() {
                total += 1;
            }
        }
        Ok(total)
    }

    fn snapshot_source(&self) -> SnapshotSource<'_> {
        SnapshotSource { planner: self.planner() }
    }

    fn planner(&self) -> Planner<'_> {
        let Self { snapshot, ports, limits, referrers, .. } = self;
        Planner { snapshot: *snapshot, ports: *ports, limits, referrers }
    }

    fn streams<'s>(
        &'s self,
        behind: Option<Position>,
        budget: &'s Budget,
        links: &'s Links<'s, SnapshotSource<'s>>,
    ) -> Result<Vec<Stream<'s>>, StoreError> {
        let mut streams = Vec::new();
        for type_id in &self.types {
            if let Some(plan) = self.planner().plan(*type_id, &self.query.clauses)? {
                let first = self.query.count.saturating_add(1);
                streams.push(Stream::new(
                    self.snapshot,
                    plan,
                    &self.query.clauses,
                    links,
                    budget,
                    behind,
                    first,
                ));
            }
        }
        Ok(streams)
    }
}

/// The next match of several streams, last in order first.
fn next_of(streams: &mut [Stream]) -> Result<Option<Stored>, StoreError> {
    let mut best: Option<(Position, usize)> = None;
    for (at, stream) in streams.iter_mut().enumerate() {
        if let Some(position) = stream.peek()?
            && best.is_none_or(|(other, _)| position > other)
        {
            best = Some((position, at));
        }
    }
    match best {
        Some((_, at)) => streams[at].next(),
        None => Ok(None),
    }
}

/// A snapshot as the place that references lead to.
pub(crate) struct SnapshotSource<'a> {
    planner: Planner<'a>,
}

impl Source for SnapshotSource<'_> {
    fn find(&self, type_id: TypeId, id: &str) -> Result<Option<Version>, StoreError> {
        self.planner.snapshot.find(type_id, id)
    }

    fn at_hand(&self, type_id: TypeId, id: &str) -> Result<Option<Option<Version>>, StoreError> {
        self.planner.snapshot.at_hand(type_id, id)
    }

    fn find_all(&self, wanted: &[ResourceKey]) -> Result<Vec<Option<Version>>, StoreError> {
        self.planner.snapshot.find_all(wanted)
    }

    fn referring(
        &self,
        source: TypeId,
        parameter: &'static str,
        target: (TypeId, &str),
        clause: &Clause,
        each: &mut dyn FnMut(Version) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let Planner { snapshot, limits, referrers, .. } = self.planner;
        let known = match target.0.name() {
            "Patient" => referrers.find(&self.planner, source, parameter, clause)?,
            _ => None,
        };
        let plan = match known {
            None => self.planner.plan_referring(source, parameter, target, clause)?,
            Some(known) => {
                let home = Home::of_patient(target.1).0;
                if !known.may_concern(home, snapshot, limits)? {
                    return Ok(());
                }
                for stored in snapshot.load(&known.at(home))? {
                    if !each(stored.version)? {
                        return Ok(());
                    }
                }
                let rest = || self.planner.plan_reference(source, parameter, target, clause);
                (!known.is_all()).then(rest)
            }
        };
        let Some(plan) = plan else { return Ok(()) };
        stream::each_candidate(snapshot, plan, &Budget::new(limits), each)
    }
}

/// What matches a clause on some types, when that is no more than a cap; `None` when it is more.
fn first_matches(
    planner: &Planner,
    types: &[TypeId],
    clause: &Clause,
    cap: usize,
) -> Result<Option<Vec<Version>>, StoreError> {
    let query =
        Query { types: types.to_vec(), clauses: vec![clause.clone()], count: cap, ..Query::default() };
    match search(planner.snapshot, &query, planner.ports, planner.limits) {
        Ok(hits) => Ok(hits.next.is_none().then_some(hits.matches)),
        Err(StoreError::TooCostly { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
