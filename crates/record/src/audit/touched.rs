//! What a request touched: resources, and the patients that they are about.

use super::audit_event;
use fhir::schema::{TypeId, schema};
use search::compartment::{compartment_parameters, patients_of};
use search::query::{Clause, Query, Test};
use search::value::ValueTest;
use search::value::reference::ReferenceTest;
use std::collections::BTreeSet;
use store::{ResourceKey, Version};

/// Resources, and the patients in whose compartments they are: so that one patient's accesses can be told.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// The resources, as named in the row.
    pub keys: Vec<ResourceKey>,
    /// Ids of patients.
    pub patients: BTreeSet<String>,
}

impl Touched {
    /// Resources of which nothing but the name is known.
    pub fn names(keys: impl IntoIterator<Item = ResourceKey>) -> Self {
        Self { keys: keys.into_iter().collect(), patients: BTreeSet::new() }
    }

    /// Versions that are shown.
    pub fn versions<'a>(versions: impl IntoIterator<Item = &'a Version>, base_url: &str) -> Self {
        let mut touched = Self::default();
        for version in versions {
            touched.keys.push(version.key.clone());
            touched.add_patients_of(version, base_url);
        }
        touched
    }

    /// The patients of a version.
    pub fn add_patients_of(&mut self, version: &Version, base_url: &str) {
        let type_id = version.key.type_id;
        // A look at the log is no look at the chart: it would fill the list that it reads.
        if compartment_parameters(patient(), type_id).is_empty() || type_id == audit_event() {
            return;
        }
        if let Ok(Some(document)) = version.document() {
            self.patients.extend(patients_of(type_id, document, base_url));
        }
    }

    /// The patients that a search names: to ask about someone and find nothing is to ask about someone.
    pub fn add_named(&mut self, query: &Query) {
        if query.types == [audit_event()] {
            return;
        }
        query.clauses.iter().for_each(|clause| self.add_named_in(clause));
    }

    fn add_named_in(&mut self, clause: &Clause) {
        match clause {
            Clause::All(clauses) | Clause::Any(clauses) => {
                clauses.iter().for_each(|clause| self.add_named_in(clause));
            }
            Clause::InCompartment { compartment, id } if *compartment == patient() => {
                self.patients.insert(id.clone());
            }
            Clause::Parameter(criterion) => {
                let Test::AnyOf(tests) = &criterion.test else { return };
                for test in tests {
                    if let ValueTest::Reference(ReferenceTest::Local { types, id, .. }) = test
                        && (types.contains(&patient()) || (types.is_empty() && criterion.code == "patient"))
                    {
                        self.patients.insert(id.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

/// The type Patient.
pub(crate) fn patient() -> TypeId {
    schema().resource_named("Patient").expect("the schema has Patient")
}
