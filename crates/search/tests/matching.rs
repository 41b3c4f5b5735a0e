//! What clauses hold for what resources: the examples of the standard's tables, and the cases between them.

use fhir::schema::{TypeId, schema};
use fhir::{Document, date_time::Instant};
use search::Ports;
use search::matcher::{NoReferences, matches};
use search::parse::{Limits, parse_clause};

const BASE_URL: &str = "https://example.org/fhir";
const VITALS: &str = "http://example.org/ValueSet/vitals";
const SNOMED: &str = "http://snomed.info/sct";

/// A place with a little terminology.
struct Place;

impl Ports for Place {
    fn base_url(&self) -> &str {
        BASE_URL
    }

    fn knows_value_set(&self, value_set: &str) -> bool {
        value_set == VITALS
    }

    fn value_set_contains(&self, value_set: &str, system: Option<&str>, code: &str) -> Option<bool> {
        (value_set == VITALS).then_some(system == Some("http://loinc.org") && code == "8480-6")
    }

    fn subsumes(&self, system: &str, ancestor: &str, code: &str) -> Option<bool> {
        (system == SNOMED).then_some(ancestor == "73211009" && code == "44054006")
    }
}

fn limits() -> Limits {
    Limits { now_ms: Instant::parse("2020-01-01T00:00:00Z").unwrap().ms(), ..Limits::default() }
}

fn type_of(name: &str) -> TypeId {
    schema().resource_named(name).unwrap()
}

fn holds(document: &Document, name: &str, value: &str) -> bool {
    let type_id = type_of(&document.resource_type().unwrap());
    let clause = parse_clause(&[type_id], name, value, &Place, &limits());
    let clause = clause.unwrap_or_else(|error| panic!("{name}={value}: {error}"));
    matches(&clause, document, &NoReferences, &Place)
}

/// Holds each `name=value` for the resource against what is expected.
#[track_caller]
fn check(resource: &str, yes: &[&str], no: &[&str]) {
    let document = Document::parse(resource).unwrap();
    for (question, expected) in yes.iter().map(|one| (one, true)).chain(no.iter().map(|one| (one, false))) {
        let (name, value) = question.split_once('=').unwrap();
        assert_eq!(holds(&document, name, value), expected, "{question}");
    }
}

