//! Whose record a resource is in, what it refers to, in what order it comes.

use fhir::Document;
use fhir::schema::schema;
use search::Ports;
use search::compartment::patients_of;
use search::include::references;
use search::query::SortKey;
use search::rows::{Home, index_rows};
use search::sort::sort_value;

const BASE_URL: &str = "https://example.org/fhir";

struct Place;

impl Ports for Place {
    fn base_url(&self) -> &str {
        BASE_URL
    }
}

fn read(text: &str) -> Document {
    Document::parse(text).unwrap()
}

#[test]
fn homes() {
    let appointment = |second: &str| {
        read(&format!(
            r#"{{"resourceType":"Appointment","participant":[{{"actor":{{"reference":"Patient/1"}}}},{{"actor":{{"reference":"{second}"}}}}]}}"#
        ))
    };
    for (document, home) in [
        (read(r#"{"resourceType":"Patient","id":"1"}"#), Home::of_patient("1")),
        (
            read(r#"{"resourceType":"Observation","subject":{"reference":"Patient/1"}}"#),
            Home::of_patient("1"),
        ),
        (
            read(r#"{"resourceType":"Coverage","beneficiary":{"reference":"Patient/1"}}"#),
            Home::of_patient("1"),
        ),
        (read(r#"{"resourceType":"Observation","subject":{"reference":"Group/1"}}"#), Home::SHARED),
        (
            read(
                r#"{"resourceType":"Observation","subject":{"reference":"http://elsewhere.org/Patient/1"}}"#,
            ),
            Home::SHARED,
        ),
        (read(r#"{"resourceType":"Practitioner","id":"1"}"#), Home::SHARED),
        (appointment("Practitioner/1"), Home::of_patient("1")),
        (appointment("Patient/2"), Home::SHARED),
    ] {
        assert_eq!(index_rows(&document).home, home, "{}", document.text());
    }
    // In the shared record, both patients have rows.
    let rows = index_rows(&appointment("Patient/2"));
    assert_eq!(rows.tokens.iter().filter(|row| row.parameter == "actor").count(), 2);
}

#[test]
fn rows_of_a_blood_pressure() {
    let document = read(
        r#"{"resourceType":"Observation","status":"final","subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-05-01T10:00:00Z",
            "code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},
            "valueQuantity":{"value":72,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}"#,
    );
    let rows = index_rows(&document);
    assert_eq!(rows.recency_ms, Some(1_588_327_200_000));
    assert_eq!(rows.tokens.iter().map(|row| row.parameter).collect::<Vec<_>>(), ["code"]);
    assert_eq!(rows.numbers.len(), 3);
    assert!(rows.dates.is_empty() && rows.texts.is_empty());
    assert!(rows.signature.is_sorted() && rows.signature.len() == 3, "{:?}", rows.signature);
}

#[test]
fn long_periods_write_date_rows() {
    let with =
        |period: &str| index_rows(&read(&format!(r#"{{"resourceType":"Encounter","period":{period}}}"#)));
    assert_eq!(with(r#"{"start":"2020-01-01T10:00:00Z","end":"2020-01-01T11:00:00Z"}"#).dates.len(), 0);
    let open = with(r#"{"start":"2020-01-01T10:00:00Z"}"#);
    assert_eq!((open.dates.len(), open.dates[0].high_ms), (1, i64::MAX));
    assert_eq!(open.recency_ms, Some(1_577_872_800_000));
    assert_eq!(with(r#"{"end":"2020-01-01"}"#).recency_ms, None);
}

#[test]
fn patients_by_compartment() {
    let document = read(
        r#"{"resourceType":"Observation","subject":{"reference":"Patient/1"},
            "performer":[{"reference":"https://example.org/fhir/Patient/2"},{"reference":"http://elsewhere.org/Patient/3"},{"reference":"Practitioner/4"}]}"#,
    );
    let found = |document: &Document| {
        let type_id = schema().resource_named(&document.resource_type().unwrap()).unwrap();
        patients_of(type_id, document, BASE_URL)
    };
    assert_eq!(found(&document), ["1", "2"]);
    assert_eq!(found(&read(r#"{"resourceType":"Patient","id":"9"}"#)), ["9"]);
    assert!(found(&read(r#"{"resourceType":"Practitioner","id":"9"}"#)).is_empty());
}

#[test]
fn references_for_includes() {
    let document = read(
        r##"{"resourceType":"Observation","subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/2"},
            "performer":[{"reference":"#c"},{"reference":"Organization/3"},{"reference":"Patient/1"}]}"##,
    );
    let names = |code, target| {
        let target = Option::<&str>::map(target, |name| schema().resource_named(name).unwrap());
        let found = references(&document, code, target, BASE_URL).into_iter();
        found.map(|(type_id, id)| format!("{}/{id}", type_id.name())).collect::<Vec<_>>()
    };
    assert_eq!(names(Some("subject"), None), ["Patient/1"]);
    assert_eq!(names(Some("performer"), Some("Organization")), ["Organization/3"]);
    assert_eq!(names(None, None), ["Encounter/2", "Patient/1", "Organization/3"]);
    assert!(names(Some("code"), None).is_empty());
}

#[test]
fn order() {
    let value =
        |text: &str, code, descending| sort_value(&read(text), SortKey { code, descending }, None, &Place);
    let born = |date: &str| format!(r#"{{"resourceType":"Patient","birthDate":"{date}"}}"#);
    let (old, young, none) =
        (born("1950-05"), born("1999-01-01"), r#"{"resourceType":"Patient"}"#.to_owned());
    for descending in [false, true] {
        let of = |text: &str| value(text, "birthdate", descending);
        assert_eq!(of(&old) < of(&young), !descending);
        assert!(of(&none) > of(&old) && of(&none) > of(&young));
    }
    let named = |family: &str| format!(r#"{{"resourceType":"Patient","name":[{{"family":"{family}"}}]}}"#);
    let of = |family: &str, descending| value(&named(family), "family", descending);
    assert!(of("Ab", false) < of("Äbc", false) && of("Ab", true) > of("Äbc", true));
    let weight = |value: &str, code: &str| {
        format!(
            r#"{{"resourceType":"Observation","valueQuantity":{{"value":{value},"system":"http://unitsofmeasure.org","code":"{code}"}}}}"#
        )
    };
    let of = |text: &str| value(text, "value-quantity", false);
    assert!(of(&weight("900", "g")) < of(&weight("1", "kg")));
    assert!(of(&weight("-1", "kg")) < of(&weight("0", "kg")));
    let any = read(&none);
    let key = SortKey { code: "_lastUpdated", descending: false };
    assert!(sort_value(&any, key, Some(5), &Place) < sort_value(&any, key, Some(6), &Place));
}
