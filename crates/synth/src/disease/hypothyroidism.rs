//! Hypothyroidism: TSH high until the dose of levothyroxine is right.

use super::{Disease, Yearly};
use crate::care::{Body, Visit, diagnose, order, start, stop};
use crate::date::Date;

const NAME: &str = "Hypothyroidism";

pub(crate) struct Hypothyroidism {
    onset: Date,
    severity: f64,
    steps: usize,
    /// The dose was found right once.
    is_settled: bool,
    check: Yearly,
}

impl Hypothyroidism {
    pub(crate) fn new(onset: Date, severity: f64) -> Self {
        Self { onset, severity, steps: 0, is_settled: false, check: Yearly::default() }
    }
}

impl Disease for Hypothyroidism {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        (!self.is_settled).then_some(90)
    }

    fn affect(&self, body: &mut Body, _on: Date) {
        let raised = self.severity / [1.0, 3.0, 12.0][self.steps];
        body.shift("tsh", raised);
        body.shift("free_t4", -0.06 * raised);
        if self.steps == 0 {
            body.shift("ldl", 12.0);
            body.pulse -= 4.0;
        }
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, "hypothyroidism", self.onset);
        let on = visit.date();
        if visit.in_person() && self.check.due(on, if self.is_settled { 300 } else { 60 }) {
            order(visit, if self.steps == 0 { "thyroid" } else { "tsh" });
        }
        let Some(tsh) = visit.result("tsh") else {
            visit.note.plan(NAME, "Energy good, weight stable. Continue levothyroxine.");
            return;
        };
        match self.steps {
            0 => {
                start(visit, "levothyroxine_50", &condition);
                self.steps = 1;
                visit.note.plan(
                    NAME,
                    format!("TSH {tsh:.2}, high. Started levothyroxine 50 mcg, recheck in 6 to 8 weeks."),
                );
            }
            1 if tsh > 4.5 => {
                stop(visit, "levothyroxine_50", "Dose increased");
                start(visit, "levothyroxine_75", &condition);
                self.steps = 2;
                visit
                    .note
                    .plan(NAME, format!("TSH {tsh:.2}, still high. Increased levothyroxine to 75 mcg."));
            }
            _ => {
                self.is_settled = true;
                visit.note.plan(NAME, format!("TSH {tsh:.2}. Continue current dose."));
            }
        }
    }
}
