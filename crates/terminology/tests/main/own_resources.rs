//! A practice's own code systems, value sets and maps.

use fhir::{Document, Value};
use terminology::{
    Coding, Error, ExpansionRequest, Form, Membership, Scope, Subsumption, Terminology, TranslateRequest,
    ValidateRequest,
};

const SYSTEM: &str = "http://example.org/CodeSystem/visit";

fn document(json: &str) -> Document {
    Document::parse(json).expect("JSON")
}

fn visit_system() -> Document {
    document(
        r#"{"resourceType":"CodeSystem","url":"http://example.org/CodeSystem/visit","version":"2","status":"active",
        "content":"complete","caseSensitive":true,"language":"en","valueSet":"http://example.org/ValueSet/all-visits",
        "property":[{"code":"room","type":"code"},{"code":"status","type":"code",
            "uri":"http://hl7.org/fhir/concept-properties#status"}],
        "concept":[
          {"code":"visit","display":"Visit","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[
            {"code":"new","display":"New patient","definition":"First time here",
             "designation":[{"language":"de","value":"Neuer Patient"}],
             "property":[{"code":"room","valueCode":"big"}]},
            {"code":"follow","display":"Follow-up","concept":[
              {"code":"wound","display":"Wound check","property":[{"code":"room","valueCode":"small"}]}]},
            {"code":"fax","display":"Fax visit","property":[{"code":"status","valueCode":"retired"}]}]},
          {"code":"admin","display":"Paper work"}]}"#,
    )
}

fn value_set(name: &str, compose: &str) -> Document {
    document(&format!(
        r#"{{"resourceType":"ValueSet","url":"http://example.org/ValueSet/{name}","status":"active","compose":{compose}}}"#
    ))
}

