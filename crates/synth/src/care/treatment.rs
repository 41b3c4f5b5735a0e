//! Diagnoses and drugs: what a visit adds to the problem list and the medication list.

use super::visit::Visit;
use crate::chart::Treatment;
use crate::coding::{
    ICD_10_CM, RXNORM, SNOMED, UCUM, code_only, coding, concept, hl7, integer, object_of, reference,
};
use crate::content::{Diagnosis, Drug, diagnosis, drug};
use crate::date::Date;
use fhir::{Object, Value, array, object};

/// SNOMED CT and ICD-10-CM codes of a diagnosis.
pub(crate) fn diagnosis_concept(one: &Diagnosis) -> Value {
    object! {
        "coding" => array![
            coding(SNOMED, one.snomed, one.display),
            coding(ICD_10_CM, one.icd, one.icd_display),
        ],
        "text" => one.name,
    }
}

fn condition(visit: &Visit, key: &str, category: (&str, &str), status: &str, onset: Date) -> Object {
    let mut fields = Object::new();
    fields.set("clinicalStatus", code_only(&hl7("condition-clinical"), status));
    fields.set("verificationStatus", code_only(&hl7("condition-ver-status"), "confirmed"));
    fields.set(
        "category",
        array![object! { "coding" => array![coding(&hl7("condition-category"), category.0, category.1)] }],
    );
    fields.set("code", diagnosis_concept(diagnosis(key)));
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("onsetDateTime", onset.to_string());
    fields.set("recordedDate", visit.at.to_string());
    fields.set("recorder", visit.clinician());
    fields
}

/// Puts a disease on the problem list unless it is there; deals with it at this visit either way.
pub(crate) fn diagnose(visit: &mut Visit, key: &'static str, onset: Date) -> String {
    let known = visit.chart.problem(key);
    let found = known.unwrap_or_else(|| {
        let onset = onset.min(visit.date()).max(visit.chart.person.birth);
        let fields = condition(visit, key, ("problem-list-item", "Problem List Item"), "active", onset);
        let id = visit.chart.reserve("Condition");
        let entry = visit.chart.put("Condition", &id, Some("condition-problems-health-concerns"), fields);
        let found = format!("Condition/{id}");
        visit.chart.remember(key, found.clone(), entry);
        found
    });
    visit.address(key, &found);
    found
}

/// Records an illness that comes and goes.
pub(crate) fn episode(visit: &mut Visit, key: &'static str, onset: Date, ends: Date) -> String {
    let over = ends < visit.chart.practice.settings.today;
    let status = if over { "resolved" } else { "active" };
    let mut fields = condition(visit, key, ("encounter-diagnosis", "Encounter Diagnosis"), status, onset);
    if over {
        fields.set("abatementDateTime", ends.to_string());
    }
    let found = visit.chart.add("Condition", Some("condition-encounter-diagnosis"), fields);
    visit.address(key, &found);
    found
}

/// Route and its SNOMED CT code.
const ROUTES: [(&str, &str, &str); 5] = [
    ("oral", "26643006", "Oral route"),
    ("subcutaneous", "34206005", "Subcutaneous route"),
    ("inhaled", "447694001", "Respiratory tract route"),
    ("topical", "6064005", "Topical route"),
    ("intramuscular", "78421000", "Intramuscular route"),
];

fn dosage(one: &Drug, short: bool) -> Value {
    let mut repeat = Object::new();
    if short {
        repeat.set("boundsDuration", days(one.days));
    }
    match one.times_a_day {
        Some(times) => {
            repeat.set("frequency", Value::number(times));
            repeat.set("period", 1_i64);
            repeat.set("periodUnit", "d");
        }
        None => {
            repeat.set("frequency", 1_i64);
            repeat.set("period", 6_i64);
            repeat.set("periodUnit", "h");
        }
    }
    let route = ROUTES.iter().find(|route| route.0 == one.route).map_or(ROUTES[0], |route| *route);
    object! {
        "sequence" => 1_i64,
        "text" => one.sig,
        "timing" => object! { "repeat" => Value::Object(repeat) },
        "asNeededBoolean" => one.times_a_day.is_none(),
        "route" => concept(SNOMED, route.1, route.2),
        "doseAndRate" => array![object! {
            "type" => concept(&hl7("dose-rate-type"), "ordered", "Ordered"),
            "doseQuantity" => amount(one.dose, one.unit),
        }],
    }
}

