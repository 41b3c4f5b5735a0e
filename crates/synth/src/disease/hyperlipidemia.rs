//! Hyperlipidemia: high LDL, brought down by a statin.

use super::{Disease, Yearly};
use crate::care::{Body, Visit, diagnose, order, start, stop};
use crate::date::Date;

const NAME: &str = "Hyperlipidemia";

pub(crate) struct Hyperlipidemia {
    onset: Date,
    excess: f64,
    /// Taken as prescribed, 0 to 1.
    adherence: f64,
    statin: Option<&'static str>,
    lipids: Yearly,
}

impl Hyperlipidemia {
    pub(crate) fn new(onset: Date, excess: f64, adherence: f64) -> Self {
        Self { onset, excess, adherence, statin: None, lipids: Yearly::default() }
    }
}

impl Disease for Hyperlipidemia {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        None
    }

    fn affect(&self, body: &mut Body, _on: Date) {
        let effect = match self.statin {
            Some("atorvastatin_80") => 0.52,
            Some(_) => 0.40,
            None => 0.0,
        };
        let untreated = body.get("ldl") + self.excess;
        body.set("ldl", untreated * (1.0 - effect * self.adherence));
        body.shift("triglycerides", 35.0);
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, "hyperlipidemia", self.onset);
        if visit.chart.problem("pregnancy").is_some() {
            visit.note.plan(NAME, "Statin held in pregnancy.");
            return;
        }
        if let Some(statin) = self.statin {
            start(visit, statin, &condition);
        }
        let on = visit.date();
        if visit.in_person() && self.lipids.due(on, 330) {
            order(visit, "lipid");
        }
        let Some(ldl) = visit.result("ldl") else {
            visit.note.plan(NAME, "Tolerating treatment without muscle aches. Lipids due yearly.");
            return;
        };
        match self.statin {
            None if ldl >= 130.0 || (ldl >= 70.0 && visit.chart.problem("diabetes").is_some()) => {
                start(visit, "atorvastatin_20", &condition);
                self.statin = Some("atorvastatin_20");
                visit.note.plan(NAME, format!("LDL {ldl:.0} mg/dL. Started atorvastatin 20 mg after discussing benefit and muscle symptoms."));
            }
            Some("atorvastatin_20") if ldl >= 115.0 => {
                stop(visit, "atorvastatin_20", "Dose increased");
                start(visit, "atorvastatin_80", &condition);
                self.statin = Some("atorvastatin_80");
                visit
                    .note
                    .plan(NAME, format!("LDL {ldl:.0} mg/dL on 20 mg. Increased atorvastatin to 80 mg."));
            }
            _ => visit.note.plan(NAME, format!("LDL {ldl:.0} mg/dL. Continue current treatment.")),
        }
    }
}
