//! Laboratory work: an order, the results with ranges and flags, a report.

use super::body::{creatinine_for, filtration_for};
use super::observation::interpretation;
use super::visit::Visit;
use crate::coding::{LOINC, SNOMED, coding, concept, hl7, named_reference, quantity, reference, rounded};
use crate::content::{Analyte, Panel, analyte, analytes, panel};
use crate::foundation::{LABORATORY, category};
use crate::people::Sex;
use fhir::{Object, Value, array, object};

/// Draws a panel at this visit unless it was drawn already. Whoever orders must do without the results: by video there
/// are none.
pub(crate) fn order(visit: &mut Visit, key: &'static str) {
    if visit.panels.contains(&key) || !visit.in_person() || visit.chart.spares() {
        return;
    }
    visit.panels.push(key);
    let panel = panel(key);
    let request = request(visit, panel, "completed");
    let mut observations = Vec::new();
    let mut line = Vec::new();
    for at in &panel.analytes {
        if let Some(value) = sample(visit, *at) {
            visit.results.push((*at, value));
            let flag = flag(&analytes()[*at], value, visit.sex());
            observations.push(reference(&observation(visit, *at, value, flag)));
            if flag != "N" || panel.analytes.len() <= 4 {
                line.push(result_text(&analytes()[*at], value, flag, panel.analytes.len() == 1));
            }
        }
    }
    let text = if line.is_empty() { "all within normal limits".to_owned() } else { line.join(", ") };
    visit.note.results.push(format!("{}: {text}", panel.name));
    report(visit, panel, &request, observations);
}

/// "LDL 162 mg/dL (H)".
fn result_text(analyte: &Analyte, value: f64, flag: &str, stands_alone: bool) -> String {
    let name = match analyte.key {
        "egfr" => "eGFR".to_owned(),
        key if key.len() <= 4 => key.to_uppercase(),
        key => key.replace('_', " "),
    };
    let unit = analyte.ucum.replace("/{", "/").replace('{', " ").replace('}', "").replace('_', " ");
    let mark = if flag == "N" { String::new() } else { format!(" ({flag})") };
    let name = if stands_alone { String::new() } else { format!("{name} ") };
    format!("{name}{value:.*} {}{mark}", analyte.decimals, unit)
}

/// A new value of an analyte; `None` where it has no meaning. Values that follow from others are computed, so that
/// they agree.
fn sample(visit: &mut Visit, at: usize) -> Option<f64> {
    let one = &analytes()[at];
    if let Some((_, known)) = visit.results.iter().find(|(analyte, _)| *analyte == at) {
        return Some(*known);
    }
    let (age, sex) = (visit.age(), visit.sex());
    let so_far = |key: &str| visit.result(key).unwrap_or_else(|| visit.body.get(key));
    let value = match one.key {
        "egfr" if age < 18.0 => return None,
        "egfr" => filtration_for(so_far("creatinine"), age, sex),
        "creatinine" if age < 18.0 => 0.25 + 0.03 * age,
        "creatinine" => {
            let rate = visit.body.get("egfr") * visit.chart.random.normal(1.0, 0.05);
            creatinine_for(rate.max(8.0), age, sex)
        }
        "hematocrit" => 3.0 * so_far("hemoglobin") - 0.3,
        "erythrocytes" => 10.0 * so_far("hemoglobin") * 3.0 / visit.body.get("mcv"),
        "cholesterol" => {
            // Friedewald turned round: the parts first, then their sum.
            for part in ["triglycerides", "hdl", "ldl"] {
                let part_at = analyte(part);
                let value = noisy(visit, part_at);
                visit.results.push((part_at, value));
            }
            let part = |key| visit.result(key).unwrap_or(0.0);
            part("ldl") + part("hdl") + part("triglycerides") / 5.0
        }
        _ => noisy(visit, at),
    };
    Some(rounded(value, one.decimals))
}

