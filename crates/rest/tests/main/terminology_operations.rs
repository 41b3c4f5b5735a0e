//! Operations on code systems, value sets and concept maps.

use crate::practice::Practice;

const GENDER: &str = "http://hl7.org/fhir/administrative-gender";
const GENDERS: &str = "http://hl7.org/fhir/ValueSet/administrative-gender";

#[test]
fn value_sets_are_expanded() {
    let practice = Practice::new();
    let all = practice.get(&format!("/ValueSet/$expand?url={GENDERS}"));
    assert_eq!(
        (all.at("resourceType").as_str(), all.at("expansion.total").as_str()),
        ("ValueSet", "4"),
        "{}",
        all.text()
    );
    let some = practice.get(&format!("/ValueSet/$expand?url={GENDERS}&filter=fem&count=1"));
    assert_eq!(some.at("expansion.contains.0.code"), "female", "{}", some.text());
    let given = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"valueSet","resource":{{"resourceType":"ValueSet","status":"active","compose":{{"include":[{{"system":"{GENDER}","concept":[{{"code":"male"}}]}}]}}}}}}]}}"#
    );
    assert_eq!(practice.post("/ValueSet/$expand", &given).at("expansion.contains.0.code"), "male");
    let stored = format!(
        r#"{{"resourceType":"ValueSet","id":"v1","url":"http://example.org/v","status":"active","compose":{{"include":[{{"system":"{GENDER}","concept":[{{"code":"other"}}]}}]}}}}"#
    );
    practice.fill(&[&stored]);
    assert_eq!(practice.get("/ValueSet/v1/$expand").at("expansion.contains.0.code"), "other");
    practice.get("/ValueSet/$expand?url=http://example.org/none").assert_refusal(404, "not-found");
    practice.get("/ValueSet/$expand").assert_refusal(400, "required");
}

#[test]
fn codes_are_validated() {
    let practice = Practice::new();
    let in_set = |code: &str| {
        practice.get(&format!("/ValueSet/$validate-code?url={GENDERS}&system={GENDER}&code={code}"))
    };
    assert_eq!(in_set("male").at("parameter.0.valueBoolean"), "true", "{}", in_set("male").text());
    assert_eq!(in_set("neither").at("parameter.0.valueBoolean"), "false");
    let in_system = practice.get(&format!("/CodeSystem/$validate-code?url={GENDER}&code=male"));
    assert_eq!(in_system.at("parameter.0.valueBoolean"), "true", "{}", in_system.text());
    let coding = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"url","valueUri":"{GENDERS}"}},{{"name":"coding","valueCoding":{{"system":"{GENDER}","code":"male"}}}}]}}"#
    );
    assert_eq!(practice.post("/ValueSet/$validate-code", &coding).at("parameter.0.valueBoolean"), "true");
    practice.get(&format!("/ValueSet/$validate-code?url={GENDERS}")).assert_refusal(400, "required");
}

#[test]
fn codes_are_looked_up_and_related() {
    let practice = Practice::new();
    let found = practice.get(&format!("/CodeSystem/$lookup?system={GENDER}&code=male"));
    assert!(found.text().contains(r#"{"name":"display","valueString":"Male"}"#), "{}", found.text());
    practice.get(&format!("/CodeSystem/$lookup?system={GENDER}&code=x")).assert_refusal(404, "not-found");
    practice.get("/CodeSystem/$lookup?code=x").assert_refusal(400, "required");
    let role = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
    let related = practice.get(&format!("/CodeSystem/$subsumes?system={role}&codeA=PRN&codeB=MTH"));
    assert_eq!(related.at("parameter.0.valueCode"), "subsumes", "{}", related.text());
    practice.get("/CodeSystem/$subsumes?codeA=a&codeB=b").assert_refusal(400, "required");
}

#[test]
fn codes_are_translated() {
    let practice = Practice::new();
    let map = "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3";
    let found = practice.get(&format!("/ConceptMap/$translate?url={map}&system={GENDER}&code=male"));
    assert_eq!(found.at("parameter.0.valueBoolean"), "true", "{}", found.text());
    assert!(found.text().contains("\"code\":\"M\""), "{}", found.text());
    practice
        .get("/ConceptMap/$translate?url=http://example.org/none&system=x&code=y")
        .assert_refusal(404, "not-found");
}
