//! Compartments: the resources that belong to a patient, encounter, practitioner, related person or device.
//!
//! The table is `data/r4/compartments.tsv`, whose lines are, tab-separated: compartment, type, parameters (`,`) that
//! put a resource of the type there.

use crate::parameter::parameter;
use crate::query::{Clause, Criterion, Test};
use crate::value::ValueTest;
use crate::value::reference::{ReferenceTest, target};
use crate::value::token::{SystemTest, TokenTest};
use fhir::Document;
use fhir::schema::{TypeId, schema};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Parameters by compartment and type.
static COMPARTMENTS: LazyLock<BTreeMap<(TypeId, TypeId), Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/r4/compartments.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let mut named = || schema().resource_named(fields.next()?);
            let key = (named()?, named()?);
            Some((key, fields.next()?.split(',').collect()))
        })
        .collect()
});

/// The parameters by which resources of a type belong to a compartment; empty when they never do.
pub fn compartment_parameters(compartment: TypeId, type_id: TypeId) -> &'static [&'static str] {
    COMPARTMENTS.get(&(compartment, type_id)).map_or(&[], Vec::as_slice)
}

/// The types that have a compartment.
pub fn compartments() -> BTreeSet<TypeId> {
    COMPARTMENTS.keys().map(|(compartment, _)| *compartment).collect()
}

/// The types that may belong to a compartment, its own among them.
pub fn types_in(compartment: TypeId) -> Vec<TypeId> {
    let members = COMPARTMENTS.keys().filter(|(of, _)| *of == compartment).map(|(_, type_id)| *type_id);
    let types: BTreeSet<TypeId> = members.chain([compartment]).collect();
    types.into_iter().collect()
}

/// What holds for resources of a type that belong to a compartment; `None` when none can.
pub fn compartment_clause(compartment: TypeId, id: &str, type_id: TypeId) -> Option<Clause> {
    let mut clauses = Vec::new();
    if compartment == type_id {
        clauses.push(has_id(id));
    }
    for code in compartment_parameters(compartment, type_id) {
        let Some(parameter) = parameter(type_id, code) else { continue };
        clauses.push(refers_to(parameter.code, (compartment, id)));
    }
    Clause::any_of(clauses)
}

/// What holds for the resource of an id.
pub fn has_id(id: &str) -> Clause {
    let test = TokenTest::Code { system: SystemTest::Any, code: Some(id.to_owned()) };
    Clause::Parameter(Criterion { code: "_id", test: Test::AnyOf(vec![ValueTest::Token(test)]) })
}

/// What holds for resources that refer by a parameter to a resource of this server.
pub fn refers_to(code: &'static str, (type_id, id): (TypeId, &str)) -> Clause {
    let test = ReferenceTest::Local { types: vec![type_id], id: id.to_owned(), version: None };
    Clause::Parameter(Criterion { code, test: Test::AnyOf(vec![ValueTest::Reference(test)]) })
}

/// What holds for resources that refer by a parameter to one of some resources of this server.
pub fn refers_to_any(code: &'static str, type_id: TypeId, ids: &[String]) -> Clause {
    let local = |id: &String| {
        ValueTest::Reference(ReferenceTest::Local { types: vec![type_id], id: id.clone(), version: None })
    };
    Clause::Parameter(Criterion { code, test: Test::AnyOf(ids.iter().map(local).collect()) })
}

/// The ids of the patients in whose compartments a resource of a type is. `base_url`: absolute references to it are
/// local.
pub fn patients_of(type_id: TypeId, document: &Document, base_url: &str) -> Vec<String> {
    let Some(patient) = schema().resource_named("Patient") else { return Vec::new() };
    let root = document.root();
    let mut ids = BTreeSet::new();
    if type_id == patient {
        ids.extend(root.get_str("id").map(std::borrow::Cow::into_owned));
    }
    for code in compartment_parameters(patient, type_id) {
        let Some(parameter) = parameter(type_id, code) else { continue };
        parameter.program.find(root, root, &mut |node, leaf| {
            if let Some(target) = target(node, leaf) {
                ids.extend(
                    target
                        .local(base_url)
                        .filter(|(found, _)| *found == patient)
                        .map(|(_, id)| id.to_owned()),
                );
            }
            false
        });
    }
    ids.into_iter().collect()
}
