//! The sig as FHIR's Dosage (R4 §2.39) and Timing (§2.24.0.17).

use super::timing::{Count, Frequency, Pattern, TimeUnit, When};
use super::{Amount, AsNeeded, Dose, Duration, Sig, Unit};
use crate::fhir_parts::{SNOMED_CT, UCUM, coding};
use fhir::{Object, Value};

const ABBREVIATIONS: &str = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation";

impl Sig {
    /// The Dosage: its text is the instruction, and every part that FHIR has a place for is there as data.
    pub fn dosage(&self) -> Value {
        let mut dosage = Object::new();
        let text = self.instruction();
        if !text.is_empty() {
            dosage.set("text", text);
        }
        if let Some(meal) = self.frequency.as_ref().and_then(meal_beside_other) {
            dosage.set("additionalInstruction", vec![fhir::object! { "text" => meal.words(true) }]);
        }
        if let Some(timing) = timing(self.frequency.as_ref(), self.duration) {
            dosage.set("timing", timing);
        }
        match &self.as_needed {
            Some(AsNeeded::For(reason)) => {
                dosage.set("asNeededCodeableConcept", fhir::object! { "text" => reason.as_str() });
            }
            Some(AsNeeded::Unstated) => dosage.set("asNeededBoolean", true),
            None => {}
        }
        if let Some(site) = self.route.and_then(super::Route::site) {
            dosage.set("site", fhir::object! { "text" => site });
        }
        if let Some(route) = self.route {
            let coding = coding(SNOMED_CT, route.code(), route.display());
            dosage.set("route", fhir::object! { "coding" => vec![coding], "text" => route.name() });
        }
        if let Some(dose) = self.dose {
            dosage.set("doseAndRate", vec![dose_and_rate(dose)]);
        }
        dosage.into()
    }
}

fn dose_and_rate(dose: Dose) -> Value {
    let low = quantity(dose.low(), dose.unit());
    match dose.high() {
        None => fhir::object! { "doseQuantity" => low },
        Some(high) => {
            let range = fhir::object! { "low" => low, "high" => quantity(high, dose.unit()) };
            fhir::object! { "doseRange" => range }
        }
    }
}

fn quantity(amount: Amount, unit: Option<Unit>) -> Value {
    let mut quantity = Object::new();
    quantity.set("value", amount.number());
    if let Some(unit) = unit {
        quantity.set("unit", unit.name(amount <= Amount::one()));
        if let Some(code) = unit.ucum() {
            quantity.set("system", UCUM);
            quantity.set("code", code);
        }
    }
    quantity.into()
}

/// The timing; the code has no display, since HL7's displays are abbreviations that are not to be written.
fn timing(frequency: Option<&Frequency>, duration: Option<Duration>) -> Option<Value> {
    let mut repeat = Object::new();
    if let Some(duration) = duration {
        let (name, bounds) = bounds(duration);
        repeat.set(name, bounds);
    }
    if let Some(frequency) = frequency {
        frequency_into(&mut repeat, frequency);
    }
    let mut timing = Object::new();
    if !repeat.is_empty() {
        timing.set("repeat", repeat);
    }
    if let Some((frequency, code)) = frequency.and_then(|frequency| Some((frequency, frequency.code()?))) {
        let coding = fhir::object! { "system" => ABBREVIATIONS, "code" => code };
        timing.set("code", fhir::object! { "coding" => vec![coding], "text" => frequency.to_string() });
    }
    (!timing.is_empty()).then(|| timing.into())
}

fn bounds(duration: Duration) -> (&'static str, Value) {
    let quantity = |number: u16| {
        fhir::object! {
            "value" => i64::from(number),
            "unit" => duration.unit.name(),
            "system" => UCUM,
            "code" => duration.unit.code(),
        }
    };
    match duration.count.high() {
        None => ("boundsDuration", quantity(duration.count.low())),
        Some(high) => {
            let range = fhir::object! { "low" => quantity(duration.count.low()), "high" => quantity(high) };
            ("boundsRange", range)
        }
    }
}

fn frequency_into(repeat: &mut Object, frequency: &Frequency) {
    let once = Count::exactly(1);
    match frequency.pattern() {
        Some(Pattern::Once) => repeat.set("count", 1_i64),
        Some(Pattern::Times(count, unit)) => repeating(repeat, count, once, unit),
        Some(Pattern::Every(count, unit)) => repeating(repeat, once, count, unit),
        Some(Pattern::Days(days)) => {
            repeat.set("dayOfWeek", days.days().map(super::Weekday::code).collect::<Vec<_>>());
        }
        None => {}
    }
    let meal = meal_beside_other(frequency);
    let events = frequency.when().iter().filter(|event| Some(**event) != meal);
    let codes: Vec<&str> = events.map(|event| event.code()).collect();
    if !codes.is_empty() {
        repeat.set("when", codes);
    }
}

/// A meal beside another event: as an event it would be one more time, and it is a condition.
fn meal_beside_other(frequency: &Frequency) -> Option<When> {
    let has_other = frequency.when().iter().any(|event| !event.is_meal());
    frequency.when().iter().copied().find(|event| event.is_meal() && has_other)
}

fn repeating(repeat: &mut Object, times: Count, period: Count, unit: TimeUnit) {
    let members = [
        ("frequency", Some(times.low())),
        ("frequencyMax", times.high()),
        ("period", Some(period.low())),
        ("periodMax", period.high()),
    ];
    for (name, number) in members {
        if let Some(number) = number {
            repeat.set(name, i64::from(number));
        }
    }
    repeat.set("periodUnit", unit.code());
}
