//! A medication that goes on by a new order, and one that ends: by a note and from the list alike.

use crate::fhir_parts::{reference, resource};
use fhir::{Document, Object, Value, array, object};
use record::ResourceKey;

/// What belongs to the order that was, and not to the one that is.
const OF_THE_PAST: [&str; 11] = [
    "id",
    "meta",
    "text",
    "identifier",
    "groupIdentifier",
    "statusReason",
    "basedOn",
    "reportedBoolean",
    "reportedReference",
    "eventHistory",
    "detectedIssue",
];

/// The same order again (US Core MedicationRequest), which names the one before. Who signs it, and when, is still to be said.
pub(crate) fn again(order: &Document, key: &ResourceKey) -> Object {
    let mut request = resource("MedicationRequest", "medicationrequest");
    let kept = Value::from(order.root());
    let members = kept.as_object().into_iter().flat_map(Object::iter);
    for (name, value) in members.filter(|(name, _)| !OF_THE_PAST.contains(name) && *name != "resourceType") {
        request.set(name, value.clone());
    }
    if let Some(dispense) = request.get_mut("dispenseRequest").and_then(Value::as_object_mut) {
        dispense.remove("validityPeriod");
    }
    request.set("priorPrescription", reference(&key.to_string()));
    request
}

/// A medication in another state, with why.
pub(crate) fn in_state(medication: &Document, status: &str, reason: &str) -> Document {
    let mut value = Value::from(medication.root());
    let is_order = medication.resource_type().as_deref() == Some("MedicationRequest");
    if let Some(line) = value.as_object_mut() {
        line.set("status", status);
        if !reason.is_empty() {
            let reason = object! { "text" => reason };
            // A statement may have several reasons, an order has one.
            line.set("statusReason", if is_order { reason } else { array![reason] });
        }
    }
    value.to_document()
}
