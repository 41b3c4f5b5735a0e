//! A page that is open shows what is written meanwhile.

use crate::practice::practice;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATIENT: &str = "live-page";

fn potassium(id: &str, value: f64) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2823-3", "display": "Potassium" }] },
        "subject": { "reference": format!("Patient/{PATIENT}") },
        "effectiveDateTime": "2026-02-01T08:00:00Z", "issued": "2026-02-01T09:00:00Z",
        "valueQuantity": { "value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L" },
    })
}

#[test]
fn two_open_pages_show_a_result_within_a_second() {
    let test = "two_open_pages_show_a_result_within_a_second";
    let Some(chart) = practice().browser(test) else { return };
    let Some(results) = practice().browser(test) else { return };
    let mut program = practice().program();
    let patient = json!({ "resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1970-01-01",
        "name": [{ "family": "Live", "given": ["Lina"] }] });
    assert_eq!(program.put(&format!("/fhir/Patient/{PATIENT}"), &patient).status, 201);
    program.put("/fhir/Observation/live-0", &potassium("live-0", 4.1));
    chart.size(1366, 420, false);
    chart.open(&format!("/p/{PATIENT}"));
    results.open(&format!("/p/{PATIENT}/results"));
    let has = "document.querySelector('[aria-labelledby=h-results]').textContent.includes";
    chart.wait(&format!("return {has}('4.1')"));
    // Where someone reads and what they hold stays so.
    chart.script("document.querySelector('[aria-labelledby=h-results] .results a').focus()");
    chart.script(
        "document.querySelector('.side').scrollTop = 40; window.seen = document.querySelector('.banner')",
    );
    let scrolled = chart.script("return document.querySelector('.side').scrollTop");
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    program.put("/fhir/Observation/live-1", &potassium("live-1", 6.7));
    chart.wait(&format!("return {has}('6.7')"));
    let took = begun.elapsed();
    results.wait("return document.querySelector('main').textContent.includes('6.7')");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(chart.script("return document.querySelector('.side').scrollTop"), scrolled);
    assert_eq!(chart.script("return document.activeElement.textContent"), "Potassium");
    assert_eq!(chart.script("return window.seen === document.querySelector('.banner')"), true);
    let mut renamed = patient;
    renamed["name"][0]["family"] = json!("Renamed");
    program.put(&format!("/fhir/Patient/{PATIENT}"), &renamed);
    chart.wait("return document.querySelector('.banner').textContent.includes('RENAMED')");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("live-chart.png"), chart.picture(false)).unwrap();
    assert_eq!(chart.complaints(), Vec::<String>::new());
    assert_eq!(results.complaints(), Vec::<String>::new());
}
