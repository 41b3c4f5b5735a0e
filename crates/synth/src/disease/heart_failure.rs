//! Heart failure: weight and NT-proBNP tell how it goes.

use super::{Disease, Yearly};
use crate::care::{Body, Study, Visit, diagnose, order, start, study};
use crate::date::Date;

const NAME: &str = "Heart failure";

pub(crate) struct HeartFailure {
    onset: Date,
    severity: f64,
    is_treated: bool,
    echocardiogram: Yearly,
}

impl HeartFailure {
    pub(crate) fn new(onset: Date, severity: f64) -> Self {
        Self { onset, severity, is_treated: false, echocardiogram: Yearly::default() }
    }

    /// Fluid in kilograms: it comes and goes over months.
    fn fluid(&self, on: Date) -> f64 {
        let wave = (f64::from(on.days()) / 51.0).sin().max(0.0);
        self.severity * if self.is_treated { 1.2 * wave } else { 3.5 }
    }
}

impl Disease for HeartFailure {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        Some(100)
    }

    fn affect(&self, body: &mut Body, on: Date) {
        let fluid = self.fluid(on);
        body.weight += fluid;
        body.oxygen -= 0.6 * fluid;
        body.respiration += 0.8 * fluid;
        body.set("nt_pro_bnp", 650.0 + 600.0 * fluid);
        body.systolic -= 8.0;
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, "heart_failure", self.onset);
        let fluid = self.fluid(visit.date());
        order(visit, "nt_pro_bnp");
        order(visit, "basic_metabolic");
        let on = visit.date();
        if self.echocardiogram.due(on, 800) {
            study(
                visit,
                &Study {
                    procedure: ("40701008", "Echocardiography"),
                    report: ("42148-7", "US Heart"),
                    section: "cardiology",
                    conclusion: "Left ventricular ejection fraction 40 percent, mild global hypokinesis, mild mitral regurgitation.",
                },
            );
        }
        if !self.is_treated {
            self.is_treated = true;
            for drug in ["furosemide_40", "carvedilol_6", "spironolactone_25"] {
                start(visit, drug, &condition);
            }
            visit.note.plan(
                NAME,
                "Started furosemide, carvedilol and spironolactone. Daily weights, 2 g sodium diet.",
            );
        } else if fluid > 1.0 {
            visit.note.history.push("Ankles swollen, sleeps on two pillows.".into());
            visit.see("Pitting edema to mid shin, fine crackles at both bases.");
            visit.note.plan(
                NAME,
                format!("Up about {fluid:.1} kg of fluid. Furosemide doubled for 3 days, call with weights."),
            );
        } else {
            visit.note.plan(NAME, "Euvolemic. Continue current treatment and daily weights.");
        }
    }
}