fn including(filter: &str) -> String {
    format!(r#"{{"include":[{{"system":"{SYSTEM}","filter":[{filter}]}}]}}"#)
}

fn terminology(sets: &[(&str, &str)]) -> Terminology {
    let mut terminology = Terminology::empty();
    assert!(terminology.add_code_system(&visit_system()));
    for (name, compose) in sets {
        assert!(terminology.add_value_set(&value_set(name, compose)), "{name}");
    }
    terminology
}

fn codes(terminology: &Terminology, name: &str) -> Vec<String> {
    let url = format!("http://example.org/ValueSet/{name}");
    let expansion = terminology.expanded_codes(&url, &ExpansionRequest::default());
    expansion.expect(name).codes.into_iter().map(|code| code.code).collect()
}

#[test]
fn every_filter_operator_chooses_its_codes() {
    let cases: [(&str, &str, &str, &[&str]); 15] = [
        ("concept", "is-a", "follow", &["follow", "wound"]),
        ("concept", "descendent-of", "visit", &["new", "follow", "wound", "fax"]),
        ("concept", "child-of", "visit", &["new", "follow", "fax"]),
        ("concept", "descendent-leaf", "visit", &["new", "wound", "fax"]),
        ("concept", "is-not-a", "follow", &["visit", "new", "fax", "admin"]),
        ("concept", "generalizes", "wound", &["visit", "follow", "wound"]),
        ("code", "in", "wound, admin", &["wound", "admin"]),
        ("code", "not-in", "wound,admin", &["visit", "new", "follow", "fax"]),
        ("code", "regex", "[a-f].*", &["follow", "fax", "admin"]),
        ("display", "regex", ".*check", &["wound"]),
        ("room", "=", "small", &["wound"]),
        ("room", "exists", "true", &["new", "wound"]),
        ("room", "exists", "false", &["visit", "follow", "fax", "admin"]),
        ("parent", "=", "visit", &["new", "follow", "fax"]),
        ("inactive", "=", "true", &["fax"]),
    ];
    for (property, operator, value, expected) in cases {
        let filter = format!(r#"{{"property":"{property}","op":"{operator}","value":"{value}"}}"#);
        let terminology = terminology(&[("set", &including(&filter))]);
        assert_eq!(codes(&terminology, "set"), expected, "{filter}");
        for code in ["visit", "new", "follow", "wound", "fax", "admin"] {
            let membership = terminology.contains("http://example.org/ValueSet/set", Some(SYSTEM), code);
            let is_expected = expected.contains(&code);
            assert_eq!(membership == Membership::Yes, is_expected, "{filter} {code}");
        }
    }
}

#[test]
fn filters_that_mean_nothing_are_refused() {
    for filter in [
        r#"{"property":"colour","op":"=","value":"red"}"#,
        r#"{"property":"code","op":"like","value":"red"}"#,
        r#"{"property":"code","op":"regex","value":"("}"#,
        r#"{"property":"code","op":"regex","value":"((a{1000}){1000}){1000}"}"#,
        r#"{"property":"room","op":"exists","value":"perhaps"}"#,
    ] {
        let terminology = terminology(&[("set", &including(filter))]);
        let url = "http://example.org/ValueSet/set";
        let error = terminology.expand(url, &ExpansionRequest::default()).expect_err(filter);
        assert!(matches!(error, Error::Filter(_)), "{filter}: {error}");
        assert_eq!(terminology.contains(url, Some(SYSTEM), "new"), Membership::Unknown);
    }
}

#[test]
fn sets_are_built_from_sets() {
    let of = |names: &[&str]| {
        let urls: Vec<String> =
            names.iter().map(|name| format!(r#""http://example.org/ValueSet/{name}""#)).collect();
        format!(r#"{{"valueSet":[{}]}}"#, urls.join(","))
    };
    let listed = r#"{"system":"http://example.org/CodeSystem/visit","concept":[{"code":"admin","display":"Office"},{"code":"wound"},{"code":"none"}]}"#;
    let terminology = terminology(&[
        ("listed", &format!(r#"{{"include":[{listed}]}}"#)),
        ("below", &including(r#"{"property":"concept","op":"is-a","value":"visit"}"#)),
        ("union", &format!(r#"{{"include":[{},{}]}}"#, of(&["listed"]), of(&["below"]))),
        ("both", &format!(r#"{{"include":[{}]}}"#, of(&["below", "listed"]))),
        ("without", &format!(r#"{{"include":[{}],"exclude":[{}]}}"#, of(&["below"]), of(&["listed"]))),
        ("active", &format!(r#"{{"inactive":false,"include":[{{"system":"{SYSTEM}"}}]}}"#)),
        ("circle", &format!(r#"{{"include":[{}]}}"#, of(&["circle2"]))),
        ("circle2", &format!(r#"{{"include":[{}]}}"#, of(&["circle"]))),
        ("dangling", &format!(r#"{{"include":[{}]}}"#, of(&["absent"]))),
    ]);
    assert_eq!(codes(&terminology, "listed"), ["admin", "wound"]);
    assert_eq!(codes(&terminology, "union"), ["admin", "wound", "visit", "new", "follow", "fax"]);
    assert_eq!(codes(&terminology, "both"), ["wound"]);
    assert_eq!(codes(&terminology, "without"), ["visit", "new", "follow", "fax"]);
    assert_eq!(codes(&terminology, "active"), ["visit", "new", "follow", "wound", "admin"]);
    assert_eq!(codes(&terminology, "all-visits").len(), 6);
    let url = |name: &str| format!("http://example.org/ValueSet/{name}");
    assert_eq!(terminology.contains(&url("both"), None, "wound"), Membership::Yes);
    assert_eq!(terminology.contains(&url("both"), None, "admin"), Membership::No);
    assert_eq!(terminology.contains(&url("without"), Some(SYSTEM), "wound"), Membership::No);
    assert_eq!(terminology.contains(&url("active"), Some(SYSTEM), "fax"), Membership::No);
    let expand = |name: &str| terminology.expand(&url(name), &ExpansionRequest::default());
    assert!(matches!(expand("circle"), Err(Error::Cycle(path)) if path.len() == 3));
    assert!(matches!(expand("dangling"), Err(Error::ValueSetNotFound(_))));
    assert!(matches!(expand("nowhere"), Err(Error::ValueSetNotFound(_))));
    assert_eq!(terminology.contains(&url("circle"), None, "wound"), Membership::Unknown);
    assert_eq!(terminology.contains(&url("dangling"), None, "wound"), Membership::Unknown);
}

#[test]
fn expansions_are_filtered_paged_and_bounded() {
    let terminology = terminology(&[]);
    let url = "http://example.org/ValueSet/all-visits";
    let with = |request: ExpansionRequest| terminology.expanded_codes(url, &request);
    let page = with(ExpansionRequest { offset: 1, count: Some(2), ..Default::default() }).unwrap();
    assert_eq!((page.total, page.codes[0].code.as_str(), page.codes.len()), (6, "new", 2));
    let found = with(ExpansionRequest { filter: Some("PAT new".into()), ..Default::default() }).unwrap();
    assert_eq!(found.codes.iter().map(|code| code.code.as_str()).collect::<Vec<_>>(), ["new"]);
    let german = with(ExpansionRequest { languages: vec!["de".into()], ..Default::default() }).unwrap();
    assert_eq!(german.codes[1].display, "Neuer Patient");
    assert_eq!(german.codes[2].display, "Follow-up");
    let active = with(ExpansionRequest { active_only: true, ..Default::default() }).unwrap();
    assert_eq!(active.total, 5);
    assert!(matches!(
        with(ExpansionRequest { limit: 5, ..Default::default() }),
        Err(Error::TooCostly { .. })
    ));

    let request = ExpansionRequest {
        include_designations: true,
        properties: vec!["room".into()],
        timestamp: "2026-01-01T00:00:00Z".into(),
        ..Default::default()
    };
    let value = terminology.expand(url, &request).unwrap();
    let contains =
        value.get("expansion").and_then(|expansion| expansion.get("contains")).and_then(Value::as_array);
    let new = &contains.expect("codes")[1];
    assert_eq!(
        new.to_json(),
        r#"{"system":"http://example.org/CodeSystem/visit","code":"new","display":"New patient","designation":[{"language":"de","value":"Neuer Patient"}],"extension":[{"extension":[{"url":"code","valueCode":"room"},{"url":"value","valueCode":"big"}],"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property"}]}"#
    );
}

#[test]
fn codes_relate_and_are_looked_up() {
    let terminology = terminology(&[]);
    let relation = |a: &str, b: &str| terminology.subsumes(SYSTEM, None, a, b);
    assert_eq!(relation("visit", "wound"), Subsumption::Subsumes);
    assert_eq!(relation("wound", "visit"), Subsumption::SubsumedBy);
    assert_eq!(relation("wound", "wound"), Subsumption::Equivalent);
    assert_eq!(relation("wound", "admin"), Subsumption::NotSubsumed);
    assert_eq!(relation("wound", "none"), Subsumption::Unknown);
    assert_eq!(terminology.below(SYSTEM, "follow").unwrap(), ["follow", "wound"]);
    assert_eq!(terminology.above(SYSTEM, "wound").unwrap(), ["wound", "follow", "visit"]);
    let new = terminology.lookup(SYSTEM, Some("2"), "new").unwrap();
    assert_eq!(new.definition.as_deref(), Some("First time here"));
    assert_eq!((new.parents.as_slice(), new.not_selectable), (&["visit".to_owned()][..], false));
    assert!(terminology.lookup(SYSTEM, Some("1"), "new").is_none());
    assert!(terminology.lookup(SYSTEM, None, "visit").unwrap().not_selectable);
}

#[test]
fn a_concept_is_right_when_one_coding_is() {
    let terminology =
        terminology(&[("below", &including(r#"{"property":"concept","op":"is-a","value":"follow"}"#))]);
    let scope = || Scope::ValueSetUrl("http://example.org/ValueSet/below".into());
    let ask = |codings: Vec<Coding>| {
        terminology.validate_code(&ValidateRequest::codeable_concept(scope(), codings)).unwrap()
    };
    let right = ask(vec![Coding::new(SYSTEM, "admin"), Coding::new(SYSTEM, "wound")]);
    assert!(right.result, "{right:?}");
    assert_eq!(right.code.as_deref(), Some("wound"));
    let wrong = ask(vec![Coding::new(SYSTEM, "admin")]);
    assert!(!wrong.result);
    let kinds: Vec<&str> = wrong.issues.iter().map(|issue| issue.kind).collect();
    assert_eq!(kinds, ["this-code-not-in-vs", "not-in-vs"]);
    let inferred = ValidateRequest {
        infer_system: true,
        ..ValidateRequest::code(scope(), Coding { code: "wound".into(), ..Coding::default() })
    };
    let inferred = terminology.validate_code(&inferred).unwrap();
    assert_eq!((inferred.result, inferred.system.as_deref()), (true, Some(SYSTEM)));
    let retired = ValidateRequest {
        form: Form::Coding,
        ..ValidateRequest::code(Scope::AnyCodeSystem, Coding::new(SYSTEM, "fax"))
    };
    let retired = terminology.validate_code(&retired).unwrap();
    assert!(retired.result && retired.inactive, "{retired:?}");
}

#[test]
fn maps_translate_both_ways() {
    let mut terminology = terminology(&[]);
    let map = document(
        r#"{"resourceType":"ConceptMap","url":"http://example.org/ConceptMap/bill","version":"1","status":"active",
        "group":[{"source":"http://example.org/CodeSystem/visit","target":"http://example.org/CodeSystem/fee",
          "element":[{"code":"new","target":[{"code":"F1","equivalence":"narrower"}]},
                     {"code":"admin","target":[{"equivalence":"unmatched"}]}],
          "unmapped":{"mode":"fixed","code":"F0","display":"Other"}}]}"#,
    );
    assert!(terminology.add_concept_map(&map));
    let ask = |system: &str, code: &str, reverse: bool| {
        let request = TranslateRequest {
            system: system.into(),
            code: code.into(),
            reverse,
            ..TranslateRequest::default()
        };
        terminology.translate(&request).unwrap()
    };
    let new = ask(SYSTEM, "new", false);
    assert_eq!((new[0].code.as_str(), new[0].equivalence.as_str()), ("F1", "narrower"));
    assert_eq!(new[0].map, "http://example.org/ConceptMap/bill|1");
    assert!(!ask(SYSTEM, "admin", false)[0].is_match());
    assert_eq!(ask(SYSTEM, "follow", false)[0].code, "F0");
    let back = ask("http://example.org/CodeSystem/fee", "F1", true);
    assert_eq!((back[0].code.as_str(), back[0].equivalence.as_str()), ("new", "wider"));
    let absent =
        TranslateRequest { map: Some("http://example.org/none".into()), ..TranslateRequest::default() };
    assert!(matches!(terminology.translate(&absent), Err(Error::ConceptMapNotFound(_))));
}

#[test]
fn a_change_leaves_clones_as_they_were() {
    let before = terminology(&[("set", &including(r#"{"property":"code","op":"=","value":"new"}"#))]);
    let url = "http://example.org/ValueSet/set";
    assert_eq!(before.contains(url, None, "admin"), Membership::No);
    let changed = value_set("set", &including(r#"{"property":"code","op":"=","value":"admin"}"#));
    let after = before.with_resources([&changed]);
    assert_eq!(after.contains(url, None, "admin"), Membership::Yes);
    assert_eq!(before.contains(url, None, "admin"), Membership::No);
}