/// A resource with one date under a parameter.
#[track_caller]
fn check_date(value: &str, yes: &[&str], no: &[&str]) {
    let resource = format!(r#"{{"resourceType":"Observation","effectiveDateTime":"{value}"}}"#);
    check(&resource, yes, no);
}

#[test]
fn dates_by_precision_and_prefix() {
    check_date(
        "2013-01-14T10:00:00Z",
        &[
            "date=2013-01-14",
            "date=eq2013-01-14",
            "date=2013-01",
            "date=2013",
            "date=2013-01-14T10:00Z",
            "date=2013-01-14T05:00:00-05:00",
            "date=ge2013-01-14",
            "date=le2013-01-14",
            "date=gt2013-01-13",
            "date=lt2013-01-15",
            "date=lt2013-01-14T10:00:01Z",
            "date=sa2013-01-13",
            "date=eb2013-01-15",
            "date=ne2013-01-15",
            "date=2012,2013",
            "date=ap2013-06-14",
        ],
        &[
            "date=2013-01-15",
            "date=ne2013-01-14",
            "date=gt2013-01-14",
            "date=lt2013-01-14",
            "date=2013-01-14T10:01Z",
            "date=sa2013-01-14",
            "date=eb2013-01-14",
            "date=ap2010",
        ],
    );
    // A date of less precision than what is asked is not within it, but may lie partly behind it.
    check_date(
        "2013-01",
        &["date=2013", "date=gt2013-01-14", "date=lt2013-01-14", "date=ge2013-01-14", "date=ne2013-01-14"],
        &["date=2013-01-14", "date=sa2013-01-14", "date=eb2013-01-14"],
    );
}

#[test]
fn periods_and_timings() {
    check(
        r#"{"resourceType":"Encounter","period":{"start":"2013-01-23T09:00:00Z"}}"#,
        &["date=ge2013-03-14", "date=gt2099", "date=sa2013-01-22", "date=lt2013-02", "date=ne2013"],
        &["date=2013", "date=eb2099", "date=sa2013-01-23", "date=lt2013-01-23"],
    );
    check(
        r#"{"resourceType":"Encounter","period":{"start":"2013-01-23","end":"2013-02-02"}}"#,
        &["date=2013", "date=gt2013-01-30", "date=lt2013-01-30", "date=ap2013-01-25", "date=eb2013-02-03"],
        &["date=2013-01", "date=gt2013-02-02", "date=lt2013-01-23"],
    );
    check(
        r#"{"resourceType":"Encounter","period":{}}"#,
        &["date:missing=false"],
        &["date=gt1900", "date=ne1900", "date=lt2900"],
    );
    check(
        r#"{"resourceType":"ServiceRequest","occurrenceTiming":{"event":["2020-02-01","2020-03-01"]}}"#,
        &["occurrence=2020", "occurrence=gt2020-02-15", "occurrence=lt2020-02-15"],
        &["occurrence=2020-02", "occurrence=sa2020-02-01"],
    );
}

#[test]
fn numbers_by_digits_and_prefix() {
    let with = |probability: &str| {
        format!(
            r#"{{"resourceType":"RiskAssessment","prediction":[{{"probabilityDecimal":{probability}}}]}}"#
        )
    };
    check(
        &with("100"),
        &[
            "probability=100",
            "probability=100.00",
            "probability=1e2",
            "probability=ge100",
            "probability=le100",
            "probability=gt99.9",
            "probability=ap109",
        ],
        &[
            "probability=101",
            "probability=gt100",
            "probability=lt100",
            "probability=ne100",
            "probability=sa100",
            "probability=ap115",
        ],
    );
    check(&with("100.4"), &["probability=100", "probability=ne100.0"], &["probability=100.0"]);
    check(&with("99.5"), &["probability=100"], &["probability=99"]);
    check(&with("100.5"), &["probability=ne100", "probability=1e2"], &["probability=100"]);
    check(
        r#"{"resourceType":"RiskAssessment","prediction":[{"probabilityRange":{"low":{"value":20},"high":{"value":40}}}]}"#,
        &["probability=gt30", "probability=lt30", "probability=sa10", "probability=ap30"],
        &["probability=30", "probability=gt40", "probability=sa20", "probability=ap80"],
    );
}

#[test]
fn quantities_by_unit() {
    check(
        r#"{"resourceType":"Observation","valueQuantity":{"value":5.4,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}}"#,
        &[
            "value-quantity=5.4|http://unitsofmeasure.org|mg",
            "value-quantity=5.40e-3|http://unitsofmeasure.org|g",
            "value-quantity=5.4||mg",
            "value-quantity=5.4",
            "value-quantity=le5.4|http://unitsofmeasure.org|mg",
            "value-quantity=gt5000|http://unitsofmeasure.org|ug",
            "value-quantity=ap5|http://unitsofmeasure.org|mg",
            "value-quantity=5.4|http://unitsofmeasure.org|",
        ],
        &[
            "value-quantity=5.4|http://unitsofmeasure.org|g",
            "value-quantity=5.4|http://unitsofmeasure.org|mL",
            "value-quantity=5.4||g",
            "value-quantity=5.4|http://example.org|mg",
            "value-quantity=5.5",
            "value-quantity=lt5.4|http://unitsofmeasure.org|mg",
        ],
    );
    // What is none of UCUM's units is compared as written: there is nothing to convert.
    check(
        r#"{"resourceType":"Observation","valueQuantity":{"value":3,"unit":"points","system":"http://unitsofmeasure.org","code":"(score)"}}"#,
        &[
            "value-quantity=3|http://unitsofmeasure.org|(score)",
            "value-quantity=ge3|http://unitsofmeasure.org|(score)",
            "value-quantity=3||(score)",
            "value-quantity=3||points",
            "value-quantity=3|http://unitsofmeasure.org|",
        ],
        &[
            "value-quantity=gt3|http://unitsofmeasure.org|(score)",
            "value-quantity=3|http://unitsofmeasure.org|(Score)",
            "value-quantity=3|http://unitsofmeasure.org|points",
            "value-quantity=3|http://unitsofmeasure.org|{score}",
            "value-quantity=3|http://unitsofmeasure.org|1",
            "value-quantity=3|http://example.org|(score)",
        ],
    );
    check(
        r#"{"resourceType":"Observation","valueQuantity":{"value":5,"comparator":"<","unit":"tablets"}}"#,
        &["value-quantity=lt5||tablets", "value-quantity=lt1", "value-quantity=le5"],
        &["value-quantity=gt5", "value-quantity=5", "value-quantity=ap5"],
    );
    check(
        r#"{"resourceType":"Invoice","totalGross":{"value":48.5,"currency":"EUR"}}"#,
        &["totalgross=48.50|urn:iso:std:iso:4217|EUR", "totalgross=gt40"],
        &["totalgross=48.5|urn:iso:std:iso:4217|USD"],
    );
}

#[test]
fn strings_by_beginning() {
    check(
        r#"{"resourceType":"Patient","name":[{"family":"Évè-Smith","given":["Anna Maria","O'Hara"],"prefix":["Dr."]}],
            "address":[{"line":["12 Main St"],"city":"São Paulo","postalCode":"01310-100"}]}"#,
        &[
            "family=eve",
            "family=EVÈ",
            "name=smith,anna",
            "given=ohara",
            "name=dr",
            "family:exact=Évè-Smith",
            "family:contains=SMI",
            "address=sao p",
            "address-city=são",
            "address-postalcode=01310",
            "given:missing=false",
            r"name=no\,name,anna",
        ],
        &[
            "family=smith",
            "family:exact=évè-smith",
            "given=maria",
            "family:contains=jones",
            "address-city=paulo",
            "family:missing=true",
        ],
    );
}

