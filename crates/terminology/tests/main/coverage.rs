//! Every value set that is compiled in can be made ready, and what cannot be told is for want of a code system.

use terminology::archive::DefinitionKind;
use terminology::{Error, ExpansionRequest, Terminology};

/// An example of the standard: its filter is one that the code system's own server would have to know.
const WITHOUT_MEANING: &str = "http://hl7.org/fhir/ValueSet/example-filter";

#[test]
fn every_value_set_expands_or_says_what_is_missing() {
    let terminology = Terminology::built_in();
    let (mut whole, mut missing, mut costly, mut broken) = (0, 0, 0, Vec::new());
    for url in terminology.built_in_urls(DefinitionKind::ValueSet) {
        match terminology.expanded_codes(&url, &ExpansionRequest::default()) {
            Ok(_) => whole += 1,
            Err(Error::CodeSystemNotFound(_) | Error::ValueSetNotFound(_)) => missing += 1,
            Err(Error::TooCostly { .. }) => costly += 1,
            Err(Error::Filter(_)) if url == WITHOUT_MEANING => (),
            Err(error) => broken.push(format!("{url}: {error}")),
        }
    }
    println!("value sets: {whole} whole, {missing} need other content, {costly} without end");
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(whole > 1_500, "{whole}");
}
