//! UCUM's own table and FHIR's list of common units.

use crate::shared_data;
use fhir::ucum::{self, Unit};
use fhir::{Document, decimal};

/// The table in use is of a later year than the one tested against: constants were measured anew since.
const EXCEPTIONS: &str = include_str!("ucum_exceptions.txt");

#[test]
fn every_unit_is_worth_what_the_table_says() {
    let Some(files) = shared_data::archive("fhir-test-cases/fhir-test-cases.tar.zst") else { return };
    let (_, table) =
        files.into_iter().find(|(name, _)| name == "ucum/ucum-essence.xml").expect("the table of units");
    let table = String::from_utf8(table).unwrap();
    let table = roxmltree::Document::parse(&table).unwrap();
    let mut failures = Vec::new();
    let mut checked = 0;
    for unit in table.descendants().filter(|node| node.has_tag_name("unit") || node.has_tag_name("base-unit"))
    {
        let code = unit.attribute("Code").unwrap();
        checked += 1;
        if let Err(problem) = check(code, unit) {
            failures.push((code.to_owned(), problem));
        }
    }
    assert!(checked > 300, "only {checked} units in the table");
    shared_data::assert_only_known_failures(&failures, EXCEPTIONS, 8);
}

/// One of the unit is as much as the table's value of the unit it is defined by.
fn check(code: &str, unit: roxmltree::Node<'_, '_>) -> Result<(), String> {
    let this = Unit::parse(code).map_err(|error| error.to_string())?;
    let Some(value) = unit.children().find(|node| node.has_tag_name("value")) else { return Ok(()) };
    let (Some(amount), Some(defining)) = (value.attribute("value"), value.attribute("Unit")) else {
        return Ok(());
    };
    if value.children().any(|node| node.has_tag_name("function")) {
        return Ok(());
    }
    if unit.attribute("isArbitrary") == Some("yes") {
        // Defined as a number for form's sake, yet comparable with no other unit (UCUM §24).
        let one = Unit::parse("1").map_err(|error| error.to_string())?;
        let alone = !this.is_comparable(&one) || this.canonical_code() != "1";
        return if alone { Ok(()) } else { Err("comparable with a number".to_owned()) };
    }
    // The table writes π to more digits than are computed with.
    let amount = decimal::parse(&amount[..amount.len().min(27)]).map_err(|error| error.to_string())?;
    let defining = Unit::parse(defining).map_err(|error| error.to_string())?;
    if !this.is_comparable(&defining) {
        return Err(format!("not comparable with {}", defining.code()));
    }
    let here = this.convert(1.into(), &defining).map_err(|error| error.to_string())?;
    let near = (here - amount).abs() <= amount * decimal::parse("1e-20").unwrap();
    if near { Ok(()) } else { Err(format!("{here} {}, not {amount}", defining.code())) }
}

#[test]
fn the_common_units_of_fhir_are_all_understood() {
    let Some(files) = shared_data::archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let (_, set) = files
        .into_iter()
        .find(|(name, _)| name.ends_with("ValueSet-ucum-common.json"))
        .expect("the value set");
    let set = Document::parse(set).unwrap();
    let include = set.root().at_path(&["compose", "include"]).unwrap().items().next().unwrap();
    let codes: Vec<_> = include.each_of("concept").filter_map(|concept| concept.get_str("code")).collect();
    assert!(codes.len() > 1300);
    let refused: Vec<_> = codes.iter().filter_map(|code| ucum::validate(code).err()).collect();
    assert!(refused.is_empty(), "{} refused: {refused:#?}", refused.len());
}
