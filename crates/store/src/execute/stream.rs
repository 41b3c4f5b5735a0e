//! The matches of one type, last in order first, found as they are asked for.

use super::SnapshotSource;
use super::budget::Budget;
use super::limits::SearchLimits;
use super::links::Links;
use super::plan::Plan;
use crate::error::StoreError;
use crate::snapshot::{Leaf, Place, Position, Snapshot, Stored, Walk, Walked};
use crate::version::Version;
use search::query::Clause;
use std::collections::VecDeque;

/// Places taken from the index at a time, at most.
const GREATEST_STEP: usize = 512;

/// Places taken at first, at least.
const LEAST_STEP: usize = 16;

/// The stream.
pub(super) struct Stream<'a> {
    candidates: Candidates<'a>,
    clauses: &'a [Clause],
    links: &'a Links<'a, SnapshotSource<'a>>,
    ready: VecDeque<Stored>,
    step: usize,
}

impl<'a> Stream<'a> {
    /// A stream of what a plan finds and the clauses hold for, behind a position; `first` is how many will be
    /// wanted.
    pub fn new(
        snapshot: &'a dyn Snapshot,
        plan: Plan,
        clauses: &'a [Clause],
        links: &'a Links<'a, SnapshotSource<'a>>,
        budget: &'a Budget,
        behind: Option<Position>,
        first: usize,
    ) -> Self {
        let step = first.clamp(LEAST_STEP, GREATEST_STEP);
        Self {
            candidates: Candidates::new(snapshot, plan, budget, behind),
            clauses,
            links,
            ready: VecDeque::new(),
            step,
        }
    }

    /// Where the next match stands.
    pub fn peek(&mut self) -> Result<Option<Position>, StoreError> {
        self.fill()?;
        Ok(self.ready.front().map(|stored| stored.position))
    }

    /// The next match.
    pub fn next(&mut self) -> Result<Option<Stored>, StoreError> {
        self.fill()?;
        Ok(self.ready.pop_front())
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        while self.ready.is_empty() {
            let candidates = self.candidates.load(self.step)?;
            if candidates.is_empty() {
                return Ok(());
            }
            self.ready.extend(self.links.matching(self.clauses, candidates)?);
            self.step = (self.step * 2).min(GREATEST_STEP);
        }
        Ok(())
    }
}

/// Takes the first steps of streams together.
pub(super) fn begin(snapshot: &dyn Snapshot, streams: &mut [&mut Stream]) -> Result<(), StoreError> {
    let mut candidates: Vec<_> =
        streams.iter_mut().map(|stream| (&mut stream.candidates, stream.step)).collect();
    walk_on(snapshot, &mut candidates)
}

/// Calls `each` with all candidates of a plan until it answers false.
pub(super) fn each_candidate(
    snapshot: &dyn Snapshot,
    plan: Plan,
    budget: &Budget,
    each: &mut dyn FnMut(Version) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut candidates = Candidates::new(snapshot, plan, budget, None);
    let mut step = LEAST_STEP;
    loop {
        let loaded = candidates.load(step)?;
        if loaded.is_empty() {
            return Ok(());
        }
        for stored in loaded {
            if !each(stored.version)? {
                return Ok(());
            }
        }
        step = (step * 2).min(GREATEST_STEP);
    }
}

/// The places that a plan leads to behind a position, at most so many, and whether that is all.
pub(super) fn places_of(
    snapshot: &dyn Snapshot,
    plan: Plan,
    limits: &SearchLimits,
    behind: Option<Position>,
    limit: usize,
) -> Result<(Vec<Place>, bool), StoreError> {
    let budget = Budget::new(limits);
    let mut candidates = Candidates::new(snapshot, plan, &budget, behind);
    let mut places = Vec::new();
    while places.len() < limit {
        match candidates.next_place(GREATEST_STEP)? {
            Some(place) => places.push(place),
            None => return Ok((places, true)),
        }
    }
    Ok((places, false))
}

/// What a plan finds, in order.
struct Candidates<'a> {
    snapshot: &'a dyn Snapshot,
    plan: Plan,
    budget: &'a Budget,
    runs: Vec<Run>,
}

/// One leaf on its way.
struct Run {
    leaf: Leaf,
    places: VecDeque<Place>,
    behind: Option<Position>,
    /// Whether its most recent places were taken: the others are taken all at once.
    is_begun: bool,
    /// Whether its walks looked for the plan's tokens.
    is_narrowed: bool,
    done: bool,
}

