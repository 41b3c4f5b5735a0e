//! Who a promise belongs to.

use super::task::{FULFILMENT, REVIEW, changed, is_open};
use super::{local_keys, patient_id};
use crate::chart::resource_type;
use fhir::schema::TypeId;
use fhir::{Node, Value};
use record::consequence::{Consequence, Look, Put};
use record::{Error, Resource};

/// What belongs to nobody belongs to the patient's own practitioner, as soon as it is known who that is: imports bring results
/// before their patients.
pub struct PromisesHaveOwners;

impl Consequence for PromisesHaveOwners {
    fn name(&self) -> &'static str {
        "promises-have-owners"
    }

    fn types(&self) -> Vec<TypeId> {
        vec![resource_type("Patient")]
    }

    fn of(&self, patient: &Resource, look: &Look<'_>) -> Result<Vec<Put>, Error> {
        let document = patient.document();
        let Some(owner) = document.as_ref().and_then(|patient| own_practitioner(patient.root())) else {
            return Ok(Vec::new());
        };
        let of = patient.key().to_string();
        let mut puts = Vec::new();
        for task in look.find(resource_type("Task"), &[("patient", &of), ("status", "requested")])? {
            let is_promise = [&REVIEW, &FULFILMENT].iter().any(|kind| task.key().id.starts_with(kind.prefix));
            let is_nobodys =
                |document: fhir::Document| is_open(document.root()) && document.root().get("owner").is_none();
            if is_promise && task.document().is_some_and(is_nobodys) {
                puts.extend(changed(&task, look.now_ms(), |task| task.set("owner", owner.clone())));
            }
        }
        Ok(puts)
    }
}

/// Who looks after a result: whoever ordered it, or else the patient's own practitioner (`Patient.generalPractitioner`). `None`:
/// nobody is known, and everybody is shown it.
pub(super) fn of_result(root: Node<'_>, look: &Look<'_>) -> Result<Option<Value>, Error> {
    for order in local_keys(root, "basedOn", "ServiceRequest", &|reference| look.local_key(reference)) {
        let order = look.read(&order)?.and_then(|found| found.document());
        if let Some(owner) = order.as_ref().and_then(|order| practitioner(order.root().get("requester"))) {
            return Ok(Some(owner));
        }
    }
    of_patient(root, look)
}

/// Who looks after an order: whoever ordered it, or else the patient's own practitioner.
pub(super) fn of_order(root: Node<'_>, look: &Look<'_>) -> Result<Option<Value>, Error> {
    match practitioner(root.get("requester")) {
        Some(owner) => Ok(Some(owner)),
        None => of_patient(root, look),
    }
}

fn of_patient(root: Node<'_>, look: &Look<'_>) -> Result<Option<Value>, Error> {
    let Some(id) = patient_id(root) else { return Ok(None) };
    let Ok(key) = record::bundle::key(resource_type("Patient"), &id) else { return Ok(None) };
    let patient = look.read(&key)?.and_then(|found| found.document());
    Ok(patient.and_then(|patient| own_practitioner(patient.root())))
}

fn own_practitioner(patient: Node<'_>) -> Option<Value> {
    patient.each_of("generalPractitioner").find_map(|one| practitioner(Some(one)))
}

/// A reference, when it is to a practitioner.
fn practitioner(node: Option<Node<'_>>) -> Option<Value> {
    let reference = node?.get_str("reference")?;
    reference.starts_with("Practitioner/").then(|| node.map(Value::from)).flatten()
}
