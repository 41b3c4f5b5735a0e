//! Patients that a generator of ordinary ones does not make: crowded, empty, long of name, newborn, dead.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A chart that is fuller than any page is made for.
pub const CROWDED: &str = "crowded";
/// A chart without anything.
pub const EMPTY: &str = "empty";
/// A name that no column is wide enough for.
pub const LONG_NAME: &str = "long-name";
/// A few weeks old.
pub const INFANT: &str = "infant";
/// Died.
pub const DECEASED: &str = "deceased";

const ALL: [&str; 5] = [CROWDED, EMPTY, LONG_NAME, INFANT, DECEASED];

/// Whether a reference leads to one of these.
pub fn is_made_up(reference: &str) -> bool {
    ALL.iter().any(|id| reference == format!("Patient/{id}"))
}

/// The day that many days ago, in UTC.
pub fn days_ago(days: i64) -> String {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.saturating_sub(jiff::Span::new().days(days)).to_string()
}

/// All of them, as a transaction.
pub fn bundle() -> Value {
    let mut resources = patients();
    for (test, (code, name, unit, usual)) in TESTS.iter().enumerate() {
        resources.extend((0..8).map(|nth| result(test, nth, (code, name, unit, *usual))));
    }
    resources.extend(
        (0..44)
            .map(|nth| result(100 + nth, 0, ("", &format!("Allergen panel component {nth}"), "kU/L", 0.3))),
    );
    resources.extend((0..40).map(problem));
    resources.extend((0..36).map(medication));
    resources.extend((0..12).map(visit));
    resources.extend(ALLERGENS.iter().enumerate().map(|(nth, name)| allergy(nth, name)));
    resources.push(note());
    resources.extend([weight_of_infant(), words_as_result()]);
    resources.extend(appointments());
    let entry = |resource: Value| {
        let url =
            format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        json!({ "resource": resource, "request": { "method": "PUT", "url": url } })
    };
    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

fn patients() -> Vec<Value> {
    let patient = |id: &str, family: &str, given: &[&str], birth_date: &str, gender: &str| {
        let mrn = json!({
            "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR" }] },
            "system": "urn:example:mrn", "value": format!("T-{id}"),
        });
        json!({
            "resourceType": "Patient", "id": id, "identifier": [mrn], "gender": gender, "birthDate": birth_date,
            "name": [{ "use": "official", "family": family, "given": given }],
        })
    };
    let mut crowded = patient(CROWDED, "Fullchart", &["Frances", "Maria"], "1948-02-29", "female");
    crowded["telecom"] = json!([{ "system": "phone", "value": "555-010-7788" }]);
    crowded["communication"] = json!([{ "language": { "text": "Vietnamese" }, "preferred": true }]);
    crowded["name"].as_array_mut().unwrap().push(json!({ "use": "nickname", "given": ["Frankie"] }));
    let mut deceased = patient(DECEASED, "Gone", &["Gregory"], "1939-11-03", "male");
    deceased["deceasedDateTime"] = json!("2026-03-14");
    vec![
        crowded,
        deceased,
        patient(EMPTY, "Newcomer", &["Nell"], "1990-01-15", "female"),
        patient(
            LONG_NAME,
            "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh",
            &["Maximiliana", "Bartholomea", "Wilhelmina", "Konstantina"],
            "1971-12-31",
            "other",
        ),
        patient(INFANT, "Small", &["Sam"], &days_ago(19), "male"),
    ]
}

/// LOINC code, name, unit, a usual value.
const TESTS: [(&str, &str, &str, f64); 12] = [
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 6.1),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 101.0),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 1.1),
    ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", 0.7),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 31.0),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 139.0),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 4.4),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 13.2),
    ("33914-3", "Glomerular filtration rate/1.73 sq M.predicted", "mL/min/{1.73_m2}", 58.0),
    ("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine", "mg/g{creat}", 24.0),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 188.0),
    ("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "u[IU]/mL", 2.4),
];

const FLAGS: [&str; 6] = ["N", "H", "L", "HH", "LL", "A"];

fn result(test: usize, nth: usize, (code, name, unit, usual): (&str, &str, &str, f64)) -> Value {
    let step = i32::try_from((test + nth) % 6).unwrap();
    let value = (usual * (1.0 + f64::from(step) / 10.0) * 100.0).round() / 100.0;
    let coding = if code.is_empty() {
        json!({ "system": "urn:example:test", "code": format!("allergen-{test}"), "display": name })
    } else {
        json!({ "system": "http://loinc.org", "code": code, "display": name })
    };
    let category = json!([{ "coding": [{
        "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }]);
    json!({
        "resourceType": "Observation", "id": format!("crowded-{test}-{nth}"), "status": "final",
        "category": category, "code": { "coding": [coding], "text": name },
        "subject": { "reference": format!("Patient/{CROWDED}") },
        "effectiveDateTime": days_ago(6 + i64::try_from(nth).unwrap() * 97),
        "valueQuantity": { "value": value, "unit": unit },
        "interpretation": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
            "code": FLAGS[(test + nth * 5) % 6] }] }],
        "referenceRange": [{ "low": { "value": usual * 0.8 }, "high": { "value": usual * 1.2 } }],
    })
}

/// A result that is a word, not a number.
fn words_as_result() -> Value {
    let mut words = result(200, 0, ("", "SARS-CoV-2 RNA in Respiratory specimen by NAA", "", 1.0));
    words.as_object_mut().unwrap().remove("valueQuantity");
    words["valueCodeableConcept"] = json!({ "text": "Detected (qualitative value)" });
    words
}

fn problem(nth: i64) -> Value {
    const NAMES: [&str; 5] = [
        "Essential hypertension (disorder)",
        "Chronic kidney disease stage 3a with microalbuminuria due to type 2 diabetes mellitus (disorder)",
        "Hyperlipidemia (disorder)",
        "Osteoarthritis of knee (disorder)",
        "Recurrent major depressive episodes, in partial remission (disorder)",
    ];
    let name = NAMES[usize::try_from(nth % 5).unwrap()];
    let status = if nth < 28 { "active" } else { "resolved" };
    let name = if nth < 5 { name.to_owned() } else { format!("{name}, course {nth}") };
    json!({
        "resourceType": "Condition", "id": format!("crowded-problem-{nth}"),
        "clinicalStatus": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status }] },
        "code": { "text": name }, "subject": { "reference": format!("Patient/{CROWDED}") },
        "onsetDateTime": days_ago(nth * 211),
    })
}

