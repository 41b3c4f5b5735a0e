//! Type 2 diabetes: sugar that climbs, drugs that are added, and the yearly search for complications.

use super::{Disease, Yearly};
use crate::care::{Body, Visit, consult, diagnose, order, perform, start, stop};
use crate::date::Date;

const NAME: &str = "Type 2 diabetes";

pub(crate) struct Diabetes {
    onset: Date,
    /// Points of hemoglobin A1c above normal when it began.
    severity: f64,
    /// Points a year by which it worsens.
    drift: f64,
    adherence: f64,
    steps: usize,
    gets_retinopathy: bool,
    gets_neuropathy: bool,
    eyes: Yearly,
    feet: Yearly,
    urine: Yearly,
}

/// Drugs in the order they are added. The second replaces the first.
const LADDER: [&str; 5] =
    ["metformin_500", "metformin_1000", "empagliflozin_10", "glipizide_5", "insulin_glargine"];
/// Points of A1c that the first so many steps bring.
const RELIEF: [f64; 6] = [0.0, 0.8, 1.2, 1.9, 2.5, 3.6];

impl Diabetes {
    pub(crate) fn new(onset: Date, random: &mut crate::random::Random) -> Self {
        Self {
            onset,
            severity: random.normal(1.9, 0.7).max(1.0),
            drift: random.normal(0.22, 0.1).max(0.05),
            adherence: random.normal(0.82, 0.15).clamp(0.3, 1.0),
            steps: 0,
            gets_retinopathy: random.chance(0.2),
            gets_neuropathy: random.chance(0.2),
            eyes: Yearly::default(),
            feet: Yearly::default(),
            urine: Yearly::default(),
        }
    }
}

impl Disease for Diabetes {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        Some(if self.steps < 2 { 110 } else { 170 })
    }

    fn affect(&self, body: &mut Body, on: Date) {
        let years = on.years_since(self.onset);
        let a1c = body.get("a1c") + self.severity + self.drift * years.min(18.0);
        let a1c = (a1c - RELIEF[self.steps] * self.adherence).clamp(5.4, 14.0);
        body.set("a1c", a1c);
        // Average glucose from A1c (Nathan 2008), a little lower when fasting.
        body.set("glucose", (28.7 * a1c - 46.7) * 0.92);
        body.shift("triglycerides", 40.0);
        body.shift("hdl", -5.0);
        body.shift("urine_albumin_creatinine", 1.4 * years.min(15.0));
        body.shift("egfr", -0.5 * years.min(15.0));
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, "diabetes", self.onset);
        if !visit.in_person() {
            visit.note.history.push("Fasting readings at home mostly between 110 and 160.".into());
            visit.note.plan(
                NAME,
                "Meter readings reviewed. Continue current treatment, A1c at next visit in person.",
            );
            return;
        }
        order(visit, "a1c");
        self.treat(visit, &condition);
        self.examine(visit, &condition);
    }
}

impl Diabetes {
    fn treat(&mut self, visit: &mut Visit, condition: &str) {
        let Some(a1c) = visit.result("a1c") else {
            visit.note.plan(NAME, "Continue current treatment; A1c at the next visit.");
            return;
        };
        if a1c >= 7.5 && self.steps < LADDER.len() && (a1c >= 9.0 || visit.random().chance(0.65)) {
            let kidneys_allow = visit.body.get("egfr") >= 30.0;
            let at = if kidneys_allow { self.steps } else { LADDER.len() - 1 };
            let drug = LADDER[at];
            if drug == "metformin_1000" {
                stop(visit, "metformin_500", "Dose increased");
            }
            start(visit, drug, condition);
            self.steps = at + 1;
            let name = crate::content::drug(drug).name;
            visit.note.plan(
                NAME,
                format!("A1c {a1c:.1}%, above goal of 7.5. Started {name}. Diet and activity reviewed."),
            );
        } else if a1c >= 7.5 {
            visit.note.plan(
                NAME,
                format!("A1c {a1c:.1}%, above goal. Prefers to work on diet first; recheck in 3 months."),
            );
        } else {
            visit.note.plan(NAME, format!("A1c {a1c:.1}%, at goal. Continue current treatment."));
        }
    }

    fn examine(&mut self, visit: &mut Visit, condition: &str) {
        let on = visit.date();
        let years = on.years_since(self.onset);
        if self.urine.due(on, 330) {
            order(visit, "urine_albumin");
            order(visit, "basic_metabolic");
        }
        if self.feet.due(on, 330) {
            perform(visit, "401191002", "Diabetic foot examination", Some(condition));
            if self.gets_neuropathy && years > 6.0 {
                let onset = self.onset.plus_days(2192);
                diagnose(visit, "neuropathy", onset);
                visit
                    .note
                    .exam
                    .push("Monofilament sensation reduced at both great toes, pulses present.".into());
                visit.note.plan("Diabetic neuropathy", "Foot care and footwear reviewed.");
            } else {
                visit
                    .note
                    .exam
                    .push("Feet: skin intact, pulses present, monofilament sensation normal.".into());
            }
        }
        if self.eyes.due(on, 360) && visit.random().chance(0.8) {
            let affected = self.gets_retinopathy && years > 7.0;
            let opinion = if affected {
                "Mild nonproliferative diabetic retinopathy in both eyes, no macular edema. Repeat in 6 months."
            } else {
                "Dilated examination: no diabetic retinopathy in either eye. Repeat in one year."
            };
            consult(visit, ("308110009", "Direct fundoscopy following mydriatic"), opinion);
            if affected {
                let onset = self.onset.plus_days(2557);
                diagnose(visit, "retinopathy", onset);
            }
            visit.note.plan(NAME, "Referred for yearly dilated eye examination.");
        }
    }
}
