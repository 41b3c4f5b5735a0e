//! Hypertension: pressure climbs until drugs are added step by step.

use super::{Disease, Yearly};
use crate::care::{Body, Visit, diagnose, order, start};
use crate::date::Date;

const NAME: &str = "Hypertension";

pub(crate) struct Hypertension {
    onset: Date,
    /// Millimetres of mercury above normal without treatment.
    severity: f64,
    /// Drugs in the order they are added.
    ladder: [&'static str; 3],
    steps: usize,
    chemistry: Yearly,
}

impl Hypertension {
    pub(crate) fn new(onset: Date, severity: f64, tolerates_ace_inhibitor: bool, tight: bool) -> Self {
        let first = if tolerates_ace_inhibitor { "lisinopril_10" } else { "losartan_50" };
        let last = if tight { "chlorthalidone_25" } else { "hydrochlorothiazide_25" };
        Self {
            onset,
            severity,
            ladder: [first, "amlodipine_5", last],
            steps: 0,
            chemistry: Yearly::default(),
        }
    }
}

impl Disease for Hypertension {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        Some(if self.steps == 0 { 100 } else { 270 })
    }

    fn affect(&self, body: &mut Body, on: Date) {
        let years = on.years_since(self.onset);
        let untreated = self.severity + 0.6 * years.min(15.0);
        let relief = [0.0, 10.0, 18.0, 25.0][self.steps];
        body.systolic += untreated - relief;
        body.diastolic += 0.5 * (untreated - relief);
        body.shift("potassium", if self.steps == 3 { -0.3 } else { 0.0 });
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, "hypertension", self.onset);
        let (systolic, diastolic) = (visit.body.systolic, visit.body.diastolic);
        if !visit.in_person() {
            visit.note.plan(NAME, "Home readings in range. Continue current treatment.");
            return;
        }
        if visit.chart.problem("pregnancy").is_some() {
            visit.note.plan(
                NAME,
                format!(
                    "BP {systolic:.0}/{diastolic:.0}. Usual drugs held in pregnancy, watch for preeclampsia."
                ),
            );
            return;
        }
        for drug in &self.ladder[..self.steps] {
            start(visit, drug, &condition);
        }
        let reading = format!("{systolic:.0}/{diastolic:.0}");
        let on = visit.date();
        if self.chemistry.due(on, 330) {
            order(visit, "basic_metabolic");
        }
        let high = systolic >= 140.0 || diastolic >= 90.0;
        if high && self.steps < self.ladder.len() && visit.random().chance(0.75) {
            let drug = self.ladder[self.steps];
            start(visit, drug, &condition);
            self.steps += 1;
            let name = crate::content::drug(drug).name;
            visit.note.plan(
                NAME,
                format!("BP {reading}, above goal. Started {name}. Home monitoring, recheck in 3 months."),
            );
        } else if high && self.steps == 0 {
            visit.note.plan(
                NAME,
                format!(
                    "BP {reading}, above goal. Prefers diet and exercise first; home monitoring, recheck."
                ),
            );
        } else if high {
            visit.note.plan(
                NAME,
                format!("BP {reading}, above goal. Missed doses discussed; reduce salt, recheck."),
            );
        } else {
            visit.note.plan(NAME, format!("BP {reading}, at goal. Continue current treatment."));
        }
    }
}
