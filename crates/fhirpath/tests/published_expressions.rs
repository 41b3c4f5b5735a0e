//! The expressions that FHIR itself publishes.

use fhir::schema::schema;
use fhirpath::Expression;

#[test]
fn every_invariant_of_the_release_parses() {
    let mut count = 0;
    for type_id in schema().types() {
        let definition = type_id.definition();
        let of_elements = definition.elements.iter().flat_map(|element| &element.invariants);
        for invariant in definition.own_invariants.iter().chain(of_elements) {
            count += 1;
            if let Err(error) = Expression::parse(invariant.expression) {
                panic!("{}: {error}\n{}", invariant.key, invariant.expression);
            }
        }
    }
    assert!(count > 240, "only {count} invariants");
}
