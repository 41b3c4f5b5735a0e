//! What is compiled in answers as the standards say.

use terminology::{Coding, IssueSeverity, Membership, Scope, Terminology, ValidateRequest};

#[test]
fn bindings_of_the_base_standard_are_answered() {
    use Membership::{No, Unknown, Yes};
    let gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    let gender_system = Some("http://hl7.org/fhir/administrative-gender");
    let v3 = |name: &str| format!("http://terminology.hl7.org/CodeSystem/v3-{name}");
    let cases: [(&str, Option<&str>, &str, Membership); 22] = [
        (gender, None, "female", Yes),
        (gender, gender_system, "female", Yes),
        ("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1", None, "female", Yes),
        (gender, None, "Female", No),
        (gender, None, "F", No),
        (gender, Some("http://example.org/other"), "female", No),
        ("http://hl7.org/fhir/ValueSet/marital-status", Some(&v3("MaritalStatus")), "M", Yes),
        ("http://hl7.org/fhir/ValueSet/marital-status", Some(&v3("NullFlavor")), "UNK", Yes),
        ("http://hl7.org/fhir/ValueSet/marital-status", Some(&v3("NullFlavor")), "NI", No),
        ("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", Some(&v3("ActCode")), "AMB", Yes),
        ("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", Some(&v3("ActCode")), "ECG", No),
        ("http://hl7.org/fhir/ValueSet/mimetypes", None, "application/fhir+json", Yes),
        ("http://hl7.org/fhir/ValueSet/mimetypes", None, "no type", No),
        ("http://hl7.org/fhir/ValueSet/all-languages", None, "de-CH", Yes),
        ("http://hl7.org/fhir/ValueSet/languages", Some("urn:ietf:bcp:47"), "xx", No),
        ("http://hl7.org/fhir/ValueSet/ucum-units", None, "mmol/L", Yes),
        ("http://hl7.org/fhir/ValueSet/ucum-units", None, "furlongs", No),
        ("http://hl7.org/fhir/ValueSet/ucum-common", None, "mm[Hg]", Yes),
        ("http://hl7.org/fhir/ValueSet/currencies", None, "USD", Unknown),
        ("http://hl7.org/fhir/ValueSet/condition-code", Some("http://snomed.info/sct"), "73211009", Unknown),
        ("http://example.org/ValueSet/none", None, "a", Unknown),
        ("http://hl7.org/fhir/us/core/ValueSet/us-core-narrative-status", None, "generated", Yes),
    ];
    let terminology = Terminology::built_in();
    for (value_set, system, code, expected) in cases {
        assert_eq!(terminology.contains(value_set, system, code), expected, "{value_set} {system:?} {code}");
    }
}

#[test]
fn icd_10_cm_has_its_codes_displays_and_hierarchy() {
    let terminology = Terminology::built_in();
    let system = "http://hl7.org/fhir/sid/icd-10-cm";
    let diabetes = terminology.lookup(system, None, "E11.9").expect("E11.9");
    assert_eq!(diabetes.display, "Type 2 diabetes mellitus without complications");
    assert_eq!(diabetes.parents, ["E11"]);
    assert!(
        diabetes.properties.iter().any(|property| property.code == "billable" && property.value == "true")
    );
    let fracture = terminology.lookup(system, None, "S52.501A").expect("S52.501A");
    assert!(fracture.display.ends_with("initial encounter for closed fracture"), "{}", fracture.display);
    assert_eq!(fracture.parents, ["S52.501"]);
    let filled = terminology.lookup(system, None, "T14.91XA").expect("T14.91XA");
    assert_eq!(filled.parents, ["T14.91"]);
    let category = terminology.lookup(system, None, "E11").expect("E11");
    assert!(category.properties.iter().all(|property| property.code != "billable"));
    assert!(terminology.lookup(system, None, "E11.99").is_none());
    assert!(terminology.code_system(system, None).expect("ICD-10-CM").len() > 97_000);
}

#[test]
fn cvx_knows_use_and_names() {
    let terminology = Terminology::built_in();
    let flu = terminology.lookup("http://hl7.org/fhir/sid/cvx", None, "140").expect("CVX 140");
    assert_eq!(flu.display, "Influenza, split virus, trivalent, PF");
    assert!(!flu.inactive);
    assert!(terminology.lookup("http://hl7.org/fhir/sid/cvx", None, "54").expect("CVX 54").inactive);
}

#[test]
fn validation_says_what_is_wrong() {
    let terminology = Terminology::built_in();
    let scope = || Scope::ValueSetUrl("http://hl7.org/fhir/ValueSet/administrative-gender".to_owned());
    let system = "http://hl7.org/fhir/administrative-gender";
    let right =
        terminology.validate_code(&ValidateRequest::coding(scope(), Coding::new(system, "male"))).unwrap();
    assert!(right.result, "{right:?}");
    assert_eq!(right.display.as_deref(), Some("Male"));

    let wrong =
        terminology.validate_code(&ValidateRequest::coding(scope(), Coding::new(system, "m"))).unwrap();
    assert!(!wrong.result);
    let kinds: Vec<&str> = wrong.issues.iter().map(|issue| issue.kind).collect();
    assert_eq!(kinds, ["not-in-vs", "invalid-code"]);
    assert!(wrong.issues.iter().all(|issue| issue.expression == "Coding.code"));

    let misnamed = Coding { display: Some("Man".to_owned()), ..Coding::new(system, "male") };
    let misnamed = terminology.validate_code(&ValidateRequest::coding(scope(), misnamed)).unwrap();
    assert!(!misnamed.result);
    assert_eq!(misnamed.issues[0].kind, "invalid-display");
    assert_eq!(misnamed.issues[0].severity, IssueSeverity::Error);
}
