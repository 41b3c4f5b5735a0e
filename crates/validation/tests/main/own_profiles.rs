//! Profiles that a caller brings: whatever they say, validation comes to an end.

use fhir::Document;
use validation::{Extensions, Membership, Ports, Settings, validate};

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

    /// `Observation/n` is one that refers to `Observation/n+1`; the one of 3 is not final, that of 5 to the first again.
    fn resource(&self, reference: &str) -> Option<Document> {
        let number: usize = reference.strip_prefix("Observation/")?.parse().ok()?;
        let status = if number == 3 { "amended" } else { "final" };
        let next = if number == 5 { 4 } else { number + 1 };
        let text = PLAIN
            .replace("final", status)
            .replace("\"code\"", &format!(r#""hasMember":[{{"reference":"Observation/{next}"}}],"code""#));
        Some(Document::parse(text.into_bytes()).expect("JSON"))
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
    let settings = Settings {
        profiles: vec![profile.to_owned()],
        is_thorough: true,
        extensions: Extensions::Known,
        ..Settings::default()
    };
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
fn what_lies_elsewhere_is_held_against_target_profiles() {
    let elements = r#",{"path":"Observation.status","fixedCode":"final"},
        {"path":"Observation.hasMember","type":[{"code":"Reference","targetProfile":["http://a.org/a"]}]}"#;
    let own = [definition("a", OBSERVATION, elements)];
    let member = |number: usize| {
        PLAIN.replace("\"code\"", &format!(r#""hasMember":[{{"reference":"Observation/{number}"}}],"code""#))
    };
    assert_eq!(rules(&own, "http://a.org/a", &member(1)), ["profile-target"], "the third is not final");
    assert_eq!(rules(&own, "http://a.org/a", &member(4)), [""; 0], "those in a circle are");
}

#[test]
fn extensions_of_a_definition_demand() {
    const LATER: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition";
    let elements = format!(
        r#",{{"path":"Observation.status","extension":[{{"url":"{LATER}.mustHaveValue","valueBoolean":true}}]}},
        {{"path":"Observation.code.text","extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/minLength","valueInteger":2}}]}},
        {{"path":"Observation.text","extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/narrative-language-control","valueCode":"_resource"}},
          {{"url":"http://hl7.org/fhir/StructureDefinition/narrative-source-control","valueCode":"error"}}]}}"#
    );
    let own = [definition("a", OBSERVATION, &elements), definition("b", "http://a.org/a", "")];
    let text = |div: &str| {
        let text = format!(
            r#""language":"en","text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{div}</div>"}},"code""#
        );
        PLAIN.replace("\"code\"", &text).replace("\"x\"", "\"long\"")
    };
    let absent = PLAIN.replace(
        "\"status\":\"final\"",
        r#""_status":{"extension":[{"url":"http://a.org/e","valueString":"x"}]}"#,
    );
    assert_eq!(rules(&own, "http://a.org/b", PLAIN), ["profile-demand"], "a text of one letter");
    assert_eq!(rules(&own, "http://a.org/b", &absent), ["profile-demand", "profile-demand"], "and no value");
    let right = r#"<div class=\"generated\" lang=\"en\">x</div>"#;
    assert_eq!(rules(&own, "http://a.org/b", &text(right)), [""; 0]);
    assert_eq!(
        rules(&own, "http://a.org/b", &text(&right.replace("\"en", "\"de"))).len(),
        1,
        "another language"
    );
    assert_eq!(rules(&own, "http://a.org/b", &text("<p lang=\\\"en\\\">x</p>")).len(), 1, "no source");
}

#[test]
fn an_element_may_be_held_to_an_element_of_another_profile() {
    let library = r#",{"path":"Observation.component"},
        {"path":"Observation.component","sliceName":"weight"},{"path":"Observation.component.code"},
        {"path":"Observation.component.code.text","fixedString":"weight"},{"path":"Observation.component.interpretation","min":1}"#;
    let user = r#",{"path":"Observation.component","type":[{"code":"BackboneElement","profile":["http://a.org/library"],
        "_profile":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element",
          "valueString":"Observation.component:weight"}]}]}]}"#;
    let own = [definition("library", OBSERVATION, library), definition("a", OBSERVATION, user)];
    let with = |text: &str| {
        PLAIN.replace(
            "\"code\"",
            &format!(r#""component":[{{"code":{{"text":"{text}"}},"valueString":"x"}}],"code""#),
        )
    };
    assert_eq!(rules(&own, "http://a.org/a", &with("weight")), ["cardinality-min"]);
    assert_eq!(rules(&own, "http://a.org/a", &with("height")), ["profile-fixed", "cardinality-min"]);
}

#[test]
fn an_extension_stands_where_its_conditions_hold() {
    let extension = r#"{"resourceType":"StructureDefinition","url":"http://a.org/e","type":"Extension","derivation":"constraint",
        "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension","context":[{"type":"element","expression":"Observation.code"}],
        "contextInvariant":["text = 'x'"],"differential":{"element":[{"path":"Extension"}]}}"#;
    let own = [definition("a", OBSERVATION, ""), extension.to_owned()];
    let at = |text: &str| {
        format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"extension":[{{"url":"http://a.org/e","valueString":"y"}}],"text":"{text}"}}}}"#
        )
    };
    assert_eq!(rules(&own, "http://a.org/a", &at("x")), [""; 0]);
    assert_eq!(rules(&own, "http://a.org/a", &at("z")), ["extension-context"]);
    let elsewhere =
        at("x").replace("\"code\"", "\"method\"").replace("final\"", "final\",\"code\":{\"text\":\"x\"}");
    assert_eq!(rules(&own, "http://a.org/a", &elsewhere), ["extension-context"]);
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