#[test]
fn tokens_by_system_and_code() {
    check(
        r#"{"resourceType":"Condition","code":{"text":"Sugar disease","coding":[
              {"system":"http://snomed.info/sct","code":"44054006","display":"Type 2 diabetes"},{"code":"E11"}]},
            "clinicalStatus":{"coding":[{"system":"http://x","code":"active"}]}}"#,
        &[
            "code=44054006",
            "code=http://snomed.info/sct|44054006",
            "code=http://snomed.info/sct|",
            "code=|E11",
            "code=x,E11",
            "code:not=x",
            "code:text=sugar",
            "code:text=type 2",
            "severity:not=x",
            "severity:missing=true",
            "code:below=http://snomed.info/sct|73211009",
            "code:below=http://snomed.info/sct|44054006",
            "code:not-in=http://example.org/ValueSet/vitals",
            "severity:not-in=http://example.org/ValueSet/vitals",
        ],
        &[
            "code=|44054006",
            "code=http://loinc.org|44054006",
            "code=http://loinc.org|",
            "code:not=E11",
            "code:not=x,E11",
            "code:text=disease",
            "code:above=http://snomed.info/sct|73211009",
            "code:in=http://example.org/ValueSet/vitals",
            "code=e11",
            "code:missing=true",
        ],
    );
    check(
        r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]}}"#,
        &[
            "code:in=http://example.org/ValueSet/vitals",
            "status=final",
            "status=http://hl7.org/fhir/observation-status|final",
        ],
        &["code:not-in=http://example.org/ValueSet/vitals", "status=|final", "status=http://loinc.org|final"],
    );
}

