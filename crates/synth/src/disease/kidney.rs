//! Chronic kidney disease: filtration falls year by year.

use super::{Disease, Yearly};
use crate::care::{Body, Visit, consult, diagnose, order};
use crate::date::Date;

const NAME: &str = "Chronic kidney disease";

pub(crate) struct KidneyDisease {
    onset: Date,
    /// Filtration lost a year, mL/min/1.73 m2.
    decline: f64,
    is_stage_4: bool,
    chemistry: Yearly,
}

impl KidneyDisease {
    pub(crate) fn new(onset: Date, decline: f64) -> Self {
        Self { onset, decline, is_stage_4: false, chemistry: Yearly::default() }
    }
}

impl Disease for KidneyDisease {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        Some(if self.is_stage_4 { 100 } else { 240 })
    }

    fn affect(&self, body: &mut Body, on: Date) {
        let rate = (56.0 - self.decline * on.years_since(self.onset)).max(16.0);
        body.set("egfr", rate.min(body.get("egfr")));
        body.set("urea_nitrogen", 14.0 + (60.0 - rate).max(0.0) * 0.6);
        body.shift("potassium", (50.0 - rate).max(0.0) * 0.015);
        body.shift("hemoglobin", -(45.0 - rate).max(0.0) * 0.08);
        body.shift("urine_albumin_creatinine", 40.0 + (60.0 - rate) * 3.0);
        body.shift("bicarbonate", -(45.0 - rate).max(0.0) * 0.12);
    }

    fn attend(&mut self, visit: &mut Visit) {
        let on = visit.date();
        if visit.in_person() && self.chemistry.due(on, 150) {
            order(visit, "basic_metabolic");
            order(visit, "urine_albumin");
            order(visit, "blood_count");
        }
        let rate = visit.result("egfr").unwrap_or_else(|| visit.body.get("egfr"));
        if rate < 28.0 && !self.is_stage_4 {
            self.is_stage_4 = true;
            visit.chart.resolve("kidney_disease_3", on);
            diagnose(visit, "kidney_disease_4", on);
            consult(
                visit,
                ("306206005", "Referral to service"),
                "Nephrology: CKD stage 4, likely from diabetes or hypertension. Avoid NSAIDs, renal diet, vein preservation, follow every 3 months.",
            );
            visit.note.plan(NAME, format!("eGFR {rate:.0}, now stage 4. Referred to nephrology."));
            return;
        }
        let key = if self.is_stage_4 { "kidney_disease_4" } else { "kidney_disease_3" };
        diagnose(visit, key, self.onset);
        visit.note.plan(
            NAME,
            format!(
                "eGFR {rate:.0} mL/min/1.73 m2. Avoid NSAIDs, renal dosing, keep blood pressure at goal."
            ),
        );
    }
}
