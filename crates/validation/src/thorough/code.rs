//! Codes in their code systems: codings, units, and what definitions of terminology name.

use super::check_digit;
use crate::place::Place;
use crate::ports::CodingFault;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};

const UNITS: &str = "http://unitsofmeasure.org";

impl<'a> Walk<'a> {
    /// A coding's code and display are those of its system, which is no supplement of another.
    pub(crate) fn coding_meaning(&mut self, coding: Node<'a>, place: &Place<'_>) {
        let [system, code, display] = ["system", "code", "display"].map(|name| coding.get_str(name));
        let Some(system) = system else { return };
        if self.is_supplement(&system) {
            let message =
                format!("{} only adds to another code system; name that one as the system", quoted(&system));
            self.report(&place.child("system"), coding, rule::CODING_SYSTEM, message);
        } else if let Some(fault) = code.and_then(|code| self.code_fault(&system, &code, display.as_deref()))
        {
            self.report(place, coding, rule::CODE_UNKNOWN, fault);
        }
    }

    /// What is wrong with a code by its system.
    pub(super) fn code_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<String> {
        if let Some(fault) = check_digit::fault(system, code) {
            return Some(format!("{} {fault}", quoted(code)));
        }
        self.ports.coding_fault(system, code, display).map(|CodingFault(fault)| fault)
    }

    /// The unit of a quantity is one of UCUM, when it says so.
    pub(super) fn quantity(&mut self, quantity: Element<'a>, place: &Place<'_>) {
        let Some(node) = quantity.value else { return };
        let is_unit = node.get_str("system").is_some_and(|system| system == UNITS);
        let Some(code) = node.get("code").filter(|_| is_unit) else { return };
        if let Some(fault) = code.as_str().and_then(|text| self.code_fault(UNITS, &text, None)) {
            self.report(&place.child("code"), code, rule::CODE_UNKNOWN, fault);
        }
    }

    /// Whether a code system only adds to another one.
    fn is_supplement(&mut self, system: &str) -> bool {
        if let Some(known) = self.supplements.get(system) {
            return *known;
        }
        let found = self.ports.definition("CodeSystem", system);
        let is_supplement = found.is_some_and(|found| found.root().get("supplements").is_some());
        self.supplements.insert(system.to_owned(), is_supplement);
        is_supplement
    }
}
