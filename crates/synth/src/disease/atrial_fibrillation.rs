//! Atrial fibrillation: rate control and an anticoagulant; warfarin is followed by INR.

use super::Disease;
use crate::care::{Body, Visit, diagnose, order, perform, start};
use crate::date::Date;

const NAME: &str = "Atrial fibrillation";

pub(crate) struct AtrialFibrillation {
    onset: Date,
    takes_warfarin: bool,
    is_treated: bool,
    /// Swings of the INR, different in everyone.
    swing: f64,
}

impl AtrialFibrillation {
    pub(crate) fn new(onset: Date, takes_warfarin: bool, swing: f64) -> Self {
        Self { onset, takes_warfarin, is_treated: false, swing }
    }
}

impl Disease for AtrialFibrillation {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        Some(if self.takes_warfarin { 35 } else { 180 })
    }

    fn affect(&self, body: &mut Body, on: Date) {
        body.pulse += if self.is_treated { 4.0 } else { 26.0 };
        if self.is_treated && self.takes_warfarin {
            let wave = (f64::from(on.days()) / 23.0 * (1.0 + self.swing)).sin();
            body.set("inr", 2.5 + 0.55 * wave);
        }
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, "atrial_fibrillation", self.onset);
        visit.see("Irregularly irregular rhythm.");
        let drug = if self.takes_warfarin { "warfarin_5" } else { "apixaban_5" };
        if !self.is_treated {
            self.is_treated = true;
            perform(visit, "29303009", "Electrocardiographic procedure", Some(&condition));
            start(visit, "metoprolol_succinate_50", &condition);
            start(visit, drug, &condition);
            visit.note.plan(
                NAME,
                format!(
                    "ECG shows atrial fibrillation. Anticoagulation with {}, rate control with metoprolol.",
                    crate::content::drug(drug).name
                ),
            );
            return;
        }
        if !self.takes_warfarin {
            visit.note.plan(NAME, "Rate controlled, no bleeding. Continue apixaban.");
            return;
        }
        order(visit, "inr");
        match visit.result("inr") {
            Some(inr) if inr < 2.0 => visit.note.plan(
                NAME,
                format!("INR {inr:.1}, low. Weekly warfarin dose raised by 10%, recheck in 2 weeks."),
            ),
            Some(inr) if inr > 3.0 => visit.note.plan(
                NAME,
                format!("INR {inr:.1}, high. Hold one dose, lower weekly dose by 10%, recheck in 1 week."),
            ),
            Some(inr) => visit
                .note
                .plan(NAME, format!("INR {inr:.1}, in range 2 to 3. Same dose, recheck in 4 weeks.")),
            None => visit.note.plan(NAME, "No bleeding or bruising. INR at the next visit in person."),
        }
    }
}