impl<'a> Candidates<'a> {
    fn new(snapshot: &'a dyn Snapshot, mut plan: Plan, budget: &'a Budget, behind: Option<Position>) -> Self {
        let leaves = std::mem::take(&mut plan.leaves);
        let run = |leaf| Run {
            leaf,
            places: VecDeque::new(),
            behind,
            is_begun: false,
            is_narrowed: false,
            done: false,
        };
        Self { snapshot, plan, budget, runs: leaves.into_iter().map(run).collect() }
    }

    /// The next documents, at most so many; none at the end.
    fn load(&mut self, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let mut places = Vec::with_capacity(limit);
        while places.len() < limit {
            match self.next_place(limit)? {
                Some(place) => places.push(place),
                None => break,
            }
        }
        self.budget.spend(places.len(), 0)?;
        self.snapshot.load(&places)
    }

    /// The next place that the plan's narrowings leave.
    fn next_place(&mut self, step: usize) -> Result<Option<Place>, StoreError> {
        loop {
            let Some((place, is_narrowed)) = self.merged(step)? else { return Ok(None) };
            if let Some(known) = &self.plan.concerning
                && !known.may_concern(place.home, self.snapshot, self.budget.limits())?
            {
                continue;
            }
            if is_narrowed || self.snapshot.has_tokens(place.position, &self.plan.tokens)? {
                return Ok(Some(place));
            }
        }
    }

    /// The next place of the merged runs, each once, and whether its walk looked for the plan's tokens.
    fn merged(&mut self, step: usize) -> Result<Option<(Place, bool)>, StoreError> {
        let mut best: Option<Place> = None;
        walk_on(self.snapshot, &mut [(self, step)])?;
        for run in &self.runs {
            if let Some(place) = run.places.front()
                && best.is_none_or(|best| place.position > best.position)
            {
                best = Some(*place);
            }
        }
        let Some(best) = best else { return Ok(None) };
        let mut is_narrowed = self.plan.tokens.is_empty();
        for run in &mut self.runs {
            while run.places.front().is_some_and(|place| place.position == best.position) {
                is_narrowed |= run.is_narrowed;
                run.places.pop_front();
            }
        }
        Ok(Some((best, is_narrowed)))
    }

    /// The walk by which a run goes on.
    fn walk(&self, at: usize, step: usize) -> Walk<'_> {
        let (run, rows_left) = (&self.runs[at], self.budget.rows_left());
        Walk {
            leaf: &run.leaf,
            recency: self.plan.recency.clone(),
            behind: run.behind,
            signature: &self.plan.signature,
            tokens: &self.plan.tokens,
            limit: if run.leaf.is_ordered() || !run.is_begun { step } else { rows_left },
            examine: rows_left,
        }
    }

    fn take(&mut self, at: usize, walked: Walked) -> Result<(), StoreError> {
        let rows_left = self.budget.rows_left();
        self.budget.spend(0, walked.examined)?;
        if !walked.done && walked.examined >= rows_left {
            // What is left of the budget was spent without coming to an end.
            self.budget.spend(0, 1)?;
        }
        let run = &mut self.runs[at];
        run.is_begun = true;
        run.is_narrowed = walked.is_narrowed;
        run.behind = walked.last.or(run.behind);
        run.done = walked.done;
        run.places = walked.places.into();
        Ok(())
    }
}

/// Walks on where runs have nothing at hand, all of them together, until each has or is at its end; with the step of each.
fn walk_on(snapshot: &dyn Snapshot, candidates: &mut [(&mut Candidates, usize)]) -> Result<(), StoreError> {
    loop {
        let mut wanting = Vec::new();
        for (of, (candidates, _)) in candidates.iter().enumerate() {
            let is_wanting = |run: &Run| run.places.is_empty() && !run.done;
            let runs = candidates.runs.iter().enumerate();
            wanting.extend(runs.filter(|(_, run)| is_wanting(run)).map(|(at, _)| (of, at)));
        }
        if wanting.is_empty() {
            return Ok(());
        }
        let walk = |(of, at): &(usize, usize)| candidates[*of].0.walk(*at, candidates[*of].1);
        let walked = snapshot.walk(&wanting.iter().map(walk).collect::<Vec<_>>())?;
        for ((of, at), walked) in wanting.into_iter().zip(walked) {
            candidates[of].0.take(at, walked)?;
        }
    }
}
