//! Whose record a resource is part of, as clauses.

use crate::relations::{Bearers, Labelled};
use fhir::schema::{TypeId, schema};
use search::compartment::{compartment_clause, compartment_parameters, has_id, refers_to, refers_to_any};
use search::parameter::{ParameterKind, parameter};
use search::query::Clause;
use std::sync::LazyLock;

static PATIENT: LazyLock<TypeId> =
    LazyLock::new(|| schema().resource_named("Patient").expect("a type of the standard"));

static ENCOUNTER: LazyLock<TypeId> =
    LazyLock::new(|| schema().resource_named("Encounter").expect("a type of the standard"));

/// The type Patient.
pub(crate) fn patient() -> TypeId {
    *PATIENT
}

/// The parameters by which resources of a type belong to a patient: those of the compartment (R4 compartmentdefinition), or,
/// for a type that the compartment forgets, such as Device, its reference to a patient.
pub(crate) fn patient_parameters(type_id: TypeId) -> Vec<&'static str> {
    if is_of_many(type_id) {
        return Vec::new();
    }
    let of_compartment = compartment_parameters(patient(), type_id);
    if type_id == patient() || !of_compartment.is_empty() {
        return of_compartment.to_vec();
    }
    let leads_to_patient = |code: &&'static str| {
        parameter(type_id, code).is_some_and(|parameter| {
            parameter.kind == ParameterKind::Reference && parameter.targets.contains(&patient())
        })
    };
    ["patient", "subject"].into_iter().filter(leads_to_patient).take(1).collect()
}

/// What holds for the resources of a type that are part of a patient's record; `None` when none can be. Of patients it is the
/// one patient alone: who is linked to them is another.
pub fn in_record_of(type_id: TypeId, patient_id: &str) -> Option<Clause> {
    if type_id == patient() {
        return Some(has_id(patient_id));
    }
    if type_id.name() == "Binary" {
        // It says nothing of whose it is: what leads to it does, and the grant asks for that.
        return Some(Clause::All(Vec::new()));
    }
    if !is_of_many(type_id) && !compartment_parameters(patient(), type_id).is_empty() {
        return compartment_clause(patient(), patient_id, type_id);
    }
    let code = patient_parameters(type_id).pop()?;
    Some(refers_to(code, (patient(), patient_id)))
}

/// What holds for the resources of a type whose patient a clause holds for; `None` when they have no patient.
pub(crate) fn patient_meets(type_id: TypeId, clause: Clause) -> Option<Clause> {
    if type_id == patient() {
        return Some(clause);
    }
    if type_id.name() == "Binary" {
        return Some(Clause::All(Vec::new()));
    }
    one_of_patients_meets(type_id, &Bearers::Many, &clause)
}

/// What holds for the resources of a type that refer to a patient whom a clause holds for, which can be some only; `None` when
/// they have no patient, or there is none.
pub(crate) fn one_of_patients_meets(type_id: TypeId, some: &Bearers, clause: &Clause) -> Option<Clause> {
    if some.is_none() {
        return None;
    }
    let parameters = patient_parameters(type_id).into_iter();
    Clause::any_of(parameters.filter_map(|parameter| leads_to(parameter, patient(), some, clause)).collect())
}

/// What holds for the resources of a type that refer to a visit (Encounter) which a clause holds for, which can be some only;
/// `None` when they are of no visit, or there is none.
pub(crate) fn one_of_visits_meets(type_id: TypeId, some: &Bearers, clause: &Clause) -> Option<Clause> {
    if some.is_none() {
        return None;
    }
    let encounter = *ENCOUNTER;
    let leads_there = |code: &&'static str| {
        parameter(type_id, code)
            .is_some_and(|one| one.kind == ParameterKind::Reference && one.targets.contains(&encounter))
    };
    let parameter = ["encounter", "context"].into_iter().find(leads_there)?;
    leads_to(parameter, encounter, some, clause)
}

/// Whether a resource of a type can itself be among those that bear a label which counts for what is theirs.
pub(crate) fn may_bear(type_id: TypeId, labelled: &Labelled) -> bool {
    match type_id {
        of if of == patient() => !labelled.patients.is_none(),
        of if of == *ENCOUNTER => !labelled.visits.is_none(),
        _ => true,
    }
}

/// What holds where a parameter leads to a resource that a clause holds for. Whether it leads to one of those that it can hold
/// for is told by the resource itself, so the other one is looked at seldom.
fn leads_to(parameter: &'static str, target: TypeId, some: &Bearers, clause: &Clause) -> Option<Clause> {
    let chain = Clause::Chain { parameter, targets: vec![target], inner: Box::new(clause.clone()) };
    match some {
        Bearers::Many => Some(chain),
        Bearers::These(ids) => Some(Clause::All(vec![refers_to_any(parameter, target, ids), chain])),
    }
}

/// A group names many patients and is part of no one's record: who may see one of them may not see the others by it.
fn is_of_many(type_id: TypeId) -> bool {
    type_id.name() == "Group"
}