/// An amount of a form; units that UCUM lacks stand in braces.
fn amount(value: &str, unit: &str) -> Value {
    let code = if ["mL", "[iU]"].contains(&unit) { unit.to_owned() } else { format!("{{{unit}}}") };
    object! { "value" => Value::number(value), "unit" => unit, "system" => UCUM, "code" => code }
}

fn days(count: i32) -> Value {
    object! { "value" => integer(count), "unit" => "days", "system" => UCUM, "code" => "d" }
}

fn prescription(visit: &Visit, one: &Drug, status: &str, reason: Option<&str>, short: bool) -> Object {
    let mut fields = Object::new();
    fields.set("status", status);
    fields.set("intent", "order");
    fields.set("category", array![concept(&hl7("medicationrequest-category"), "community", "Community")]);
    fields.set("reportedBoolean", false);
    fields.set(
        "medicationCodeableConcept",
        object! { "coding" => array![coding(RXNORM, one.rxnorm, one.display)], "text" => one.name },
    );
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("authoredOn", visit.at.plus_minutes(visit.minutes).to_string());
    fields.set("requester", visit.clinician());
    if let Some(reason) = reason {
        fields.set("reasonReference", array![reference(reason)]);
    }
    fields.set("dosageInstruction", array![dosage(one, short)]);
    let unit = if one.unit == "[iU]" { "mL" } else { one.unit };
    fields.set(
        "dispenseRequest",
        object_of([
            ("numberOfRepeatsAllowed", Value::from(if short { 0_i64 } else { 3 })),
            ("quantity", amount(one.quantity, unit)),
            ("expectedSupplyDuration", days(one.days)),
        ]),
    );
    fields
}

/// Starts a drug that is taken until it is stopped. Nothing happens when the patient takes it already.
pub(crate) fn start(visit: &mut Visit, key: &str, reason: &str) {
    if visit.chart.takes(key) {
        return;
    }
    let one = drug(key);
    let fields = prescription(visit, one, "active", Some(reason), false);
    let id = visit.chart.reserve("MedicationRequest");
    let entry = visit.chart.put("MedicationRequest", &id, Some("medicationrequest"), fields);
    let written = visit.date();
    visit.chart.treatments.push(Treatment { drug: one, entry, written, reason: Some(reason.to_owned()) });
}

/// Stops a drug.
pub(crate) fn stop(visit: &mut Visit, key: &str, why: &str) {
    if let Some(at) = visit.chart.treatments.iter().position(|treatment| treatment.drug.key == key) {
        let treatment = visit.chart.treatments.remove(at);
        visit.chart.change(treatment.entry, "status", "stopped");
        visit.chart.change(treatment.entry, "statusReason", crate::coding::words(why));
    }
}

/// Prescribes again what was last prescribed about a year ago.
pub(crate) fn renew(visit: &mut Visit) {
    let today = visit.date();
    let due: Vec<usize> = (0..visit.chart.treatments.len())
        .filter(|at| today.days() - visit.chart.treatments[*at].written.days() >= 340)
        .collect();
    for at in due {
        let old = &visit.chart.treatments[at];
        let (one, entry, reason) = (old.drug, old.entry, old.reason.clone());
        let before = visit.chart.reference_at(entry);
        visit.chart.change(entry, "status", "completed");
        let mut fields = prescription(visit, one, "active", reason.as_deref(), false);
        fields.set("priorPrescription", reference(&before));
        let id = visit.chart.reserve("MedicationRequest");
        let entry = visit.chart.put("MedicationRequest", &id, Some("medicationrequest"), fields);
        let treatment = &mut visit.chart.treatments[at];
        (treatment.entry, treatment.written) = (entry, today);
    }
}

/// Prescribes a short course.
pub(crate) fn course(visit: &mut Visit, key: &str, reason: &str) {
    let one = drug(key);
    let over = visit.date().plus_days(one.days) < visit.chart.practice.settings.today;
    let status = if over { "completed" } else { "active" };
    let fields = prescription(visit, one, status, Some(reason), true);
    visit.chart.add("MedicationRequest", Some("medicationrequest"), fields);
}

/// Starts a drug that is kept at hand, for no condition of the problem list.
pub(crate) fn start_without_reason(visit: &mut Visit, key: &str) {
    if visit.chart.takes(key) {
        return;
    }
    let one = drug(key);
    let fields = prescription(visit, one, "active", None, false);
    let id = visit.chart.reserve("MedicationRequest");
    let entry = visit.chart.put("MedicationRequest", &id, Some("medicationrequest"), fields);
    let written = visit.date();
    visit.chart.treatments.push(Treatment { drug: one, entry, written, reason: None });
}
