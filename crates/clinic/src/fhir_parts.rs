//! Pieces that resources are made of.

use fhir::{Object, Value, array, object};

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const SNOMED_CT: &str = "http://snomed.info/sct";
pub(crate) const ICD_10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";

/// The address of a code system of HL7 Terminology by the end of its name.
pub(crate) fn hl7(name: &str) -> String {
    format!("http://terminology.hl7.org/CodeSystem/{name}")
}

/// A Coding.
pub(crate) fn coding(system: &str, code: &str, display: &str) -> Value {
    object! { "system" => system, "code" => code, "display" => display }
}

/// A CodeableConcept of a code.
pub(crate) fn concept(system: &str, code: &str, display: &str) -> Value {
    object! { "coding" => array![coding(system, code, display)] }
}

/// A CodeableConcept of a code that needs no words.
pub(crate) fn code_only(system: &str, code: &str) -> Value {
    object! { "coding" => array![object! { "system" => system, "code" => code }] }
}

/// A Reference.
pub(crate) fn reference(to: &str) -> Value {
    object! { "reference" => to }
}

/// The address of a profile of US Core by the end of its name.
pub(crate) fn us_core(name: &str) -> String {
    format!("http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}")
}

/// The beginning of a resource that is to meet a profile of US Core, by the end of the profile's name.
pub(crate) fn resource(type_name: &str, profile: &str) -> Object {
    let mut resource = Object::new();
    resource.set("resourceType", type_name);
    resource.set("meta", object! { "profile" => array![us_core(profile)] });
    resource
}
