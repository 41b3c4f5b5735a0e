//! Every resource keeps the rules of FHIR: structure, cardinalities, choices, invariants, required bindings.

use crate::practice::{now, practice, resources, text, today, url};
use fhir::Value;
use std::collections::BTreeMap;
use terminology::Terminology;
use validation::{Settings, Severity, validate};

/// The least of a resource that a Bundle refers to outside itself is checked elsewhere; here each stands alone.
fn check(bundles: impl Iterator<Item = Value>, at_least: usize) -> BTreeMap<String, usize> {
    let terminology = Terminology::built_in();
    let settings = Settings::default();
    let mut seen = BTreeMap::new();
    let mut warnings = BTreeMap::<String, usize>::new();
    for bundle in bundles {
        for resource in resources(&bundle) {
            let outcome = validate(&resource.to_document(), &terminology, &settings);
            assert!(outcome.is_valid(), "{}: {outcome}\n{}", url(resource), resource.to_pretty_json());
            for issue in outcome.issues.iter().filter(|issue| issue.severity == Severity::Warning) {
                *warnings.entry(format!("{issue}")).or_default() += 1;
            }
            *seen.entry(text(resource, "resourceType").unwrap().to_owned()).or_default() += 1;
        }
    }
    assert!(warnings.is_empty(), "{warnings:#?}");
    assert!(seen.values().sum::<usize>() >= at_least, "{seen:?}");
    seen
}

#[test]
fn the_practice_and_its_patients_are_valid_without_a_warning() {
    let practice = practice(1, 60);
    let seen = check(std::iter::once(practice.foundation()).chain(practice.patients()), 5_000);
    let expected = [
        "AllergyIntolerance",
        "CarePlan",
        "CareTeam",
        "Condition",
        "Coverage",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "FamilyMemberHistory",
        "Goal",
        "HealthcareService",
        "Immunization",
        "Location",
        "MedicationRequest",
        "Observation",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "Questionnaire",
        "QuestionnaireResponse",
        "RelatedPerson",
        "Schedule",
        "ServiceRequest",
    ];
    for name in expected {
        assert!(seen.contains_key(name), "no {name}");
    }
}

#[test]
fn a_resource_without_its_status_would_be_found() {
    let bundle = practice(1, 1).patient(0);
    let mut observation = resources(&bundle).find(|one| one.get("valueQuantity").is_some()).unwrap().clone();
    observation.as_object_mut().unwrap().remove("status");
    let outcome = validate(&observation.to_document(), &Terminology::built_in(), &Settings::default());
    assert!(!outcome.is_valid());
}

#[test]
fn the_schedule_is_valid() {
    let practice = practice(1, 60);
    let days = practice.schedule(today().plus_days(-4), today().plus_days(4), now());
    check(days.into_iter(), 500);
}

#[test]
fn rare_things_are_valid_too() {
    let practice = practice(5, 400);
    let rare = practice.patients().filter(|bundle| {
        resources(bundle).any(|one| {
            matches!(text(one, "resourceType"), Some("Device" | "Task"))
                || text(one, "status") == Some("not-done")
                || one.get("deceasedDateTime").is_some()
        })
    });
    let seen = check(rare.take(14), 500);
    assert!(seen.contains_key("Device") && seen.contains_key("Task"), "{seen:?}");
}
