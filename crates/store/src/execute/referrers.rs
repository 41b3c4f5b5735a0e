//! Where what refers to patients lies, for reverse chains (`_has`): found once a search, not once a patient.

use super::limits::SearchLimits;
use super::plan::{Plan, Planner};
use super::stream::places_of;
use crate::error::StoreError;
use crate::snapshot::{Leaf, Place, Position, Snapshot};
use fhir::schema::TypeId;
use search::access::leads_home;
use search::query::Clause;
use search::rows::Home;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Candidates of a clause, by the record that they lie in: that of the patient to whom they refer.
pub(super) struct Referrers {
    plan: Plan,
    known: RefCell<Known>,
    /// Homes of which nothing was known that were let pass since the last look.
    unseen: Cell<usize>,
}

#[derive(Default)]
struct Known {
    places: HashMap<i64, Vec<Place>>,
    /// The last one looked at, and how many were.
    behind: Option<Position>,
    rows: usize,
    /// False while there may be more, all less recent.
    is_all: bool,
}

impl Referrers {
    /// The candidates so far that may refer to the patient of a home.
    pub fn at(&self, home: i64) -> Vec<Place> {
        let known = self.known.borrow();
        let of = |home: i64| known.places.get(&home).into_iter().flatten();
        // What several patients share lies in no patient's home.
        of(home).chain(of(Home::SHARED.0)).copied().collect()
    }

    /// True when there are no others.
    pub fn is_all(&self) -> bool {
        self.known.borrow().is_all
    }

    /// The homes of all patients that may be referred to; `None` when that is not known.
    pub fn homes(&self) -> Option<Vec<i64>> {
        let known = self.known.borrow();
        let is_whole = known.is_all && !known.places.contains_key(&Home::SHARED.0);
        is_whole.then(|| known.places.keys().copied().collect())
    }

    /// Whether a home may be that of a patient who is referred to. One that was not seen is let pass, for its own record
    /// to be looked at; when there are many such, it looks further. So a search that is content with the first few
    /// patients does not look at all that refers, and one of many patients comes to know all.
    pub fn may_concern(
        &self,
        home: i64,
        snapshot: &dyn Snapshot,
        limits: &SearchLimits,
    ) -> Result<bool, StoreError> {
        if self.is_seen(home) {
            return Ok(true);
        }
        self.unseen.set(self.unseen.get() + 1);
        if self.unseen.get() > limits.unseen_homes && !self.is_all() {
            self.look_further(snapshot, limits)?;
            self.unseen.set(0);
        }
        Ok(self.is_seen(home) || !self.is_all())
    }

    fn is_seen(&self, home: i64) -> bool {
        let known = self.known.borrow();
        known.places.contains_key(&home) || known.places.contains_key(&Home::SHARED.0)
    }

    fn look_further(&self, snapshot: &dyn Snapshot, limits: &SearchLimits) -> Result<(), StoreError> {
        let mut known = self.known.borrow_mut();
        if known.is_all {
            return Ok(());
        }
        // As many again as were looked at before: where all must be, that is soon.
        let rows = known.rows.max(limits.referring_rows);
        let (found, is_all) = places_of(snapshot, self.plan.clone(), limits, known.behind, rows)?;
        known.rows += found.len();
        known.behind = found.last().map(|place| place.position).or(known.behind);
        known.is_all = is_all;
        for place in found {
            known.places.entry(place.home).or_default().push(place);
        }
        Ok(())
    }
}

/// Who asks: the type that refers, its parameter, the clause.
type Question = (TypeId, &'static str, Clause);

/// What was found in a search so far.
#[derive(Default)]
pub(super) struct KnownReferrers {
    answers: RefCell<Vec<(Question, Option<Rc<Referrers>>)>>,
}

impl KnownReferrers {
    /// What refers to patients by a parameter and may meet a clause; `None` when the index does not tell by whom.
    pub fn find(
        &self,
        planner: &Planner,
        source: TypeId,
        parameter: &'static str,
        clause: &Clause,
    ) -> Result<Option<Rc<Referrers>>, StoreError> {
        let is_asked =
            |(asked, _): &&(Question, _)| (asked.0, asked.1) == (source, parameter) && asked.2 == *clause;
        if let Some((_, known)) = self.answers.borrow().iter().find(is_asked) {
            return Ok(known.clone());
        }
        let found = match leads_home(source, parameter) && planner.snapshot.is_index_current() {
            true => find(planner, source, clause)?.map(Rc::new),
            false => None,
        };
        self.answers.borrow_mut().push(((source, parameter, clause.clone()), found.clone()));
        Ok(found)
    }
}

fn find(planner: &Planner, source: TypeId, clause: &Clause) -> Result<Option<Referrers>, StoreError> {
    let plan = planner.plan(source, std::slice::from_ref(clause))?.unwrap_or_default();
    if plan.leaves.iter().any(|leaf| matches!(leaf, Leaf::Type(_))) {
        return Ok(None);
    }
    let referrers = Referrers { plan, known: RefCell::default(), unseen: Cell::default() };
    referrers.look_further(planner.snapshot, planner.limits)?;
    Ok(Some(referrers))
}
