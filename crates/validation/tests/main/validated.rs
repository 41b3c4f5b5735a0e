//! The record's door: only what passed comes through.

use super::open_ports::Open;
use fhir::Document;
use fhir::schema::BindingStrength;
use validation::{IssueType, Membership, Settings, Severity, Validated, validate};

fn document(json: &str) -> Document {
    Document::parse(json).expect("JSON")
}

#[test]
fn only_what_has_no_errors_passes() {
    let good =
        Validated::new(document(r#"{"resourceType":"Patient","active":true}"#), &Open, &Settings::default());
    assert_eq!(good.expect("valid").document().resource_type().as_deref(), Some("Patient"));
    let warned = document(r#"{"resourceType":"ValueSet","status":"active","name":"bad name"}"#);
    assert_eq!(Validated::new(warned, &Open, &Settings::default()).expect("valid").outcome().issues.len(), 1);
    let bad = document("{\"resourceType\":\"Patient\",\n\"birthDate\":\"1985-02-30\"}");
    let outcome = Validated::new(bad, &Open, &Settings::default()).expect_err("invalid");
    let [issue] = &outcome.issues[..] else { panic!("one finding: {outcome}") };
    assert_eq!((issue.severity, issue.code), (Severity::Error, IssueType::Value));
    assert_eq!((issue.line, issue.column, issue.expression.as_str()), (2, 14, "Patient.birthDate"));
    assert_eq!(issue.message, "'1985-02-30' is not a date; February 1985 has 28 days");
}

#[test]
fn warnings_do_not_hide_errors_behind_the_limit() {
    let blank: Vec<&str> = vec!["\" \""; 9];
    let json = format!(
        r#"{{"resourceType":"Patient","name":[{{"given":[{}]}}],"birthDate":"x","active":1}}"#,
        blank.join(",")
    );
    let settings = Settings { issues_max: 1, ..Settings::default() };
    let outcome = validate(&document(&json), &Open, &settings);
    assert!(!outcome.is_valid());
    let rules: Vec<_> = outcome.issues.iter().map(|issue| &*issue.rule).collect();
    assert_eq!(rules, ["value-blank", "value-format", "more-issues"]);
    assert_eq!(outcome.issues[2].message, "9 more findings are not listed; mend these first");
}

#[test]
fn advice_is_given_when_asked_for() {
    let patient = document(r#"{"resourceType":"Patient","active":true}"#);
    assert!(validate(&patient, &Open, &Settings::default()).issues.is_empty());
    let asked = Settings { best_practices: true, ..Settings::default() };
    assert_eq!(validate(&patient, &Open, &asked).issues[0].rule, "dom-6");
}

#[test]
fn depth_is_bounded() {
    // Deeper than the reader allows unless asked to, on a stack of the usual size of a thread.
    let depth = 120;
    let json = format!(
        r#"{{"resourceType":"Questionnaire","status":"active",{}"item":[{{"linkId":"x","type":"display"}}]{}"#,
        r#""item":[{"linkId":"1","type":"group","#.repeat(depth),
        "}]".repeat(depth) + "}"
    );
    let limits = fhir::Limits { depth: 250, ..fhir::Limits::UNBOUNDED };
    let run = move || {
        let document = Document::parse_with(json, limits).expect("JSON");
        let outcome = validate(&document, &Open, &Settings::default());
        assert!(outcome.issues.iter().any(|issue| issue.rule == "nesting"), "{outcome}");
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no overflow");
}

#[test]
fn many_faults_take_no_longer_than_they_should() {
    let contained = (0..40_000).map(|number| {
        format!(r##"{{"resourceType":"Basic","id":"a{number}","code":{{"id":"x","text":"#a"}}}}"##)
    });
    let contained = contained.collect::<Vec<_>>().join(",");
    let unknown: String = (0..100_000).map(|number| format!(r#","unknown{number}":1"#)).collect();
    let json = format!(r#"{{"resourceType":"Patient","active":true,"contained":[{contained}]{unknown}}}"#);
    let patient = document(&json);
    let start = std::time::Instant::now();
    assert!(!validate(&patient, &Open, &Settings::default()).is_valid());
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

/// Value sets that are not of this release or are licensed.
const NOT_AT_HAND: [&str; 4] = [
    "http://hl7.org/fhir/ValueSet/characteristic-combination|5.0.0",
    "http://hl7.org/fhir/ValueSet/subscription-notification-type|4.3.0",
    "http://hl7.org/fhir/ValueSet/subscription-status|4.3.0",
    "http://loinc.org/vs/LL379-9|4.0.1",
];

#[test]
fn value_sets_of_required_bindings_are_at_hand() {
    let terminology = terminology::Terminology::built_in();
    let mut unknown = Vec::new();
    for element in fhir::schema::schema().types().flat_map(|id| &id.definition().elements) {
        let binding = element.binding.as_ref().filter(|found| found.strength == BindingStrength::Required);
        if let Some(binding) = binding
            && terminology.contains(binding.value_set, None, "no such code") == Membership::Unknown
        {
            unknown.push(binding.value_set);
        }
    }
    unknown.sort_unstable();
    unknown.dedup();
    assert_eq!(unknown, NOT_AT_HAND);
}
