//! Small resources that scenarios write.

use serde_json::{Value, json};

/// A patient.
pub fn patient(id: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "active": true,
        "name": [{ "family": format!("Sample-{id}"), "given": ["Ada"] }],
        "gender": "female", "birthDate": "1980-02-29",
    })
}

/// A body weight of a patient; `subject` is the reference to them.
pub fn weight(id: &str, subject: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7" }] },
        "subject": { "reference": subject }, "effectiveDateTime": "2026-03-01T08:30:00Z",
        "valueQuantity": { "value": 70.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" },
    })
}

/// A transaction that posts a patient and their weight under names that hold in the bundle only.
pub fn posted(id: &str) -> Value {
    let name = |resource: &Value| format!("urn:uuid:{}", resource["id"].as_str().unwrap());
    let (person, number) = (patient(id), format!("{id}-weight"));
    let measured = weight(&number, &name(&person));
    let entry = |resource: Value| {
        let request = json!({ "method": "POST", "url": resource["resourceType"] });
        json!({ "fullUrl": name(&resource), "resource": resource, "request": request })
    };
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry(person), entry(measured)] })
}

/// A transaction that puts a patient and their weight.
pub fn put_both(id: &str) -> Value {
    let number = format!("{id}-weight");
    let entry = |resource: Value, url: String| json!({ "resource": resource, "request": { "method": "PUT", "url": url } });
    let entries = [
        entry(patient(id), format!("Patient/{id}")),
        entry(weight(&number, &format!("Patient/{id}")), format!("Observation/{number}")),
    ];
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}