fn medication(nth: i64) -> Value {
    const NAMES: [&str; 4] = [
        "metformin hydrochloride 1,000 mg extended release oral tablet",
        "lisinopril 20 mg oral tablet",
        "insulin glargine 100 unit/mL subcutaneous solution, prefilled pen",
        "fluticasone propionate 250 mcg and salmeterol 50 mcg inhalation powder",
    ];
    let name = format!(
        "{}{}",
        NAMES[usize::try_from(nth % 4).unwrap()],
        if nth < 4 { String::new() } else { format!(", lot {nth}") }
    );
    json!({
        "resourceType": "MedicationRequest", "id": format!("crowded-order-{nth}"), "intent": "order",
        "status": if nth < 24 { "active" } else { "stopped" },
        "medicationCodeableConcept": { "text": name }, "subject": { "reference": format!("Patient/{CROWDED}") },
        "authoredOn": days_ago(nth * 40),
        "dosageInstruction": [{ "text": "Take 1 by mouth two times a day with meals, and hold when vomiting" }],
    })
}

const ALLERGENS: [&str; 5] =
    ["penicillin", "latex", "peanut", "sulfamethoxazole and trimethoprim", "iodinated contrast"];

fn allergy(nth: usize, name: &str) -> Value {
    json!({
        "resourceType": "AllergyIntolerance", "id": format!("crowded-allergy-{nth}"),
        "clinicalStatus": { "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
        "criticality": if nth == 0 { "high" } else { "low" }, "code": { "text": name },
        "patient": { "reference": format!("Patient/{CROWDED}") },
        "reaction": [{ "manifestation": [{ "text": "anaphylaxis" }], "severity": "severe" }],
    })
}

fn visit(nth: i64) -> Value {
    let (from, to) =
        (format!("{}T15:00:00Z", days_ago(45 + nth * 90)), format!("{}T15:20:00Z", days_ago(45 + nth * 90)));
    json!({
        "resourceType": "Encounter", "id": format!("crowded-visit-{nth}"), "status": "finished",
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory" },
        "type": [{ "text": "Office visit" }], "reasonCode": [{ "text": "Follow-up of chronic conditions" }],
        "subject": { "reference": format!("Patient/{CROWDED}") }, "period": { "start": from, "end": to },
    })
}

fn note() -> Value {
    use base64::Engine;
    let text =
        "SUBJECTIVE\nTingling in both feet at night for a month.\n\nPLAN\n1. Type 2 diabetes: above goal.";
    let data = base64::engine::general_purpose::STANDARD.encode(text);
    json!({
        "resourceType": "DocumentReference", "id": "crowded-note", "status": "current",
        "type": { "text": "Progress note" }, "subject": { "reference": format!("Patient/{CROWDED}") },
        "date": format!("{}T15:20:00Z", days_ago(45)),
        "content": [{ "attachment": { "contentType": "text/plain; charset=utf-8", "data": data } }],
    })
}

fn weight_of_infant() -> Value {
    json!({
        "resourceType": "Observation", "id": "infant-weight", "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7", "display": "Body weight" }] },
        "subject": { "reference": format!("Patient/{INFANT}") }, "effectiveDateTime": days_ago(1),
        "valueQuantity": { "value": 3.62, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" },
    })
}

/// Two appointments of today and one of tomorrow.
fn appointments() -> Vec<Value> {
    let appointment = |id: &str, patient: &str, start: String, status: &str| {
        json!({
            "resourceType": "Appointment", "id": id, "status": status, "start": start,
            "end": start.replace(":00:00", ":20:00"),
            "appointmentType": { "text": "Follow-up" }, "reasonCode": [{ "text": "Blood pressure check" }],
            "participant": [
                { "actor": { "reference": format!("Patient/{patient}") }, "status": "accepted" },
                { "actor": { "display": "Eleanor Whitfield, MD" }, "status": "accepted" },
            ],
        })
    };
    vec![
        appointment("today-late", CROWDED, format!("{}T23:00:00Z", days_ago(0)), "booked"),
        appointment("today-early", EMPTY, format!("{}T00:00:00Z", days_ago(0)), "arrived"),
        appointment("tomorrow", LONG_NAME, format!("{}T09:00:00Z", days_ago(-1)), "booked"),
    ]
}