#[test]
fn tokens_of_other_types() {
    check(
        r#"{"resourceType":"Patient","active":true,"identifier":[{"system":"http://acme","value":"446053",
              "type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]}}],
            "telecom":[{"system":"phone","value":"+1 (555) 123-4567"},{"system":"email","value":"Anna@Example.org"}]}"#,
        &[
            "active=true",
            "deceased=false",
            "identifier=446053",
            "identifier=http://acme|446053",
            "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053",
            "telecom=+15551234567",
            "phone=+1 555 123 4567",
            "email=anna@example.org",
        ],
        &[
            "active=false",
            "deceased=true",
            "identifier=http://other|446053",
            "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|446053",
            "email=+15551234567",
            "phone=anna@example.org",
        ],
    );
    check(
        r#"{"resourceType":"Patient","deceasedDateTime":"2015-02-14"}"#,
        &["deceased=true", "death-date=2015"],
        &["deceased=false"],
    );
    check(r#"{"resourceType":"Patient","deceasedBoolean":false}"#, &["deceased=false"], &["deceased=true"]);
}

#[test]
fn references_by_id_url_and_identifier() {
    let with = |reference: &str| {
        format!(r#"{{"resourceType":"Observation","subject":{{"reference":"{reference}"}}}}"#)
    };
    let local = [
        "subject=Patient/23",
        "subject=23",
        "patient=23",
        "patient=Patient/23",
        "subject:Patient=23",
        "subject=https://example.org/fhir/Patient/23",
    ];
    check(&with("Patient/23"), &local, &["subject=Group/23", "subject:Group=23", "subject=24"]);
    check(&with("https://example.org/fhir/Patient/23"), &local, &["subject=Patient/2"]);
    check(
        &with("Patient/23/_history/2"),
        &["subject=Patient/23/_history/2", "subject=Patient/23"],
        &["subject=Patient/23/_history/1"],
    );
    check(
        &with("http://other.org/fhir/Patient/23"),
        &["subject=http://other.org/fhir/Patient/23"],
        &["subject=Patient/23", "patient=23"],
    );
    check(&with("#p"), &["subject:missing=false"], &["subject=p"]);
    check(
        r#"{"resourceType":"Observation","subject":{"type":"Patient","display":"Anna Smith","identifier":{"system":"http://acme","value":"9"}}}"#,
        &["subject:identifier=http://acme|9", "patient:identifier=9", "subject:text=anna"],
        &["subject:identifier=http://acme|8", "subject=9"],
    );
    check(
        r#"{"resourceType":"QuestionnaireResponse","questionnaire":"http://acme.org/Questionnaire/q|1.2"}"#,
        &[
            "questionnaire=http://acme.org/Questionnaire/q",
            "questionnaire=http://acme.org/Questionnaire/q|1.2",
            "questionnaire:below=http://acme.org/Questionnaire",
        ],
        &["questionnaire=http://acme.org/Questionnaire/q|1.3"],
    );
}

#[test]
fn uris_by_path() {
    check(
        r#"{"resourceType":"ValueSet","url":"http://acme.org/fhir/ValueSet/123","meta":{"profile":["http://p|1"],
            "tag":[{"system":"http://t","code":"x"}],"source":"http://s"}}"#,
        &[
            "url=http://acme.org/fhir/ValueSet/123",
            "url:below=http://acme.org/fhir/",
            "url:below=http://acme.org/fhir",
            "url:above=http://acme.org/fhir/ValueSet/123/_history/5",
            "_profile=http://p",
            "_profile=http://p|1",
            "_tag=http://t|x",
            "_source=http://s",
        ],
        &[
            "url=http://acme.org/fhir/ValueSet/12",
            "url:below=http://acme.org/fhir/Value",
            "url:above=http://acme.org/fhir",
            "url=HTTP://acme.org/fhir/ValueSet/123",
            "_profile=http://p|2",
        ],
    );
}

