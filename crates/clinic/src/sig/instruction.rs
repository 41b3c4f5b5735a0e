//! The instruction for the patient.

use super::{AsNeeded, Sig};

/// What one does with doses counted in a unit, when neither route nor form says so.
const UNIT_VERBS: [(&str, &str); 7] = [
    ("puff", "Inhale"),
    ("spray", "Use"),
    ("drop", "Instill"),
    ("patch", "Apply"),
    ("application", "Apply"),
    ("suppository", "Insert"),
    ("applicatorful", "Insert"),
];

const DEFAULT_VERB: &str = "Take";
const INHALE: &str = "Inhale";
const APPLY: &str = "Apply";

impl Sig {
    /// One sentence in plain words, without its full stop: `Take 500 mg by mouth three times a day for 10 days`. Empty when
    /// nothing is said but the drug and its supply.
    pub fn instruction(&self) -> String {
        let verb = self.verb();
        // Who inhales need not be told that it is by inhalation.
        let route = self.route.filter(|route| verb != INHALE || route.name() != "by inhalation");
        let parts = [
            self.dose.map(|dose| dose.to_string()),
            route.map(|route| route.name().to_owned()),
            self.how_often(),
            self.duration.map(|duration| format!("for {duration}")),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        if said.is_empty() { String::new() } else { format!("{verb} {}", said.join(" ")) }
    }

    /// The frequency, and that it is as needed.
    pub(super) fn how_often(&self) -> Option<String> {
        let frequency = self.frequency.as_ref().map(ToString::to_string);
        let as_needed = self.as_needed.as_ref().map(|as_needed| match as_needed {
            AsNeeded::Unstated => "as needed".to_owned(),
            AsNeeded::For(reason) => format!("as needed for {reason}"),
        });
        let parts: Vec<String> = [frequency, as_needed].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Whether it is put on, which needs no amount.
    pub(super) fn is_applied(&self) -> bool {
        self.verb() == APPLY
    }

    fn verb(&self) -> &'static str {
        let unit = self.dose.and_then(super::Dose::unit);
        let of_unit = unit.and_then(|unit| UNIT_VERBS.iter().find(|(name, _)| *name == unit.name(true)));
        self.route
            .and_then(super::Route::verb)
            .or(self.form.map(super::Form::verb))
            .or(of_unit.map(|(_, verb)| *verb))
            .unwrap_or(DEFAULT_VERB)
    }
}
