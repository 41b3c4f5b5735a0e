//! The expressions that FHIR itself publishes.

use crate::shared_data;
use fhir::schema::{Invariant, TypeId, schema};
use fhir::{Document, Element};
use fhirpath::{Context, Expression};
use std::collections::BTreeMap;

/// Invariants of the release whose text names types or elements that the release does not have.
const FAULTY: &[(&str, &str)] = &[];

/// All invariants with the type of their focus.
fn invariants() -> Vec<(TypeId, &'static Invariant)> {
    let mut found = Vec::new();
    for type_id in schema().types() {
        let definition = type_id.definition();
        found.extend(definition.own_invariants.iter().map(|invariant| (type_id, invariant)));
        for element in &definition.elements {
            for one in &element.types {
                found.extend(element.invariants.iter().map(|invariant| (one.type_id, invariant)));
            }
        }
    }
    found
}

#[test]
fn every_invariant_of_the_release_passes_the_checks() {
    let invariants = invariants();
    assert!(invariants.len() > 240, "only {} invariants", invariants.len());
    let mut faults = BTreeMap::new();
    for (type_id, invariant) in invariants {
        let expression = Expression::parse(invariant.expression)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", invariant.key, invariant.expression));
        if let Err(fault) = expression.check(type_id) {
            faults.insert(invariant.key, format!("{fault} at {}: {}", type_id.name(), invariant.expression));
        }
    }
    let unknown: Vec<_> = faults.iter().filter(|(key, _)| !FAULTY.iter().any(|row| row.0 == **key)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert_eq!(faults.len(), FAULTY.len(), "some faulty invariants pass now");
}