fn noisy(visit: &mut Visit, at: usize) -> f64 {
    let one = &analytes()[at];
    let value = visit.body.value(at) * visit.chart.random.normal(1.0, one.noise);
    rounded(value.max(0.0), one.decimals)
}

/// The range for a sex.
fn range(one: &Analyte, sex: Sex) -> (Option<f64>, Option<f64>) {
    if sex == Sex::Female {
        (one.female_low.or(one.low), one.female_high.or(one.high))
    } else {
        (one.low, one.high)
    }
}

/// LL, L, N, H or HH (v3-ObservationInterpretation).
fn flag(one: &Analyte, value: f64, sex: Sex) -> &'static str {
    let (low, high) = range(one, sex);
    let under = |limit: Option<f64>| limit.is_some_and(|limit| value < limit);
    let over = |limit: Option<f64>| limit.is_some_and(|limit| value > limit);
    if under(one.critical_low) {
        "LL"
    } else if over(one.critical_high) {
        "HH"
    } else if under(low) {
        "L"
    } else if over(high) {
        "H"
    } else {
        "N"
    }
}

fn observation(visit: &mut Visit, at: usize, value: f64, flag: &str) -> String {
    let one = &analytes()[at];
    let (low, high) = range(one, visit.sex());
    let mut limits = Object::new();
    if let Some(low) = low {
        limits.set("low", quantity(low, one.decimals, one.ucum));
    }
    if let Some(high) = high {
        limits.set("high", quantity(high, one.decimals, one.ucum));
    }
    let mut fields = Object::new();
    fields.set("status", "final");
    fields.set("category", category("laboratory", "Laboratory"));
    fields.set("code", concept(LOINC, one.loinc, one.display));
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("effectiveDateTime", collected(visit));
    fields.set("issued", issued(visit));
    fields.set("performer", array![laboratory(visit)]);
    fields.set("valueQuantity", quantity(value, one.decimals, one.ucum));
    fields.set("interpretation", interpretation(flag));
    fields.set("referenceRange", array![Value::Object(limits)]);
    visit.chart.add("Observation", Some("observation-lab"), fields)
}

fn collected(visit: &Visit) -> String {
    visit.at.plus_minutes(visit.minutes).to_string()
}

/// Results come back the same evening.
fn issued(visit: &Visit) -> String {
    crate::date::Moment { date: visit.at.date, minute: 20 * 60 + 12 }.to_string()
}

fn laboratory(visit: &Visit) -> Value {
    named_reference(
        &visit.chart.practice.reference("Organization", LABORATORY),
        "Riverbend Reference Laboratory",
    )
}

/// Writes a laboratory order.
pub(crate) fn request(visit: &mut Visit, panel: &Panel, status: &str) -> String {
    let mut fields = Object::new();
    fields.set("status", status);
    fields.set("intent", "order");
    fields.set("category", array![concept(SNOMED, "108252007", "Laboratory procedure")]);
    fields.set("priority", "routine");
    fields.set("code", concept(LOINC, panel.loinc, panel.display));
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("occurrenceDateTime", visit.at.date.to_string());
    fields.set("authoredOn", visit.at.plus_minutes(10).to_string());
    fields.set("requester", visit.clinician());
    fields.set("performer", array![laboratory(visit)]);
    visit.chart.add("ServiceRequest", Some("servicerequest"), fields)
}

fn report(visit: &mut Visit, panel: &Panel, request: &str, observations: Vec<Value>) {
    let mut fields = Object::new();
    fields.set("basedOn", array![reference(request)]);
    fields.set("status", "final");
    fields.set(
        "category",
        array![object! { "coding" => array![coding(&hl7("v2-0074"), "LAB", "Laboratory")] }],
    );
    fields.set("code", concept(LOINC, panel.loinc, panel.display));
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("effectiveDateTime", collected(visit));
    fields.set("issued", issued(visit));
    fields.set("performer", array![laboratory(visit)]);
    fields.set("result", observations);
    visit.chart.add("DiagnosticReport", Some("diagnosticreport-lab"), fields);
}