#[test]
fn composites_hold_within_one_part() {
    check(
        r#"{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"component":[
            {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":140,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
            {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":90,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}"#,
        &[
            "component-code-value-quantity=http://loinc.org|8480-6$gt130",
            "component-code-value-quantity=8462-4$90|http://unitsofmeasure.org|mm[Hg]",
            "combo-code-value-quantity=8480-6$140||mm[Hg]",
            "combo-code=85354-9",
            "combo-code=8480-6",
        ],
        &[
            "component-code-value-quantity=8480-6$lt100",
            "code-value-quantity=8480-6$140",
            "component-code-value-quantity=8462-4$gt130",
        ],
    );
    check(
        r#"{"resourceType":"Group","characteristic":[{"code":{"coding":[{"code":"gender"}]},"valueCodeableConcept":{"coding":[{"code":"mixed"}]}},
            {"code":{"coding":[{"code":"age"}]},"valueBoolean":true}]}"#,
        &["characteristic-value=gender$mixed", "characteristic-value=age$true"],
        &["characteristic-value=gender$true"],
    );
}

#[test]
fn places_and_words() {
    check(
        r#"{"resourceType":"Location","position":{"longitude":-83.69,"latitude":42.26},"name":"Burgers Clinic",
            "text":{"status":"generated","div":"<div>A <b>burger</b> &amp; fries place</div>"}}"#,
        &[
            "near=42.25|-83.70|11.2|km",
            "near=42.25|-83.70|2|km",
            "_text=burger",
            "_text=\"fries place\"",
            "_text=pizza OR burg*",
            "_content=clinic",
            "_text=fries -pizza",
        ],
        &[
            "near=43|-83.69|10|km",
            "near=42.25|-83.70|500|m",
            "_text=clinic",
            "_text=burg",
            "_text=fries NOT burger",
        ],
    );
}

#[test]
fn filters() {
    check(
        r#"{"resourceType":"Patient","name":[{"use":"official","family":"Chalmers","given":["Peter"]},{"use":"nickname","given":["Jim"]}],
            "birthDate":"1974-12-25","gender":"male","telecom":[{"system":"phone","value":"555"}],
            "generalPractitioner":[{"reference":"Practitioner/4"}]}"#,
        &[
            "_filter=given eq \"peter\" and birthdate ge 1970-10-10",
            "_filter=name co \"alm\"",
            "_filter=family sw chal and (gender eq female or gender eq male)",
            "_filter=family ew MERS",
            "_filter=not (gender eq female)",
            "_filter=death-date pr false",
            "_filter=general-practitioner re Practitioner/4",
            "_filter=birthdate po 1974-12",
            "_filter=name[use eq official and given eq peter]",
            "_filter=name[use eq official].family eq chalmers",
            "_filter=gender ne female",
            "_filter=gender eq female and gender eq female or gender eq male",
            "_filter=gender eq female or gender eq male and birthdate eq 1974",
            "_filter=(telecom[system eq phone].value sw 5)",
            "_filter=gender ni http://example.org/ValueSet/vitals",
        ],
        &[
            "_filter=given eq \"pet\"",
            "_filter=name[use eq official and given eq jim]",
            "_filter=name[use eq nickname].family pr true",
            "_filter=not (gender eq male)",
            "_filter=general-practitioner re Practitioner/5",
            "_filter=birthdate sa 1974-12",
        ],
    );
    check(
        r#"{"resourceType":"Condition","code":{"coding":[{"system":"http://snomed.info/sct","code":"44054006"}]}}"#,
        &[
            "_filter=code ss http://snomed.info/sct|73211009",
            "_filter=code eq http://snomed.info/sct|44054006",
        ],
        &[
            "_filter=code sb http://snomed.info/sct|73211009",
            "_filter=code in http://example.org/ValueSet/vitals",
        ],
    );
}

#[test]
fn offsets_of_the_place() {
    struct East;
    impl Ports for East {
        fn base_url(&self) -> &str {
            ""
        }
        fn offset_minutes(&self, _: i64) -> i32 {
            600
        }
    }
    let document =
        Document::parse(r#"{"resourceType":"Observation","effectiveDateTime":"2020-05-01T20:00:00Z"}"#)
            .unwrap();
    for (value, expected) in [("2020-05-02", true), ("2020-05-01", false), ("2020-05-02T06:00", true)] {
        let clause = parse_clause(&[type_of("Observation")], "date", value, &East, &limits()).unwrap();
        assert_eq!(matches(&clause, &document, &NoReferences, &East), expected, "{value}");
    }
}
