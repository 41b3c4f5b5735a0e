//! Amounts in every unit are found: in their own unit, in another for the same, and by rows as by the matcher.

use crate::shared_data;
use crate::superset::{Place, Shelf};
use fhir::decimal::Decimal;
use fhir::schema::schema;
use fhir::ucum::{self, Unit};
use fhir::{Document, Node};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use search::parse::{Limits, parse_clause};
use std::collections::{BTreeMap, BTreeSet};

/// Units of the amounts of a resource, at any depth.
fn units_in(node: Node<'_>, units: &mut BTreeSet<String>) {
    if node.get_str("system").as_deref() == Some(ucum::SYSTEM) {
        units.extend(node.get_str("code").map(std::borrow::Cow::into_owned));
    }
    for (_, member) in node.members() {
        units_in(member, units);
    }
    for item in node.items() {
        units_in(item, units);
    }
}

/// The units of FHIR's list of common ones, of its examples, of Synthea and of the practice that `synth` makes.
fn known_units() -> Option<BTreeSet<String>> {
    let examples = shared_data::published_examples()?;
    let mut units = BTreeSet::new();
    for document in examples.iter().chain(&shared_data::synthea(12)?) {
        if document.root().get_str("id").as_deref() == Some("ucum-common") {
            let include = document.root().at_path(&["compose", "include"])?.items().next()?;
            let codes = include.each_of("concept").filter_map(|concept| concept.get_str("code"));
            units.extend(codes.map(std::borrow::Cow::into_owned));
        }
        units_in(document.root(), &mut units);
    }
    let today = synth::Date::new(2025, 11, 24)?;
    let practice = synth::Practice::new(synth::Settings { patients: 40, ..synth::Settings::demo(today) });
    for bundle in practice.patients() {
        units_in(bundle.to_document().root(), &mut units);
    }
    Some(units)
}

fn observation(id: usize, value: &str, unit: &str) -> Document {
    let unit = fhir::Value::from(unit.to_owned()).to_json();
    Document::parse(format!(
        r#"{{"resourceType":"Observation","id":"{id}","code":{{"coding":[{{"code":"x"}}]}},
            "valueQuantity":{{"value":{value},"unit":"for people","system":"{}","code":{unit}}}}}"#,
        ucum::SYSTEM
    ))
    .unwrap()
}

fn escaped(unit: &str) -> String {
    unit.replace('\\', r"\\").replace(',', r"\,").replace('|', r"\|").replace('$', r"\$")
}

/// How many a question finds; asserts that rows find all that the matcher does.
fn found(shelf: &Shelf, parameter: &str, value: &str) -> usize {
    let type_id = schema().resource_named("Observation").unwrap();
    let clause = parse_clause(&[type_id], parameter, value, &Place, &Limits::default());
    let clause = clause.unwrap_or_else(|error| panic!("{parameter}={value}: {error}"));
    shelf.check(type_id, &clause, value).0
}

#[test]
fn every_known_unit_is_searchable_with_every_number() {
    let Some(units) = known_units() else { return };
    for unit in ["mL/min/{1.73_m2}", "fL", "mol", "10*12/L", "Cel", "[pH]"] {
        assert!(units.contains(unit), "{unit} is known");
    }
    let valid: Vec<_> = units.iter().filter(|unit| ucum::validate(unit).is_ok()).collect();
    assert!(valid.len() > 1300, "{} units", valid.len());
    let numbers = [
        "0.00000000000",
        "-1",
        "149",
        "7.25",
        "0.0000000001",
        "123456789012345",
        "9999999999999999999999999.99",
    ];
    for unit in valid {
        let shelf = Shelf::new(numbers.iter().enumerate().map(|(at, n)| observation(at, n, unit)).collect());
        for number in numbers {
            let amount = format!("{number}|{}|{}", ucum::SYSTEM, escaped(unit));
            assert_eq!(found(&shelf, "value-quantity", &amount), 1, "{amount}");
            assert_eq!(found(&shelf, "code-value-quantity", &format!("x${amount}")), 1, "{amount}");
            let size = |number: &str| number.parse::<Decimal>().unwrap();
            let above = numbers.iter().filter(|other| size(other) >= size(number)).count();
            assert_eq!(found(&shelf, "value-quantity", &format!("ge{amount}")), above, "ge{amount}");
            let written = format!("{number}||{}", escaped(unit));
            assert_eq!(found(&shelf, "value-quantity", &written), 1, "{written}");
        }
    }
}

/// Units by what they measure, where there are several.
fn comparable_units(units: BTreeSet<String>) -> Vec<Vec<Unit>> {
    let mut kinds: BTreeMap<String, Vec<Unit>> = BTreeMap::new();
    for unit in units.iter().filter_map(|unit| Unit::parse(unit).ok()) {
        kinds.entry(unit.canonical_code().to_owned()).or_default().push(unit);
    }
    kinds.into_values().filter(|kind| kind.len() > 1).collect()
}

const PREFIXES: [&str; 9] = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

/// A stored amount and a question in another unit for the same: near it, at times just it.
#[test]
fn rows_hold_all_that_matches_in_another_unit() {
    let Some(units) = known_units() else { return };
    let kinds = comparable_units(units);
    assert!(kinds.len() > 50, "{} kinds of quantity", kinds.len());
    let mut runner = TestRunner::new(Config { cases: 3000, failure_persistence: None, ..Config::default() });
    let dice = (any::<[prop::sample::Index; 4]>(), any::<i64>(), 0_u32..8, -3_i64..=3);
    let (mut asked, mut matched) = (0, 0);
    let counts = std::cell::RefCell::new((&mut asked, &mut matched));
    let outcome = runner.run(&dice, |([kind, one, two, prefix], digits, scale, step)| {
        let kind = kind.get(&kinds);
        let (stored, asked_in) = (one.get(kind), two.get(kind));
        let value = Decimal::new(digits >> (digits.unsigned_abs() % 50), scale);
        // A number too large in the other unit cannot be written in a question.
        let Ok(there) = stored.convert(value, asked_in) else { return Ok(()) };
        let rounded = there.round_sf(6).unwrap_or(there);
        let near = rounded.checked_mul(Decimal::ONE + Decimal::new(step, 2)).filter(|_| step != 0);
        let near = near.unwrap_or(there);
        if fhir::decimal::implied_range(&near.to_string()).is_err() {
            return Ok(());
        }
        let shelf = Shelf::new(vec![observation(0, &value.to_string(), stored.code())]);
        let prefix = prefix.get(&PREFIXES);
        let amount = format!("{prefix}{near}|{}|{}", ucum::SYSTEM, escaped(asked_in.code()));
        let count = found(&shelf, "value-quantity", &amount);
        prop_assert_eq!(found(&shelf, "code-value-quantity", &format!("x${amount}")), count);
        let mut counts = counts.borrow_mut();
        *counts.0 += 1;
        *counts.1 += count;
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(asked > 2000 && matched > asked / 4, "{matched} of {asked} matched");
}
