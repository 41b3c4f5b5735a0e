//! Value sets that exist by the rules of a code system, without a resource.

use super::definition::{Clause, Filter, ValueSet};

const SNOMED_CT: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";

/// The value set that a URL stands for by itself: all of SNOMED CT, below one of its concepts
/// (<https://hl7.org/fhir/R4/snomedct.html#implicit>), or all of LOINC
/// (<https://hl7.org/fhir/R4/loinc.html#alias>).
pub(crate) fn implicit_value_set(url: &str) -> Option<ValueSet> {
    let clause = if url == "http://loinc.org/vs" {
        Clause { system: Some(LOINC.to_owned()), ..Clause::default() }
    } else {
        snomed_clause(url)?
    };
    Some(ValueSet {
        url: url.to_owned(),
        status: "active".to_owned(),
        include: vec![clause],
        ..ValueSet::default()
    })
}

fn snomed_clause(url: &str) -> Option<Clause> {
    let (base, query) = url.split_once('?')?;
    let version = match base.strip_prefix(SNOMED_CT)? {
        "" => None,
        rest if rest.starts_with('/') => Some(base.to_owned()),
        _ => return None,
    };
    let rule = match query.strip_prefix("fhir_vs")? {
        "" => None,
        rest => Some(rest.strip_prefix('=')?),
    };
    let filter = |operator: &str, value: &str| Filter {
        property: "concept".to_owned(),
        operator: operator.to_owned(),
        value: value.to_owned(),
    };
    let filters = match rule {
        None => Vec::new(),
        Some(rule) => match rule.split_once('/') {
            Some(("isa", code)) => vec![filter("is-a", code)],
            Some(("refset", code)) => vec![filter("in", code)],
            _ => return None,
        },
    };
    Some(Clause { system: Some(SNOMED_CT.to_owned()), version, filters, ..Clause::default() })
}
