//! Small resources that patches, expressions and searches are tried on.

use fhir::Document;
use record::ports::RecordPorts;
use std::sync::{Arc, LazyLock};
use terminology::Terminology;

pub const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","extension":[{"url":"http://example.org/a","valueInteger":3}],"identifier":[{"system":"http://example.org/mrn","value":"12-3"}],"active":true,"name":[{"use":"official","family":"Ames","given":["Ida","Öd"]},{"text":"Ida"}],"telecom":[{"system":"phone","value":"555-0142"}],"gender":"female","birthDate":"1970-01-02","_birthDate":{"id":"b"},"deceasedBoolean":false,"address":[{"city":"Ann Arbor","postalCode":"48104"}]}"#;

pub const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"o1","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2823-3","display":"Potassium"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2024-02-29T10:00:00.5+01:00","valueQuantity":{"value":4.10,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},"referenceRange":[{"low":{"value":3.5},"high":{"value":5.1}}],"component":[{"code":{"text":"x"},"valueString":"a,b|c$d\\e"}]}"#;

pub const DOCUMENT_REFERENCE: &str = r#"{"resourceType":"DocumentReference","id":"d1","status":"current","type":{"text":"Note"},"subject":{"reference":"Patient/p1"},"date":"2024-03-01T09:00:00Z","content":[{"attachment":{"contentType":"text/plain","data":"V2VsbC4=","title":"Visit"}}]}"#;

pub const BASE_URL: &str = "http://localhost/fhir";

/// The patient and the observation, read.
pub static DOCUMENTS: LazyLock<[Document; 2]> =
    LazyLock::new(|| [PATIENT, OBSERVATION].map(|text| Document::parse(text).expect("an example is JSON")));

/// The terminology that comes with the program, behind the record's ports.
pub static PORTS: LazyLock<Arc<RecordPorts>> =
    LazyLock::new(|| Arc::new(RecordPorts::new(BASE_URL, Terminology::built_in())));
