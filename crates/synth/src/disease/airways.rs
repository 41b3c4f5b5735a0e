//! Asthma and chronic obstructive pulmonary disease.

use super::{Disease, Yearly};
use crate::care::{Body, Study, Visit, course, diagnose, start, study};
use crate::date::Date;

pub(crate) struct Airways {
    key: &'static str,
    onset: Date,
    is_severe: bool,
    spirometry: Yearly,
}

impl Airways {
    pub(crate) fn asthma(onset: Date, is_severe: bool) -> Self {
        Self { key: "asthma", onset, is_severe, spirometry: Yearly::default() }
    }

    pub(crate) fn copd(onset: Date, is_severe: bool) -> Self {
        Self { key: "copd", onset, is_severe, spirometry: Yearly::default() }
    }
}

impl Disease for Airways {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        self.is_severe.then_some(180)
    }

    fn affect(&self, body: &mut Body, on: Date) {
        if self.key == "copd" {
            let years = on.years_since(self.onset).min(12.0);
            body.oxygen -= 2.0 + 0.25 * years;
            body.respiration += 2.0;
            body.set("fev1_fvc", 66.0 - 1.2 * years);
        }
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, self.key, self.onset);
        let name = crate::content::diagnosis(self.key).name;
        start(visit, "albuterol", &condition);
        if self.is_severe {
            let controller = match self.key {
                "copd" => "fluticasone_salmeterol",
                _ if visit.age() > 15.0 && visit.chart.takes("fluticasone") => "montelukast_10",
                _ => "fluticasone",
            };
            start(visit, controller, &condition);
        }
        let on = visit.date();
        if visit.in_person() && visit.age() >= 6.0 && self.spirometry.due(on, 700) {
            let ratio = if self.key == "copd" { visit.body.get("fev1_fvc") } else { 74.0 };
            let conclusion = format!(
                "FEV1/FVC {ratio:.0}%. {}",
                if ratio < 70.0 {
                    "Obstruction."
                } else {
                    "No fixed obstruction; improves after bronchodilator."
                }
            );
            study(
                visit,
                &Study {
                    procedure: ("127783003", "Spirometry"),
                    report: ("18759-1", "Spirometry study"),
                    section: "pulmonary",
                    conclusion: &conclusion,
                },
            );
        }
        if visit.random().chance(if self.is_severe { 0.2 } else { 0.07 }) {
            visit
                .note
                .history
                .push("Wheezing and cough at night this week, using albuterol several times a day.".into());
            visit.see("Expiratory wheeze in all fields, no accessory muscle use.");
            if visit.age() >= 12.0 {
                course(visit, "prednisone_20", &condition);
                visit.note.plan(name, "Flare. Prednisone 40 mg for 5 days, action plan reviewed.");
            } else {
                visit.note.plan(name, "Flare. Albuterol every 4 hours for 2 days, action plan reviewed.");
            }
        } else {
            visit.note.plan(name, "Well controlled, inhaler technique checked.");
        }
    }
}
