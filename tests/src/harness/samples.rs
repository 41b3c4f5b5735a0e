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

/// A final result of a patient.
pub fn result(id: &str, patient: &str) -> Value {
    let mut result = weight(id, &format!("Patient/{patient}"));
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    result["category"] = json!([{ "coding": [{ "system": system, "code": "laboratory" }] }]);
    result
}

/// A Subscription to new results, on a channel.
pub fn subscription(id: &str, content: &str, mut channel: Value) -> Value {
    let url = |name: &str| {
        format!("http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-{name}")
    };
    channel["payload"] = json!("application/fhir+json");
    channel["_payload"] = json!({ "extension": [{ "url": url("payload-content"), "valueCode": content }] });
    json!({
        "resourceType": "Subscription", "id": id, "status": "requested", "reason": "to be told of results",
        "meta": { "profile": [url("subscription")] },
        "criteria": "urn:chiron:topic:new-result", "channel": channel,
    })
}
