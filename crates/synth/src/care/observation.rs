//! Observations: vital signs, scores, smoking status, results of words.

use super::visit::Visit;
use crate::coding::{
    LOINC, SNOMED, code_only, coding, concept, decimal, hl7, labelled_quantity, reference, rounded,
};
use crate::foundation::category;
use crate::questionnaire::{Scale, answered_items, canonical, divide, survey_category};
use crate::random::whole;
use fhir::{Object, Value, array, object};

/// Members that every observation begins with.
fn begin(visit: &Visit, kind: Value, code: Value) -> Object {
    let mut fields = Object::new();
    fields.set("status", "final");
    fields.set("category", kind);
    fields.set("code", code);
    fields.set("subject", reference(&visit.chart.patient));
    fields.set("encounter", reference(&visit.encounter));
    fields.set("effectiveDateTime", visit.at.plus_minutes(5).to_string());
    fields
}

fn vital_category() -> Value {
    category("vital-signs", "Vital Signs")
}

/// A vital sign: profile, LOINC code and display, unit for people, UCUM code, decimals.
struct Sign {
    profile: &'static str,
    loinc: &'static str,
    display: &'static str,
    unit: &'static str,
    ucum: &'static str,
    decimals: usize,
}

const PULSE: Sign = sign("heart-rate", "8867-4", "Heart rate", "beats/minute", "/min", 0);
const RESPIRATION: Sign = sign("respiratory-rate", "9279-1", "Respiratory rate", "breaths/minute", "/min", 0);
const TEMPERATURE: Sign = sign("body-temperature", "8310-5", "Body temperature", "Cel", "Cel", 1);
const WEIGHT: Sign = sign("body-weight", "29463-7", "Body weight", "kg", "kg", 1);
const HEIGHT: Sign = sign("body-height", "8302-2", "Body height", "cm", "cm", 1);
const BMI: Sign = sign("bmi", "39156-5", "Body mass index (BMI) [Ratio]", "kg/m2", "kg/m2", 1);
const HEAD: Sign =
    sign("head-circumference", "9843-4", "Head Occipital-frontal circumference", "cm", "cm", 1);

const fn sign(
    profile: &'static str,
    loinc: &'static str,
    display: &'static str,
    unit: &'static str,
    ucum: &'static str,
    decimals: usize,
) -> Sign {
    Sign { profile, loinc, display, unit, ucum, decimals }
}

fn measure(visit: &mut Visit, sign: &Sign, value: f64) {
    let mut fields = begin(visit, vital_category(), concept(LOINC, sign.loinc, sign.display));
    fields.set("valueQuantity", labelled_quantity(value, sign.decimals, sign.unit, sign.ucum));
    visit.chart.add("Observation", Some(sign.profile), fields);
}

/// Measures the vital signs and writes their line of the note. The body takes on the values as measured.
pub(crate) fn vitals(visit: &mut Visit) {
    jitter(visit);
    let months = visit.age() * 12.0;
    let mut line = Vec::new();
    if months >= 36.0 {
        blood_pressure(visit);
        line.push(format!("BP {:.0}/{:.0}", visit.body.systolic, visit.body.diastolic));
    }
    let (pulse, respiration, temperature) =
        (visit.body.pulse, visit.body.respiration, visit.body.temperature);
    measure(visit, &PULSE, pulse);
    line.push(format!("HR {pulse:.0}"));
    let is_short = visit.chart.spares();
    if !is_short {
        measure(visit, &RESPIRATION, respiration);
        measure(visit, &TEMPERATURE, temperature);
        line.push(format!("RR {respiration:.0}, T {temperature:.1} C"));
    }
    if months >= 12.0 && !is_short {
        oxygen(visit);
        line.push(format!("SpO2 {:.0}%", visit.body.oxygen));
    }
    let (weight, height) = (visit.body.weight, visit.body.height);
    measure(visit, &WEIGHT, weight);
    line.push(format!("Wt {weight:.1} kg"));
    let measures_height = matches!(visit.kind, super::visit::Kind::Wellness) || visit.age() < 18.0;
    if measures_height {
        measure(visit, &HEIGHT, height);
        line.push(format!("Ht {height:.1} cm"));
    }
    if months >= 24.0 && measures_height {
        let bmi = visit.body.bmi();
        measure(visit, &BMI, bmi);
        line.push(format!("BMI {bmi:.1}"));
    }
    if let (Some(head), super::visit::Kind::Wellness) = (visit.body.head, visit.kind) {
        measure(visit, &HEAD, head);
        line.push(format!("HC {head:.1} cm"));
    }
    visit.note.vitals = line.join(", ");
}

