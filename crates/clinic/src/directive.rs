//! A consent directive as a Consent: what a patient keeps from somebody, in the form that the policy reads.

use access::consent::{PRIVACY, Recipient};
use fhir::{Document, Object, Value};

/// A part of a record that a patient may keep from somebody.
pub struct Part {
    /// Its name in forms.
    pub code: &'static str,
    /// What people call it.
    pub words: &'static str,
    /// Types of resources; none: any.
    types: &'static [&'static str],
    /// Labels of sensitivity (v3-ActCode); none: any.
    labels: &'static [&'static str],
}

/// The parts to choose from.
pub const PARTS: [Part; 8] = [
    Part { code: "all", words: "all of the record", types: &[], labels: &[] },
    Part {
        code: "notes",
        words: "notes and documents",
        types: &["DocumentReference", "Composition", "Communication"],
        labels: &[],
    },
    Part {
        code: "results",
        words: "results and vital signs",
        types: &["Observation", "DiagnosticReport", "ImagingStudy", "Media"],
        labels: &[],
    },
    Part { code: "problems", words: "problems", types: &["Condition"], labels: &[] },
    Part {
        code: "medications",
        words: "medications",
        types: &[
            "MedicationRequest",
            "MedicationStatement",
            "MedicationDispense",
            "MedicationAdministration",
        ],
        labels: &[],
    },
    Part {
        code: "substance-use",
        words: "what is marked as substance use",
        types: &[],
        labels: &["ETH", "SUD", "ETHUD", "OPIOIDUD"],
    },
    Part {
        code: "mental-health",
        words: "what is marked as mental health",
        types: &[],
        labels: &["BH", "MH", "PSY"],
    },
    Part {
        code: "sexual-health",
        words: "what is marked as sexual and reproductive health",
        types: &[],
        labels: &["SEX", "PREGNANT", "STD", "HIV"],
    },
];

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
const TYPES: &str = "http://hl7.org/fhir/resource-types";
const ROLE: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

impl Part {
    /// Whether it is the part of these types and labels.
    pub fn is_of(&self, types: &[&str], labels: &[&str]) -> bool {
        self.types == types && self.labels == labels
    }
}

/// The part of a name.
pub fn part(code: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.code == code)
}

/// What a patient keeps.
pub enum What<'a> {
    /// A part of the record.
    Part(&'static Part),
    /// A visit, by its id, with all that was done in it.
    Visit(&'a str),
}

/// A Consent by which a patient keeps something from somebody, since an instant.
pub fn consent(patient_id: &str, from: &Recipient, what: &What<'_>, since: &str) -> Document {
    let coding = |system: &str, code: &str| fhir::object! { "system" => system, "code" => code };
    let concept = |system: &str, code: &str| fhir::object! { "coding" => vec![coding(system, code)] };
    let mut denial = Object::new();
    denial.set("type", "deny");
    let reference = |name: &str| fhir::object! { "reference" => name };
    match from {
        Recipient::Named(names) => {
            let actor = |name: &String| {
                fhir::object! { "role" => concept(ROLE, "IRCP"), "reference" => reference(name) }
            };
            denial.set("actor", names.iter().map(actor).collect::<Vec<_>>());
        }
        Recipient::HealthPlans => denial.set("purpose", vec![coding(ACT_REASON, "HPAYMT")]),
        Recipient::Programs => {}
    }
    match what {
        What::Part(part) => {
            let labels = ("securityLabel", ACT_CODE, part.labels);
            for (element, system, codes) in [labels, ("class", TYPES, part.types)] {
                if !codes.is_empty() {
                    denial.set(element, codes.iter().map(|code| coding(system, code)).collect::<Vec<_>>());
                }
            }
        }
        What::Visit(id) => {
            let visit = reference(&format!("Encounter/{id}"));
            denial.set("data", vec![fhir::object! { "meaning" => "dependents", "reference" => visit }]);
        }
    }
    // What is not denied stays as the roles say.
    let provision = fhir::object! { "provision" => Value::Array(vec![denial.into()]) };
    let consent = fhir::object! {
        "resourceType" => "Consent",
        "status" => "active",
        "scope" => concept(SCOPE, PRIVACY),
        "category" => Value::Array(vec![concept(ACT_CODE, "INFA")]),
        "patient" => fhir::object! { "reference" => format!("Patient/{patient_id}") },
        "dateTime" => since,
        "policyRule" => concept(ACT_CODE, "OPTIN"),
        "provision" => provision,
    };
    consent.to_document()
}

/// The same Consent, ended.
pub fn ended(consent: &Document) -> Document {
    let mut value = Value::from(consent.root());
    if let Some(object) = value.as_object_mut() {
        object.set("status", "inactive");
    }
    value.to_document()
}
