//! Profiles that a caller brings: whatever they say, validation comes to an end.

use fhir::Document;
use validation::{Membership, Ports, Settings, validate};

/// Definitions by their URL.
struct Own(Vec<Document>);

impl Own {
    fn new(definitions: &[String]) -> Self {
        Self(definitions.iter().map(|json| Document::parse(json.as_bytes()).expect("JSON")).collect())
    }
}

impl Ports for Own {
    fn in_value_set(&self, _value_set: &str, _system: Option<&str>, _code: &str) -> Membership {
        Membership::Unknown
    }

    fn draws_on(&self, _value_set: &str, _system: &str) -> bool {
        false
    }

    fn definition(&self, _type_name: &str, canonical: &str) -> Option<Document> {
        self.0.iter().find(|one| one.root().get_str("url").as_deref() == Some(canonical)).cloned()
    }
}

fn definition(name: &str, base: &str, elements: &str) -> String {
    format!(
        r#"{{"resourceType":"StructureDefinition","url":"http://a.org/{name}","type":"Observation","baseDefinition":"{base}","derivation":"constraint","differential":{{"element":[{{"path":"Observation"}}{elements}]}}}}"#
    )
}

const OBSERVATION: &str = "http://hl7.org/fhir/StructureDefinition/Observation";

fn rules(definitions: &[String], profile: &str, resource: &str) -> Vec<String> {
    let document = Document::parse(resource.as_bytes()).expect("JSON");
    let settings = Settings { profiles: vec![profile.to_owned()], ..Settings::default() };
    let outcome = validate(&document, &Own::new(definitions), &settings);
    outcome.errors().map(|issue| issue.rule.to_string()).collect()
}

const PLAIN: &str = r#"{"resourceType":"Observation","status":"final","code":{"text":"x"}}"#;

#[test]
fn definitions_in_a_circle_are_not_known() {
    let circle = [definition("a", "http://a.org/b", ""), definition("b", "http://a.org/a", "")];
    assert_eq!(rules(&circle, "http://a.org/a", PLAIN), ["profile-unknown"]);
}

#[test]
fn a_definition_may_speak_of_itself() {
    let member = r#",{"path":"Observation.hasMember","type":[{"code":"Reference","targetProfile":["http://a.org/a"]}]},{"path":"Observation.issued","min":1}"#;
    let own = [definition("a", OBSERVATION, member)];
    let own_member = PLAIN.replace(
        "\"code\"",
        r##""contained":[{"resourceType":"Observation","id":"m","status":"final","code":{"text":"y"},"hasMember":[{"reference":"#m"}]}],"hasMember":[{"reference":"#m"}],"code""##,
    );
    assert_eq!(rules(&own, "http://a.org/a", PLAIN), ["cardinality-min"]);
    assert_eq!(rules(&own, "http://a.org/a", &own_member), ["cardinality-min", "profile-target"]);
}

#[test]
fn a_deep_definition_is_left_out() {
    let deep = format!(r#",{{"path":"Observation{}","min":1}}"#, ".extension".repeat(50_000));
    assert_eq!(rules(&[definition("a", OBSERVATION, &deep)], "http://a.org/a", PLAIN), [""; 0]);
}

#[test]
fn a_long_chain_of_references_is_followed_so_far() {
    const VITAL_SIGNS: &str = "http://hl7.org/fhir/StructureDefinition/vitalsigns";
    let entry = |number: usize| {
        format!(
            r#"{{"fullUrl":"http://a.org/Observation/{number}","resource":{{"resourceType":"Observation","id":"{number}","status":"final","code":{{"text":"x"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],
            "subject":{{"reference":"Patient/1"}},"effectiveDateTime":"2024-01-01","hasMember":[{{"reference":"http://a.org/Observation/{}"}}]}}}}"#,
            number + 1
        )
    };
    let entries: Vec<String> = (0..3_000).map(entry).collect();
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#,
        entries.join(",").replacen(
            "\"status\"",
            &format!(r#""meta":{{"profile":["{VITAL_SIGNS}"]}},"status""#),
            1
        )
    );
    let run = move || {
        let settings = Settings { declared: validation::Declared::Check, ..Settings::default() };
        let document = Document::parse(bundle.as_bytes()).expect("JSON");
        let outcome = validate(&document, &Own::new(&[]), &settings);
        assert!(outcome.is_valid(), "{outcome}");
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}
