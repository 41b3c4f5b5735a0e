//! Small FHIR data types: codings, references, quantities, decimals.

use crate::random::whole;
use fhir::{Value, array, object};

/// Code systems.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub(crate) const ICD_10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
pub(crate) const CVX: &str = "http://hl7.org/fhir/sid/cvx";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

/// The address of a code system of HL7 terminology by the end of its name.
pub(crate) fn hl7(name: &str) -> String {
    format!("http://terminology.hl7.org/CodeSystem/{name}")
}

/// The address of a profile or extension of US Core by the end of its name.
pub(crate) fn us_core(name: &str) -> String {
    format!("http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}")
}

/// A Coding.
pub(crate) fn coding(system: &str, code: &str, display: &str) -> Value {
    object! { "system" => system, "code" => code, "display" => display }
}

/// A CodeableConcept of one coding with its display as text.
pub(crate) fn concept(system: &str, code: &str, display: &str) -> Value {
    object! { "coding" => array![coding(system, code, display)], "text" => display }
}

/// A CodeableConcept of one code without a display.
pub(crate) fn code_only(system: &str, code: &str) -> Value {
    object! { "coding" => array![object! { "system" => system, "code" => code }] }
}

/// A CodeableConcept of words alone.
pub(crate) fn words(text: &str) -> Value {
    object! { "text" => text }
}

/// A Reference.
pub(crate) fn reference(to: &str) -> Value {
    object! { "reference" => to }
}

/// A Reference with a name to show.
pub(crate) fn named_reference(to: &str, display: &str) -> Value {
    object! { "reference" => to, "display" => display }
}

/// A number rounded to a count of decimals, written with all of them.
pub(crate) fn decimal(value: f64, decimals: usize) -> Value {
    let text = format!("{value:.decimals$}");
    Value::number(if text.starts_with('-') && text.bytes().all(|b| b"-0.".contains(&b)) {
        text[1..].to_owned()
    } else {
        text
    })
}

/// A whole number.
pub(crate) fn integer(value: i32) -> Value {
    Value::from(i64::from(value))
}

/// A Quantity whose unit is its UCUM code.
pub(crate) fn quantity(value: f64, decimals: usize, ucum: &str) -> Value {
    labelled_quantity(value, decimals, ucum, ucum)
}

/// A Quantity with a unit for people and its UCUM code.
pub(crate) fn labelled_quantity(value: f64, decimals: usize, unit: &str, ucum: &str) -> Value {
    object! { "value" => decimal(value, decimals), "unit" => unit, "system" => UCUM, "code" => ucum }
}

/// The value as it reads after rounding to a count of decimals.
pub(crate) fn rounded(value: f64, decimals: usize) -> f64 {
    let scale = [1.0, 10.0, 100.0, 1000.0][decimals.min(3)];
    f64::from(whole(value * scale)) / scale
}

/// A Period.
pub(crate) fn period(start: &impl ToString, end: Option<&dyn ToString>) -> Value {
    let mut period = object! { "start" => start.to_string() };
    if let (Some(end), Some(object)) = (end, period.as_object_mut()) {
        object.set("end", end.to_string());
    }
    period
}

/// An object of members.
pub(crate) fn object_of<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The address of a code system of US Core by the end of its name.
pub(crate) fn us_core_system(name: &str) -> String {
    format!("http://hl7.org/fhir/us/core/CodeSystem/us-core-{name}")
}
