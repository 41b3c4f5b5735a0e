//! The expressions that FHIR itself publishes.

use crate::shared_data;
use fhir::schema::{Invariant, TypeId, schema};
use fhir::{Document, Element, Node};
use fhirpath::{Context, Expression};
use std::collections::BTreeMap;

/// Invariants of the release that the checks find fault with, rightly.
const FAULTY: &[(&str, &str)] = &[
    ("cid-0", "ChargeItemDefinition has no name"),
    ("dom-r4b", "names types of a later release"),
    ("ras-1", "stands at a choice and speaks of one of its types, Range, only"),
];

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

#[test]
fn every_search_parameter_of_the_release_parses() {
    let Some(files) = shared_data::archive("fhir-r4-definitions/r4-definitions.tar.zst") else { return };
    let (_, bytes) =
        files.into_iter().find(|(name, _)| name.ends_with("search-parameters.json")).expect("the parameters");
    let document = Document::parse(bytes).unwrap();
    let mut count = 0;
    for entry in document.root().each_of("entry") {
        let Some(text) = entry.at_path(&["resource", "expression"]).and_then(Node::as_str) else { continue };
        count += 1;
        Expression::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
    assert!(count > 1300, "only {count} parameters");
}

/// Invariants that HL7's own examples break. Those on names (`-0`) and `dom-6` are warnings. `bdl-7`: a Bundle has one
/// fullUrl thrice; `sdf-4`: logical models without a base; `que-7` asks for System.Boolean, which no element is of.
const BROKEN: &[&str] =
    &["bdl-7", "csd-0", "dom-6", "nsd-0", "pdf-0", "que-7", "sdf-0", "sdf-4", "spd-0", "tst-0", "vsd-0"];

/// Invariants that come out empty at HL7's own examples, because what they speak of is absent: a name, the reference of
/// a Reference with only a display, the probability of a prediction.
const EMPTY: &[&str] = &[
    "adf-0", "cid-0", "cpb-0", "csd-0", "ees-0", "esc-0", "evd-0", "evi-0", "evv-0", "ig-0", "lib-0",
    "mea-0", "pdf-0", "que-0", "ras-2", "red-0", "ref-1", "rsd-0", "rvs-0",
];

/// Evaluates every invariant at every element of every published example.
#[test]
fn the_examples_meet_the_invariants() {
    let Some(files) = shared_data::archive("fhir-r4-examples/hl7.fhir.r4.examples-4.0.1.tgz") else { return };
    let rules = Rules::new();
    let mut visit = Visit {
        rules: &rules,
        evaluations: 0,
        broken: BTreeMap::new(),
        empty: BTreeMap::new(),
        failed: BTreeMap::new(),
    };
    for (name, bytes) in files.into_iter().filter(|(name, _)| name.ends_with(".json")) {
        let Ok(document) = Document::parse(bytes) else { continue };
        let Some(root) = Element::resource(&document) else { continue };
        visit.element(&name, root, root, root);
    }
    assert!(visit.evaluations > 1_000_000, "only {} evaluations", visit.evaluations);
    assert!(visit.failed.is_empty(), "{:#?}", visit.failed);
    assert_eq!(visit.broken.keys().copied().collect::<Vec<_>>(), BROKEN, "{:#?}", visit.broken);
    assert_eq!(visit.empty.keys().copied().collect::<Vec<_>>(), EMPTY, "{:#?}", visit.empty);
}

/// The invariants, parsed, by the address of their text.
struct Rules(BTreeMap<*const u8, Expression>);

impl Rules {
    fn new() -> Self {
        let parsed = invariants().into_iter().map(|(_, invariant)| {
            (invariant.expression.as_ptr(), Expression::parse(invariant.expression).expect("an expression"))
        });
        Self(parsed.collect())
    }
}

struct Visit<'r> {
    rules: &'r Rules,
    evaluations: usize,
    /// Invariants that came out false, empty or not at all, each with the first file.
    broken: BTreeMap<&'static str, String>,
    empty: BTreeMap<&'static str, String>,
    failed: BTreeMap<String, String>,
}

impl Visit<'_> {
    fn element(&mut self, file: &str, element: Element<'_>, resource: Element<'_>, root: Element<'_>) {
        let of_place = element.definition.into_iter().flat_map(|definition| &definition.invariants);
        for invariant in element.type_id.invariants().chain(of_place) {
            let mut context = Context::new(resource).lenient();
            context.root_resource = Some(root);
            self.evaluations += 1;
            let not_met = match self.rules.0[&invariant.expression.as_ptr()].evaluate_bool(&context, element)
            {
                Ok(Some(true)) => continue,
                Ok(Some(false)) => &mut self.broken,
                Ok(None) => &mut self.empty,
                Err(error) => {
                    self.failed.insert(format!("{}: {error}", invariant.key), file.to_owned());
                    continue;
                }
            };
            not_met.entry(invariant.key).or_insert_with(|| file.to_owned());
        }
        for (name, child) in element.children() {
            let is_own = child.is_resource();
            let root = if is_own && name == "resource" { child } else { root };
            self.element(file, child, if is_own { child } else { resource }, root);
        }
    }
}
