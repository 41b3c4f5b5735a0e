//! A child's measurements are read from the record in whatever unit they are in (LR07).

use crate::practice::{Practice, update};
use clinic::chart::growth::{Growth, is_growing};
use clinic::chart::identity;
use clinic::growth::{Age, GestationalAge, Kind, Reference, Sex};
use record::Session;
use store::Expect;

const NOW_MS: i64 = 1_795_305_600_000; // 2026-11-22T00:00:00Z

fn patient(session: &Session, birth_date: &str, gender: &str) {
    let json = format!(
        r#"{{"resourceType":"Patient","id":"p","birthDate":"{birth_date}","gender":"{gender}","name":[{{"family":"Roe"}}]}}"#
    );
    update(session, "Patient/p", &json, Expect::Any).unwrap();
}

fn add(session: &Session, id: &str, code: &str, date: &str, value: &str) {
    let value = value.replace(r#""code":"#, r#""system":"http://unitsofmeasure.org","code":"#);
    let json = format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/p"}},
        "code":{{"coding":[{{"system":"urn:example","code":"own"}},{{"system":"http://loinc.org","code":"{code}"}}]}},
        "effectiveDateTime":"{date}","valueQuantity":{{{value}}}}}"#
    );
    update(session, &format!("Observation/{id}"), &json, Expect::Any).unwrap();
}

fn read(session: &Session) -> Growth {
    let (banner, _) = identity(session, "p", NOW_MS).unwrap();
    Growth::read(session, &banner, NOW_MS).unwrap()
}

#[test]
fn lr07_measurements_come_newest_first_in_the_unit_of_the_chart() {
    let practice = Practice::new();
    let session = practice.administrator();
    patient(&session, "2025-03-01", "female");
    for (id, date, value) in [
        ("grams", "2026-03-01T09:00:00-05:00", r#""value":9000,"unit":"g","code":"g""#),
        ("pounds", "2026-09-01", r#""value":22.5,"unit":"pounds","code":"[lb_av]""#),
        ("words", "2026-05-01", r#""value":21,"unit":"lb""#),
        ("stones", "2026-06-01", r#""value":1.5,"unit":"stone""#),
        ("less", "2026-07-01", r#""value":9.9,"comparator":"<","unit":"kg","code":"kg""#),
        ("before", "2025-02-01", r#""value":3.1,"unit":"kg","code":"kg""#),
    ] {
        add(&session, id, "29463-7", date, value);
    }
    add(&session, "inches", "8306-3", "2026-09-01", r#""value":31,"unit":"in","code":"[in_i]""#);
    add(&session, "index", "39156-5", "2026-09-01", r#""value":16.4,"unit":"kg/m2","code":"kg/m2""#);
    let growth = read(&session);
    assert_eq!((growth.sex, growth.age.map(Age::whole_months)), (Some(Sex::Female), Some(20)));
    let weights = growth.of_kind(Kind::of_key("weight"));
    let told: Vec<_> =
        weights.iter().map(|one| (one.date.as_str(), one.value, one.z_score.is_some())).collect();
    let pound = 0.453_592_37;
    assert_eq!(
        told,
        [
            ("2026-09-01", Some(22.5 * pound), true),
            ("2026-06-01", None, false),
            ("2026-05-01", Some(21.0 * pound), true),
            ("2026-03-01", Some(9000.0 * 0.001), true),
            ("2025-02-01", Some(3.1), false),
        ]
    );
    // By the WHO's table for a girl of 365 days (E. Grellety, figshare 4294085).
    assert!((weights[3].z_score.unwrap() - 0.048_85).abs() < 0.0005);
    assert_eq!(weights[3].percentile().map(f64::round), Some(52.0));
    let lengths = growth.of_kind(Kind::of_key("length"));
    assert_eq!(lengths[0].value, Some(31.0 * 2.54));
    assert_eq!(lengths[0].place.map(|place| place.reference), Some(Reference::WhoChild));
    let index = &growth.of_kind(Kind::of_key("bmi"))[0];
    assert_eq!((index.value, index.z_score), (Some(16.4), None), "there is no such chart below two years");
}

#[test]
fn lr07_how_long_the_pregnancy_lasted_is_read_in_weeks_or_days() {
    for (value, expected) in [
        (r#""value":28.43,"unit":"weeks","code":"wk""#, Some((28, 3))),
        (r#""value":199,"unit":"days","code":"d""#, Some((28, 3))),
        (r#""value":30,"unit":"wk""#, Some((30, 0))),
        (r#""value":400,"unit":"wk","code":"wk""#, None),
        (r#""value":-3,"unit":"wk","code":"wk""#, None),
        (r#""value":28,"unit":"mo","code":"mo""#, None),
    ] {
        let practice = Practice::new();
        let session = practice.administrator();
        patient(&session, "2026-09-01", "male");
        add(&session, "gestation", "11884-4", "2026-09-01", value);
        add(&session, "weight", "29463-7", "2026-09-08", r#""value":1.1,"unit":"kg","code":"kg""#);
        let growth = read(&session);
        assert_eq!(growth.gestation.map(GestationalAge::weeks_and_days), expected, "{value}");
        let reference = growth.of_kind(Kind::of_key("weight"))[0].place.map(|place| place.reference);
        let wanted = if expected.is_some() { Reference::Fenton } else { Reference::WhoChild };
        assert_eq!(reference, Some(wanted), "{value}");
    }
}

#[test]
fn lr07_without_a_sex_or_a_day_of_birth_nothing_is_compared() {
    let practice = Practice::new();
    let session = practice.administrator();
    for (birth_date, gender, age) in [("2024-03-01", "other", true), ("2024-03", "male", false)] {
        patient(&session, birth_date, gender);
        add(&session, "weight", "3141-9", "2026-09-08", r#""value":12,"unit":"kg","code":"kg""#);
        let growth = read(&session);
        let weight = &growth.of_kind(Kind::of_key("weight"))[0];
        assert_eq!((weight.z_score, weight.age.is_some()), (None, age), "{birth_date} {gender}");
    }
    let offered = [("2006-11-23", true), ("2006-11-21", false), ("2006", false), ("2026-11-22", true)];
    for (birth_date, expected) in offered {
        patient(&session, birth_date, "male");
        let (banner, _) = identity(&session, "p", NOW_MS).unwrap();
        assert_eq!(is_growing(&banner, NOW_MS), expected, "{birth_date}");
    }
}
