//! The facts of a chart agree with one another, and with the calendar.

use crate::practice::{at, number, practice, resources, text, today, url};
use fhir::Value;
use std::collections::BTreeMap;

/// Members that hold a date that may lie ahead.
const MAY_LIE_AHEAD: [&str; 2] = ["dueDate", "expirationDate"];

fn dates<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter() {
                match value {
                    Value::String(text) if is_date(text) => found.push((name, text)),
                    _ => dates(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| dates(item, found)),
        _ => {}
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[..10]
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

#[test]
fn nothing_lies_in_the_future_or_before_birth_or_after_death() {
    let today = today().to_string();
    for bundle in practice(4, 200).patients() {
        let patient = resources(&bundle).next().unwrap();
        let birth = text(patient, "birthDate").unwrap();
        let death = text(patient, "deceasedDateTime");
        for resource in resources(&bundle).skip(1) {
            let mut found = Vec::new();
            dates(resource, &mut found);
            for (name, date) in found {
                if MAY_LIE_AHEAD.contains(&name) {
                    continue;
                }
                let day = &date[..10];
                assert!(day < today.as_str(), "{} {name} {date}", url(resource));
                let of_mother = text(resource, "code.text") == Some("Pregnancy");
                let stock = text(resource, "resourceType") == Some("Device");
                assert!(day >= birth || of_mother || stock, "{} {name} {date} born {birth}", url(resource));
                assert!(
                    death.is_none_or(|death| day <= death),
                    "{} {name} {date} died {death:?}",
                    url(resource)
                );
            }
        }
    }
}

/// LOINC code of an observation.
fn code(resource: &Value) -> Option<&str> {
    text(resource, "code.coding.code")
}

#[test]
fn measurements_are_of_living_people() {
    let ranges: BTreeMap<&str, (f64, f64)> = [
        ("8867-4", (40.0, 190.0)),
        ("9279-1", (9.0, 60.0)),
        ("8310-5", (35.8, 40.5)),
        ("59408-5", (84.0, 100.0)),
        ("2708-6", (84.0, 100.0)),
        ("29463-7", (2.0, 230.0)),
        ("8302-2", (44.0, 210.0)),
        ("39156-5", (11.0, 60.0)),
        ("9843-4", (30.0, 56.0)),
        ("4548-4", (4.2, 14.0)),
        ("2823-3", (2.4, 6.9)),
        ("2951-2", (124.0, 156.0)),
        ("718-7", (7.0, 19.0)),
        ("13457-7", (20.0, 330.0)),
        ("98979-8", (8.0, 160.0)),
        ("3016-3", (0.1, 30.0)),
        ("6301-6", (0.8, 5.5)),
        ("44261-6", (0.0, 27.0)),
        ("70274-6", (0.0, 21.0)),
    ]
    .into();
    let mut met = BTreeMap::<&str, usize>::new();
    for bundle in practice(6, 200).patients() {
        for one in resources(&bundle).filter(|one| text(one, "resourceType") == Some("Observation")) {
            if code(one) == Some("85354-9") {
                let value = |at: usize| {
                    let parts = one.get("component").unwrap().as_array().unwrap();
                    number(&parts[at], "valueQuantity.value").unwrap()
                };
                let (systolic, diastolic) = (value(0), value(1));
                assert!((68.0..240.0).contains(&systolic) && (36.0..135.0).contains(&diastolic));
                assert!(systolic - diastolic >= 15.0, "{systolic}/{diastolic}");
            }
            let Some((code, (low, high))) = code(one).and_then(|code| ranges.get_key_value(code)) else {
                continue;
            };
            let value = number(one, "valueQuantity.value").unwrap();
            assert!((*low..=*high).contains(&value), "{} {code} {value}", url(one));
            *met.entry(code).or_default() += 1;
        }
    }
    assert!(met.len() >= ranges.len() - 1, "{met:?}");
}

#[test]
fn flags_follow_from_values_and_ranges() {
    let mut flags = BTreeMap::<String, usize>::new();
    for bundle in practice(9, 200).patients() {
        for one in resources(&bundle).filter(|one| one.get("referenceRange").is_some()) {
            let value = number(one, "valueQuantity.value").unwrap();
            let flag = text(one, "interpretation.coding.code").unwrap();
            let low = number(one, "referenceRange.low.value").is_some_and(|low| value < low);
            let high = number(one, "referenceRange.high.value").is_some_and(|high| value > high);
            assert_eq!((flag.starts_with('L'), flag.starts_with('H')), (low, high), "{}", url(one));
            *flags.entry(flag.to_owned()).or_default() += 1;
        }
    }
    assert!(flags["N"] > flags["H"] && flags["H"] > 100 && flags["L"] > 50, "{flags:?}");
}

#[test]
fn total_cholesterol_is_the_sum_of_its_parts() {
    let mut panels = 0;
    for bundle in practice(9, 80).patients() {
        let mut by_visit = BTreeMap::<&str, BTreeMap<&str, f64>>::new();
        for one in resources(&bundle).filter(|one| one.get("referenceRange").is_some()) {
            let visit = text(one, "encounter.reference").unwrap();
            by_visit
                .entry(visit)
                .or_default()
                .insert(code(one).unwrap(), number(one, "valueQuantity.value").unwrap());
        }
        for values in by_visit.values().filter(|values| values.contains_key("2093-3")) {
            let sum = values["13457-7"] + values["2085-9"] + values["2571-8"] / 5.0;
            assert!((values["2093-3"] - sum).abs() <= 1.0, "{values:?}");
            panels += 1;
        }
    }
    assert!(panels > 30);
}

#[test]
fn diabetics_have_diabetic_sugar_and_are_treated() {
    let (mut diabetics, mut treated) = (0, 0);
    for bundle in practice(1, 400).patients() {
        let has = resources(&bundle).any(|one| code(one) == Some("44054006"));
        let sugars: Vec<f64> = resources(&bundle)
            .filter(|one| text(one, "resourceType") == Some("Observation") && code(one) == Some("4548-4"))
            .filter_map(|one| number(one, "valueQuantity.value"))
            .collect();
        if has && sugars.len() >= 2 {
            diabetics += 1;
            assert!(sugars.iter().any(|sugar| *sugar >= 6.0), "{sugars:?}");
            let metformin = |one: &Value| {
                text(one, "medicationCodeableConcept.text").is_some_and(|name| name.contains("metformin"))
            };
            treated += i32::from(resources(&bundle).any(metformin));
        } else if !has {
            assert!(sugars.iter().all(|sugar| *sugar < 6.9), "{sugars:?}");
        }
    }
    assert!(diabetics >= 10 && treated * 10 >= diabetics * 6, "{treated} of {diabetics}");
}

#[test]
fn nobody_gets_what_the_allergy_list_forbids() {
    let mut allergic = 0;
    for bundle in practice(1, 450).patients() {
        let forbids = |code_of: &str| resources(&bundle).any(|one| code(one) == Some(code_of));
        let gets = |name: &str| {
            resources(&bundle).any(|one| {
                text(one, "medicationCodeableConcept.text").is_some_and(|drug| drug.contains(name))
            })
        };
        if forbids("91936005") {
            allergic += 1;
            assert!(!gets("amoxicillin") && !gets("cephalexin"));
        }
        assert!(!(forbids("91939003") && gets("sulfamethoxazole")));
        let lists =
            resources(&bundle).filter(|one| text(one, "resourceType") == Some("AllergyIntolerance")).count();
        assert!(lists >= 1 || resources(&bundle).all(|one| text(one, "resourceType") != Some("Encounter")));
        assert!(!(forbids("716186003") && lists > 1), "no known allergy beside an allergy");
    }
    assert!(allergic > 10);
}

#[test]
fn children_grow_and_live_with_their_mothers() {
    let practice = practice(1, 300);
    let patients: BTreeMap<String, Value> = practice
        .patients()
        .map(|bundle| resources(&bundle).next().unwrap().clone())
        .map(|one| (url(&one), one))
        .collect();
    let mut children = 0;
    for bundle in practice.patients() {
        let child = resources(&bundle).next().unwrap();
        let guardian = resources(&bundle).find(|one| {
            text(one, "resourceType") == Some("RelatedPerson")
                && text(one, "relationship.coding.code") == Some("MTH")
        });
        let heights: Vec<f64> = resources(&bundle)
            .filter(|one| code(one) == Some("8302-2") && guardian.is_some())
            .filter_map(|one| number(one, "valueQuantity.value"))
            .collect();
        assert!(heights.windows(2).all(|pair| pair[1] > pair[0] - 0.6), "{heights:?}");
        let Some(guardian) = guardian else { continue };
        children += 1;
        let mother = patients.values().find(|one| {
            at(one, "address") == at(child, "address")
                && text(one, "name.given") == text(guardian, "name.given")
        });
        let mother = mother.expect("the mother is a patient");
        assert_eq!(text(mother, "gender"), Some("female"));
        assert_eq!(text(mother, "name.family"), text(child, "name.family"));
        let years = text(child, "birthDate").unwrap()[..4].parse::<i32>().unwrap()
            - text(mother, "birthDate").unwrap()[..4].parse::<i32>().unwrap();
        assert!((17..50).contains(&years), "mother {years} years older");
    }
    assert!(children > 40, "{children} children");
}

#[test]
fn there_are_two_patients_of_one_name() {
    let mut names = BTreeMap::<(String, String), usize>::new();
    for bundle in practice(1, 400).patients() {
        let patient = resources(&bundle).next().unwrap();
        let name = (
            text(patient, "name.given").unwrap().to_owned(),
            text(patient, "name.family").unwrap().to_owned(),
        );
        *names.entry(name).or_default() += 1;
    }
    assert!(names.values().filter(|count| **count >= 2).count() >= 2);
}

#[test]
fn notes_are_text_that_names_the_blood_pressure_of_the_visit() {
    use base64::Engine;
    let decode = base64::engine::general_purpose::STANDARD;
    let (mut notes, mut with_pressure) = (0, 0);
    for bundle in practice(1, 40).patients() {
        let pressures: BTreeMap<&str, String> = resources(&bundle)
            .filter(|one| code(one) == Some("85354-9"))
            .map(|one| {
                let parts = one.get("component").unwrap().as_array().unwrap();
                let value = |at: usize| number(&parts[at], "valueQuantity.value").unwrap();
                (text(one, "encounter.reference").unwrap(), format!("BP {}/{}", value(0), value(1)))
            })
            .collect();
        for one in resources(&bundle).filter(|one| text(one, "type.coding.code") == Some("11506-3")) {
            let data = text(one, "content.attachment.data").unwrap();
            let note = String::from_utf8(decode.decode(data).unwrap()).unwrap();
            assert!(note.contains("ASSESSMENT AND PLAN\n1. "), "{note}");
            notes += 1;
            if let Some(pressure) = pressures.get(text(one, "context.encounter.reference").unwrap()) {
                assert!(note.contains(pressure), "{pressure} is not in {note}");
                with_pressure += 1;
            }
        }
    }
    assert!(notes > 150 && with_pressure > 100, "{notes} {with_pressure}");
}
