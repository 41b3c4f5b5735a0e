//! Vital signs typed into one row (LR06; task 13).

use crate::practice::{Practice, update};
use clinic::list_entry::Refusal;
use clinic::vital_signs::entry::{self, Row};
use clinic::vital_signs::sheet::Sheet;
use record::Session;
use std::collections::HashMap;
use store::Expect;

fn row(fields: &[(&str, &str)]) -> Result<Row, Vec<(&'static str, String)>> {
    let fields: HashMap<&str, &str> = fields.iter().copied().collect();
    let read = Row::read(|name| fields.get(name).copied().unwrap_or_default().to_owned());
    read.map_err(|mistakes| mistakes.into_iter().map(|mistake| (mistake.field, mistake.message)).collect())
}

fn practice() -> (Practice, Session) {
    let practice = Practice::with_rules(clinic::write_rules());
    let session = practice.administrator();
    let patient = r#"{"resourceType":"Patient","id":"p","gender":"female","name":[{"family":"Roe"}]}"#;
    update(&session, "Patient/p", patient, Expect::Any).unwrap();
    (practice, session)
}

/// The values of the newest set, as they read: the code, and the words.
fn newest(session: &Session) -> Vec<(String, String)> {
    let sheet = Sheet::read(session, "p").unwrap();
    sheet.newest_set().map(|value| (value.name.clone(), value.text.clone())).collect()
}

#[test]
fn lr06_a_row_becomes_observations_of_us_core_with_the_mean_of_several_pressures_and_the_body_mass_index() {
    let (_practice, session) = practice();
    let typed = [
        ("bp", "128/82 124/79, 121/80"),
        ("p", "72"),
        ("r", "16"),
        ("t", "98.6 F"),
        ("o2", "98"),
        ("w", "186 lb"),
        ("h", "178"),
    ];
    entry::add(&session, "p", &row(&typed).unwrap()).unwrap();
    let found = newest(&session);
    let of = |name: &str| {
        let values = found.iter().filter(|(known, _)| known == name).map(|(_, text)| text.as_str());
        values.collect::<Vec<_>>()
    };
    assert_eq!(of("BP").len(), 3);
    assert_eq!(of("BP mean"), ["124/80 mmHg"], "124.3 and 80.3, to whole millimetres");
    assert_eq!(of("Temp."), ["37 °C · 98.6 °F"], "what was typed comes back unchanged");
    assert_eq!(of("Weight"), ["84.37 kg · 186.0 lb"]);
    assert_eq!(of("BMI"), ["26.6 kg/m2"]);
}

#[test]
fn lr06_what_is_not_possible_is_refused_beside_its_field_and_all_of_it_at_once() {
    let wrong =
        row(&[("bp", "82/128"), ("p", "7200"), ("t", "hot"), ("w", "84.2"), ("h", "178 180")]).unwrap_err();
    assert_eq!(wrong.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["bp", "p", "t", "h"], "{wrong:?}");
    assert!(wrong[1].1.contains("is not possible"), "{wrong:?}");
    assert_eq!(row(&[]).unwrap_err()[0].0, "bp");
    for hostile in ["\u{0}", "<script>", "９９", &"9".repeat(5_000), "128/82/90", "٧٢", "-5", "1e9", "NaN"]
    {
        assert!(row(&[("bp", hostile)]).is_err(), "{hostile:.20}");
        assert!(row(&[("p", hostile)]).is_err(), "{hostile:.20}");
    }
    assert!(row(&[("bp", &"120/80 ".repeat(7))]).is_err());
}

#[test]
fn lr06_a_weight_in_the_other_unit_is_asked_about() {
    let last = vec![("w", 84.2), ("h", 178.0)];
    let doubts = |typed: &[(&str, &str)]| {
        let doubts = row(typed).unwrap().doubts(&last);
        doubts.into_iter().map(|doubt| (doubt.field, doubt.message)).collect::<Vec<_>>()
    };
    let asked = doubts(&[("w", "185.6")]);
    assert!(asked[0].1.contains("the last weight was 84.2 kg") && asked[0].1.contains("lb"), "{asked:?}");
    assert_eq!(doubts(&[("h", "70")])[0].0, "h", "inches without their unit");
    assert!(doubts(&[("w", "185.6 lb"), ("h", "70 in")]).is_empty());
    assert!(doubts(&[("w", "79")]).is_empty(), "people lose weight");
}

#[test]
fn lr06_what_was_entered_in_error_goes_with_what_was_reckoned_from_it() {
    let (_practice, session) = practice();
    entry::add(&session, "p", &row(&[("w", "84.2"), ("h", "178"), ("p", "72")]).unwrap()).unwrap();
    assert_eq!(newest(&session).len(), 4);
    let sheet = Sheet::read(&session, "p").unwrap();
    let weight = sheet.newest("w").unwrap();
    let wrong =
        |version, why: &str| entry::entered_in_error(&session, ("p", &weight.id, version), why).unwrap();
    assert!(matches!(wrong(1, " "), Err(Refusal::Mistake(_))));
    assert_eq!(wrong(7, "scale"), Err(Refusal::ChangedMeanwhile));
    wrong(1, "another patient stood on the scale").unwrap();
    let left: Vec<String> = newest(&session).into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["Heart rate", "Height"], "the index went with the weight");
    assert!(entry::entered_in_error(&session, ("other", &weight.id, 2), "x").is_err(), "of another patient");
}
