//! Depression and anxiety: symptoms come in episodes and answer to treatment, followed by PHQ-9 and GAD-7.

use super::Disease;
use crate::care::{Body, Visit, consult, diagnose, start, stop, survey};
use crate::date::Date;
use crate::questionnaire::{GAD_7, PHQ_9, Scale};

/// Antidepressants that either disease may be treated with.
const ANTIDEPRESSANTS: [&str; 4] = ["sertraline_50", "sertraline_100", "escitalopram_10", "venlafaxine_75"];

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
        Self::new("anxiety", onset, severity, cycle, ["escitalopram_10", "venlafaxine_75"])
    }

    fn new(key: &'static str, onset: Date, severity: f64, cycle: f64, ladder: [&'static str; 2]) -> Self {
        Self { key, onset, severity, cycle, ladder, steps: 0, treated_since: None, was_referred: false }
    }

    fn scale(&self) -> &'static Scale {
        if self.key == "depression" { &PHQ_9 } else { &GAD_7 }
    }

    /// The next step of the ladder. One antidepressant treats both diseases.
    fn treat(&mut self, visit: &mut Visit, total: i32, condition: &str) {
        let (disease, scale) = (crate::content::diagnosis(self.key).name, self.scale().name);
        let drug = self.ladder[self.steps];
        let other = ANTIDEPRESSANTS.iter().find(|key| !self.ladder.contains(key) && visit.chart.takes(key));
        self.treated_since.get_or_insert(visit.date());
        self.steps += 1;
        if let Some(other) = other {
            let other = crate::content::drug(other).name;
            visit.note.plan(
                disease,
                format!("{scale} {total}. Continue {other}, which treats this too; therapy advised."),
            );
            return;
        }
        if self.steps == 2 {
            stop(visit, self.ladder[0], "Changed for lack of effect");
        }
        start(visit, drug, condition);
        let drug = crate::content::drug(drug).name;
        visit.note.plan(
            disease,
            format!("{scale} {total}. Started {drug}; therapy advised; follow up in 4 to 8 weeks."),
        );
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
        visit.hear(match total {
            ..5 => "Mood is good, sleeping well.",
            5..10 => "Mood up and down, managing at work and home.",
            10..15 => "Low energy and poor sleep most days.",
            _ => "Struggling most days; no plan to harm self.",
        });
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
            self.treat(visit, total, &condition);
        } else {
            visit
                .note
                .plan(name, format!("{} {total}, partial response. Continue drug and therapy.", scale.name));
        }
    }
}