/// No two measurements are the same.
fn jitter(visit: &mut Visit) {
    let random = &mut visit.chart.random;
    let body = &mut visit.body;
    body.systolic = rounded(random.normal(body.systolic, 5.0), 0).max(70.0);
    body.diastolic = rounded(random.normal(body.diastolic, 4.0), 0).clamp(38.0, body.systolic - 18.0);
    body.pulse = rounded(random.normal(body.pulse, 4.0), 0).max(44.0);
    body.respiration = rounded(random.normal(body.respiration, 1.0), 0).max(10.0);
    body.temperature = rounded(random.normal(body.temperature, 0.15), 1);
    body.oxygen = rounded(random.normal(body.oxygen, 0.7), 0).clamp(84.0, 100.0);
    body.weight = rounded(body.weight * random.normal(1.0, 0.006), 1);
    body.height = rounded(body.height, 1);
}

fn blood_pressure(visit: &mut Visit) {
    let part = |code: &str, display: &str, value: f64| {
        object! {
            "code" => concept(LOINC, code, display),
            "valueQuantity" => labelled_quantity(value, 0, "mmHg", "mm[Hg]"),
        }
    };
    let components = array![
        part("8480-6", "Systolic blood pressure", visit.body.systolic),
        part("8462-4", "Diastolic blood pressure", visit.body.diastolic),
    ];
    let code = concept(LOINC, "85354-9", "Blood pressure panel with all children optional");
    let mut fields = begin(visit, vital_category(), code);
    fields.set("component", components);
    visit.chart.add("Observation", Some("blood-pressure"), fields);
}

fn oxygen(visit: &mut Visit) {
    let code = object! { "coding" => array![
        coding(LOINC, "2708-6", "Oxygen saturation in Arterial blood"),
        coding(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    ], "text" => "Oxygen saturation" };
    let mut fields = begin(visit, vital_category(), code);
    fields.set("valueQuantity", labelled_quantity(visit.body.oxygen, 0, "%", "%"));
    visit.chart.add("Observation", Some("pulse-oximetry"), fields);
}

/// Asks a questionnaire and gives the total, which is near the truth.
pub(crate) fn survey(visit: &mut Visit, scale: &Scale, truth: f64) -> i32 {
    let most = 3 * i32::try_from(scale.items.len()).unwrap_or(0);
    let total = whole(visit.chart.random.normal(truth, 1.2)).clamp(0, most);
    let points = divide(scale, total, &mut visit.chart.random);
    let mut response = Object::new();
    response.set("questionnaire", canonical(scale));
    response.set("status", "completed");
    response.set("subject", reference(&visit.chart.patient));
    response.set("encounter", reference(&visit.encounter));
    response.set("authored", visit.at.plus_minutes(-8).to_string());
    response.set("source", reference(&visit.chart.patient));
    response.set("item", answered_items(scale, &points));
    let response = visit.chart.add("QuestionnaireResponse", Some("questionnaireresponse"), response);
    let mut fields = begin(visit, survey_category(), concept(LOINC, scale.total, scale.total_display));
    fields.set(
        "valueQuantity",
        object! {
            "value" => decimal(f64::from(total), 0), "unit" => "score",
            "system" => crate::coding::UCUM, "code" => "{score}",
        },
    );
    fields.set("derivedFrom", array![reference(&response)]);
    visit.chart.add("Observation", Some("observation-screening-assessment"), fields);
    visit.note.results.push(format!("{}: {total}", scale.name));
    total
}

/// Asks about tobacco.
pub(crate) fn smoking(visit: &mut Visit, code: &str, display: &str) {
    let asked = concept(LOINC, "72166-2", "Tobacco smoking status");
    let mut fields = begin(visit, category("social-history", "Social History"), asked);
    fields.set("valueCodeableConcept", concept(SNOMED, code, display));
    visit.chart.add("Observation", Some("smokingstatus"), fields);
}

/// A rapid test with a positive or negative answer.
pub(crate) fn rapid_test(visit: &mut Visit, loinc: &str, display: &str, name: &str, positive: bool) {
    let answer = if positive { ("10828004", "Positive") } else { ("260385009", "Negative") };
    let flag = if positive { ("A", "Abnormal") } else { ("N", "Normal") };
    let mut fields = begin(visit, category("laboratory", "Laboratory"), concept(LOINC, loinc, display));
    fields.set("performer", array![reference(&visit.chart.practice.reference("Organization", 0))]);
    fields.set("valueCodeableConcept", concept(SNOMED, answer.0, answer.1));
    fields.set("interpretation", array![concept(&hl7("v3-ObservationInterpretation"), flag.0, flag.1)]);
    visit.chart.add("Observation", Some("observation-lab"), fields);
    visit.note.results.push(format!("{name}: {}", answer.1.to_lowercase()));
}

/// States that the patient is pregnant.
pub(crate) fn pregnant(visit: &mut Visit) {
    let code = concept(LOINC, "82810-3", "Pregnancy status");
    let mut fields = begin(visit, category("social-history", "Social History"), code);
    fields.set("valueCodeableConcept", concept(SNOMED, "77386006", "Pregnant"));
    visit.chart.add("Observation", Some("observation-pregnancystatus"), fields);
}

/// An interpretation code of a result.
pub(crate) fn interpretation(code: &str) -> Value {
    array![code_only(&hl7("v3-ObservationInterpretation"), code)]
}
