//! Identifiers that are URIs (FHIR: Identifier.value).

use crate::extension::is_absolute;
use crate::place::Place;
use crate::primitive::shown;
use crate::rule;
use crate::walk::Walk;
use fhir::Element;

impl<'a> Walk<'a> {
    /// An identifier of the system of URIs is a whole one.
    pub(super) fn identifier(&mut self, identifier: Element<'a>, place: &Place<'_>) {
        let Some(node) = identifier.value else { return };
        let is_uri = node.get_str("system").is_some_and(|system| system == "urn:ietf:rfc:3986");
        let Some(value) = node.get("value").filter(|_| is_uri) else { return };
        if value.as_str().is_some_and(|text| !is_absolute(&text)) {
            let message = format!(
                "{} is not a whole URI, as its system says; write urn:oid:, urn:uuid: or https:// before it",
                shown(value)
            );
            self.report(&place.child("value"), value, rule::IDENTIFIER_URI, message);
        }
    }
}
