//! What came to a chart after the last visit: what a clinician asks first.

use crate::chart::Chart;
use crate::chart::document::DocumentItem;
use crate::chart::medication::Medication;
use crate::chart::observation::{Series, Value};
use crate::chart::problem::Problem;
use crate::chart::visit::Visit;

/// What is newer than the last visit before today.
pub struct SinceVisit<'a> {
    /// That visit.
    pub visit: &'a Visit,
    /// Results, the abnormal first: the new one and the one before.
    pub results: Vec<(&'a Value, Option<&'a Value>)>,
    /// Current medications ordered or reported.
    pub medications: Vec<&'a Medication>,
    /// Problems that began.
    pub problems: Vec<&'a Problem>,
    /// Notes and documents.
    pub documents: Vec<&'a DocumentItem>,
}

/// Encounters that took place.
const TOOK_PLACE: [&str; 3] = ["finished", "onleave", "unknown"];

impl<'a> SinceVisit<'a> {
    /// Reads a chart; `today` as `2026-11-22`. `None` when there was no visit before today.
    pub fn of(chart: &'a Chart, today: &str) -> Option<Self> {
        let took_place = |visit: &&Visit| TOOK_PLACE.contains(&visit.status.as_str());
        let before_today = |visit: &&Visit| !visit.date.is_empty() && visit.date.as_str() < today;
        let visits = chart.visits.iter().filter(took_place).filter(before_today);
        let visit = visits.max_by(|one, two| one.date.cmp(&two.date))?;
        let is_new = |date: &str| date > visit.date.as_str();
        let newest_two = |series: &'a Series| Some((series.values.first()?, series.values.get(1)));
        let mut results: Vec<_> =
            chart.results.iter().filter_map(newest_two).filter(|(newest, _)| is_new(&newest.date)).collect();
        results.sort_by_key(|(newest, _)| std::cmp::Reverse(newest.flag.urgency()));
        Some(Self {
            visit,
            results,
            medications: chart.medications.iter().filter(|one| one.is_current && is_new(&one.date)).collect(),
            problems: chart.problems.iter().filter(|one| one.is_active && is_new(&one.onset)).collect(),
            documents: chart.documents.iter().filter(|one| is_new(&one.date)).collect(),
        })
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty()
            && self.medications.is_empty()
            && self.problems.is_empty()
            && self.documents.is_empty()
    }
}
