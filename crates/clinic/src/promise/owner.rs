//! Who a promise belongs to.

use super::{local_keys, patient_id};
use crate::chart::resource_type;
use fhir::{Node, Value};
use record::Error;
use record::consequence::Look;

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
    Ok(patient.and_then(|patient| {
        patient.root().each_of("generalPractitioner").find_map(|one| practitioner(Some(one)))
    }))
}

/// A reference, when it is to a practitioner.
fn practitioner(node: Option<Node<'_>>) -> Option<Value> {
    let reference = node?.get_str("reference")?;
    reference.starts_with("Practitioner/").then(|| node.map(Value::from)).flatten()
}
