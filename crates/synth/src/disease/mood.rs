//! Depression and anxiety: symptoms come in episodes and answer to treatment, followed by PHQ-9 and GAD-7.

use super::Disease;
use crate::care::{Body, Visit, consult, diagnose, start, stop, survey};
use crate::date::Date;
use crate::questionnaire::{GAD_7, PHQ_9, Scale};

pub(crate) struct Mood {
    key: &'static str,
    onset: Date,
    severity: f64,
    /// Length of a cycle of better and worse, in years.
    cycle: f64,
    ladder: [&'static str; 2],
    steps: usize,
    /// Years of treatment deepen its effect.
    treated_since: Option<Date>,
    was_referred: bool,
}

impl Mood {
    pub(crate) fn depression(onset: Date, severity: f64, cycle: f64) -> Self {
        Self::new("depression", onset, severity, cycle, ["sertraline_50", "sertraline_100"])
    }

    pub(crate) fn anxiety(onset: Date, severity: f64, cycle: f64) -> Self {
        Self::new("anxiety", onset, severity, cycle, ["escitalopram_10", "bupropion_150"])
    }

    fn new(key: &'static str, onset: Date, severity: f64, cycle: f64, ladder: [&'static str; 2]) -> Self {
        Self { key, onset, severity, cycle, ladder, steps: 0, treated_since: None, was_referred: false }
    }

    fn scale(&self) -> &'static Scale {
        if self.key == "depression" { &PHQ_9 } else { &GAD_7 }
    }
}

impl Disease for Mood {
    fn onset(&self) -> Date {
        self.onset
    }

    fn follow_up_days(&self) -> Option<i32> {
        Some(if self.steps == 0 { 75 } else { 240 })
    }

    fn affect(&self, body: &mut Body, on: Date) {
        let phase = on.years_since(self.onset) / self.cycle * std::f64::consts::TAU;
        let episode = 0.65 + 0.35 * phase.cos();
        let months = self.treated_since.map_or(0.0, |since| on.years_since(since) * 12.0);
        let response = (months / 4.0).min(1.0) * [0.0, 0.45, 0.65][self.steps];
        let points = self.severity * episode * (1.0 - response);
        if self.key == "depression" {
            body.depression += points;
        } else {
            body.anxiety += points;
            body.pulse += points * 0.3;
        }
    }

    fn attend(&mut self, visit: &mut Visit) {
        let condition = diagnose(visit, self.key, self.onset);
        let truth = if self.key == "depression" { visit.body.depression } else { visit.body.anxiety };
        let scale = self.scale();
        let total = survey(visit, scale, truth);
        let name = crate::content::diagnosis(self.key).name;
        visit.note.history.push(
            match total {
                ..5 => "Mood is good, sleeping well.",
                5..10 => "Mood up and down, managing at work and home.",
                10..15 => "Low energy and poor sleep most days.",
                _ => "Struggling most days; no plan to harm self.",
            }
            .into(),
        );
        if total < 10 {
            visit.note.plan(name, format!("{} {total}, controlled. Continue current plan.", scale.name));
            return;
        }
        if !self.was_referred {
            self.was_referred = true;
            consult(
                visit,
                ("308477009", "Referral to psychiatrist"),
                "Began weekly cognitive behavioral therapy. Safety plan in place, agrees to return.",
            );
        }
        if self.steps == 0 || (self.steps == 1 && total >= 12) {
            let drug = self.ladder[self.steps];
            if drug == "sertraline_100" {
                stop(visit, "sertraline_50", "Dose increased");
            }
            start(visit, drug, &condition);
            self.treated_since.get_or_insert(visit.date());
            self.steps += 1;
            let drug = crate::content::drug(drug).name;
            visit.note.plan(
                name,
                format!(
                    "{} {total}. Started {drug}; therapy advised; follow up in 4 to 8 weeks.",
                    scale.name
                ),
            );
        } else {
            visit
                .note
                .plan(name, format!("{} {total}, partial response. Continue drug and therapy.", scale.name));
        }
    }
}
